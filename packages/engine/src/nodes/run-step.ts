import { isNodeType, type JsonValue, type NodeConfig, type NodeTypeName, nodeType } from '@agentflow/contracts';
import { evaluateSource, markerRedaction, redactMarkers } from '../expressions/index.ts';
import type { Due, EnginePorts, StepContext, StepError, StepResult } from '../ports.ts';
import type { WorkspaceChange } from '../workspace.ts';
import { runHttp } from './action-http.ts';
import { runWebhook } from './action-webhook.ts';
import { runAgentCall, runHandoff } from './agent.ts';
import { runChat } from './ai-chat.ts';
import { runClassify } from './ai-classify.ts';
import { runExtract } from './ai-extract.ts';
import { runSummarize } from './ai-summarize.ts';
import { runApproval, runForm } from './human.ts';
import { runIf, runMerge, runStop, runSwitch, runTransform } from './logic.ts';
import { runDelay, runLoop } from './loop-and-delay.ts';
import { shadowAnswer, withoutWaiting } from './shadow.ts';
import { readStepConfig } from './step-config.ts';
import type { StepHandler, StepOutcome } from './step-outcome.ts';
import { runAgent, withToolSecrets } from './tool-loop/index.ts';
import { runTrigger } from './trigger.ts';

/** One handler per node type of the registry: a type without one does not compile. */
const HANDLERS: { readonly [T in NodeTypeName]: StepHandler<T> } = {
  'trigger.manual': runTrigger,
  'trigger.webhook': runTrigger,
  'trigger.schedule': runTrigger,
  'trigger.event': runTrigger,
  'ai.chat': runChat,
  'ai.summarize': runSummarize,
  'ai.classify': runClassify,
  'ai.extract': runExtract,
  'ai.agent': runAgent,
  'action.http': runHttp,
  'action.webhook': runWebhook,
  'agent.call': runAgentCall,
  'agent.handoff': runHandoff,
  'logic.if': runIf,
  'logic.switch': runSwitch,
  'logic.loop': runLoop,
  'logic.delay': runDelay,
  'logic.merge': runMerge,
  'logic.transform': runTransform,
  'logic.stop': runStop,
  'human.approval': runApproval,
  'human.form': runForm,
};

/** Only what goes out through the outbound port may carry markers: it is the one place that can turn them into secrets. */
const SENDS_SECRETS: ReadonlySet<string> = new Set(['action.http', 'action.webhook', 'ai.agent']);

const INTERNAL: StepError = {
  code: 'internal',
  message: 'Something went wrong on our side while this step ran.',
  retryable: false,
};

/** The context with the markers taken out of what is logged. */
function withRedactedLog(context: StepContext): StepContext {
  const redact = markerRedaction(context.scope.env);
  return redact === null ? context : { ...context, log: (level, message) => context.log(level, redact(message)) };
}

function withoutMarkers(outcome: StepOutcome, input: JsonValue, env: Readonly<Record<string, string>>): StepResult {
  const redact = markerRedaction(env) ?? ((text: string) => text);
  const shown = redactMarkers(input, env);
  switch (outcome.kind) {
    case 'completed':
      return {
        ...outcome,
        input: shown,
        output: redactMarkers(outcome.output, env),
        ...workspaceWithoutMarkers(outcome.workspace, env),
      };
    case 'failed':
      return { ...outcome, input: shown, error: { ...outcome.error, message: redact(outcome.error.message) } };
    case 'waiting':
      return {
        ...outcome,
        input: shown,
        due: outcome.due === null ? null : dueWithoutMarkers(outcome.due, env),
        ask: outcome.ask === null ? null : (redactMarkers(outcome.ask as unknown as JsonValue, env) as never),
      };
    case 'opened': {
      const items = outcome.loop.items === null ? null : redactMarkers([...outcome.loop.items], env);
      return { kind: 'opened', input: shown, loop: { ...outcome.loop, items } };
    }
    case 'calls':
      return {
        kind: 'calls',
        input: shown,
        made: redactMarkers(outcome.made as unknown as JsonValue, env) as never,
        ...workspaceWithoutMarkers(outcome.workspace, env),
      };
    case 'stopped':
      return { ...outcome, input: shown, output: redactMarkers(outcome.output, env), message: redact(outcome.message) };
  }
}

