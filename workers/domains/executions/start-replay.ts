import type { AgentDefinition, JsonValue } from '@agentflow/contracts';
import { answersAlike, renamedNodes, type StepError, withNames } from '@agentflow/engine';
import {
  executionObject,
  type RecordedResult,
  type RecordingSource,
} from '../../../durable-objects/execution/client.ts';
import { type AdmissionCaller, organizationDesk } from '../../../durable-objects/organization/client.ts';
import type { Env } from '../../platform/env.ts';
import { ApiError } from '../../platform/errors.ts';
import { admit, checkInput } from './start.ts';

/** An execution that has ended, to be repeated in test mode with a definition that need not be the one that ran. */
export interface Replay {
  readonly organization_id: string;
  readonly agent_id: string;
  readonly caller: AdmissionCaller;
  readonly ip: string;
  readonly traceparent: string;
  readonly request_id: string;
  /** In JSON. */
  readonly definition: string;
  /** The execution that is repeated. */
  readonly of: string;
  /** Derived from what asks for it: asking twice starts one execution. */
  readonly execution_id: string;
}

export type ReplayStarted =
  /** `renamed`: ids that nodes have now, by those that they had. */
  | { readonly outcome: 'started'; readonly renamed: Readonly<Record<string, string>> }
  /** There is no place for it now. */
  | { readonly outcome: 'busy'; readonly retry_after_ms: number }
  | { readonly outcome: 'refused'; readonly error: Pick<StepError, 'code' | 'message'> };

const REASONS: Readonly<Record<Exclude<RecordingSource['outcome'], 'found'>, string>> = {
  not_found: 'The execution is not kept any more.',
  running: 'The execution has not ended.',
  too_large: 'The results of the execution are too large to be repeated.',
};

/**
 * Repeats an execution: nodes that mean the same answer as recorded where their input is the same, the others run, and side
 * effects are blocked. Refusals are values; limits that may pass are `busy`.
 */
export async function startReplay(env: Env, replay: Replay): Promise<ReplayStarted> {
  const { organization_id, agent_id, execution_id } = replay;
  const source = await executionObject(env.EXECUTION, replay.of).recording(organization_id);
  if (source.outcome !== 'found') return refused(source.outcome, REASONS[source.outcome]);
  if (source.agent_id !== agent_id) return refused('not_found', REASONS.not_found);
  const definition = JSON.parse(replay.definition) as AgentDefinition;
  const problem = inputProblem(definition, source.input);
  if (problem !== null) return refused('input_invalid', problem);
  const desk = organizationDesk(env.ORGANIZATION, organization_id);
  const request = {
    organization_id,
    caller: replay.caller,
    permission: 'agents:write' as const,
    agent_id,
    version: null,
    mode: 'test' as const,
    execution_id,
    idempotency: null,
    ip: replay.ip,
    spends: { project_id: source.project_id, budget_of: null },
  };
  const admission = await admit(desk, request, source.input, async () => undefined);
  if (admission.outcome === 'replay') throw new Error('a start without an idempotency key was replayed');
  if (admission.outcome === 'deny') {
    const { code, detail, retry_after_seconds } = admission;
    if (code !== 'concurrency_limited') return refused(code, detail);
    return { outcome: 'busy', retry_after_ms: (retry_after_seconds ?? 1) * 1000 };
  }
  const { results, renamed } = recordedFor(
    definition,
    JSON.parse(source.definition) as AgentDefinition,
    source.results,
  );
  const execution = await executionObject(env.EXECUTION, execution_id).start({
    organization_id,
    execution_id,
    agent_id,
    agent_name: admission.agent.name,
    version: null,
    definition: replay.definition,
    mode: 'test',
    trigger: 'shadow',
    triggered_by: admission.caller,
    input: source.input,
    project_id: source.project_id,
    lineage: null,
    lease_id: admission.lease_id,
    start_by: admission.start_by,
    queued: admission.queued,
    traceparent: replay.traceparent,
    request_id: replay.request_id,
    recorded: { from: replay.of, results },
    wait_seconds: 0,
  });
  if (execution === 'late') return { outcome: 'busy', retry_after_ms: 1000 };
  if (execution === 'stopped') return refused('stopped', 'The start was stopped before it was made.');
  if (execution === 'erased') return refused('not_found', 'The organization is being erased.');
  return { outcome: 'started', renamed };
}

function refused(code: string, message: string): ReplayStarted {
  return { outcome: 'refused', error: { code, message } };
}

function inputProblem(definition: AgentDefinition, input: JsonValue): string | null {
  try {
    checkInput(definition, input);
    return null;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const fields = (error.errors ?? []).slice(0, 5).map(({ path, message }) => ` ${path} ${message}.`);
    return `${error.message}${fields.join('')}`;
  }
}

/** Of what was recorded, the results of nodes that mean the same now, under the ids that these have now. */
function recordedFor(
  definition: AgentDefinition,
  ran: AgentDefinition,
  results: readonly RecordedResult[],
): { results: RecordedResult[]; renamed: Record<string, string> } {
  const names = renamedNodes(ran, definition);
  const before = new Map(withNames(ran, names).nodes.map((node) => [node.id, node]));
  const alike = new Set(
    definition.nodes.flatMap((node) => {
      const old = before.get(node.id);
      return old !== undefined && answersAlike(old, node) ? [node.id] : [];
    }),
  );
  const kept = results.flatMap((result) => {
    const node_id = names.get(result.node_id) ?? result.node_id;
    return alike.has(node_id) ? [{ ...result, node_id, key: node_id + result.key.slice(result.node_id.length) }] : [];
  });
  return { results: kept, renamed: Object.fromEntries(names) };
}