function workspaceWithoutMarkers(
  workspace: WorkspaceChange | undefined,
  env: Readonly<Record<string, string>>,
): { workspace?: WorkspaceChange } {
  return workspace === undefined ? {} : { workspace: redactMarkers(workspace as unknown as JsonValue, env) as never };
}

function dueWithoutMarkers(due: Due, env: Readonly<Record<string, string>>): Due {
  return due.kind === 'complete' ? { ...due, output: redactMarkers(due.output, env) } : due;
}

async function handle(context: StepContext, ports: EnginePorts): Promise<{ input: JsonValue; outcome: StepOutcome }> {
  const { node, scope } = context;
  const type = nodeType(node.type);
  if (type === undefined || !isNodeType(node.type)) {
    const error = { code: 'unknown_node_type', message: `There is no node type "${node.type}".`, retryable: false };
    return { input: node.config, outcome: { kind: 'failed', error, calls: [] } };
  }
  const read = await readStepConfig(type, node.config, scope, node.literal);
  if (!read.ok) return { input: read.input, outcome: { kind: 'failed', error: read.error, calls: [] } };
  // The registry's schema has parsed the config and filled its defaults, so it is JSON and fits the handler of the type.
  const config = read.config as JsonValue;
  const given = configForHandler(node.type, config, scope.env);
  const handler = HANDLERS[node.type] as StepHandler<NodeTypeName>;
  const answer = shadowAnswer(context, redactMarkers(config, scope.env));
  if (answer !== null) return { input: config, outcome: answer };
  const outcome = withoutWaiting(await handler(given as NodeConfig<NodeTypeName>, context, ports), context);
  if (context.call !== null) return { input: context.call.request, outcome };
  return { input: config, outcome: await mapped(outcome, context) };
}

function configForHandler(type: NodeTypeName, config: JsonValue, env: Readonly<Record<string, string>>): JsonValue {
  if (!SENDS_SECRETS.has(type)) return redactMarkers(config, env);
  return type === 'ai.agent' ? withToolSecrets(config, redactMarkers(config, env)) : config;
}

/** The output as the node's author shaped it; `result` is what the handler gave. A blocked side effect stays as it is. */
async function mapped(outcome: StepOutcome, { node, scope }: StepContext): Promise<StepOutcome> {
  const mapping = node.output_mapping ?? null;
  if (mapping === null || outcome.kind !== 'completed' || outcome.blocked) return outcome;
  const evaluation = await evaluateSource(mapping, { ...scope, result: outcome.output });
  if (evaluation.ok) return { ...outcome, output: evaluation.value };
  const { code, message } = evaluation.error;
  return {
    kind: 'failed',
    error: { code, message: `output_mapping: ${message}`, retryable: false },
    calls: outcome.calls,
  };
}

/**
 * Runs one step: resolves and parses the config, calls the handler of the node's type, and takes secrets' markers out
 * of everything that comes back. Never rejects: what a handler throws is a bug, told in the log and answered as
 * `internal`.
 */
export async function runStep(given: StepContext, ports: EnginePorts): Promise<StepResult> {
  const context = withRedactedLog(given);
  const { node, scope } = context;
  try {
    const { input, outcome } = await handle(context, ports);
    return withoutMarkers(outcome, input, scope.env);
  } catch (thrown) {
    const details = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
    context.log('error', `${node.type} "${node.id}" threw: ${details.slice(0, 4000)}`);
    return { kind: 'failed', input: redactMarkers(node.config, scope.env), error: INTERNAL, calls: [] };
  }
}
