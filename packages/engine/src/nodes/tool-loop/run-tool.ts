import {
  type AgentTool,
  type HttpTool,
  type JsonValue,
  type McpTools,
  type NodeConfig,
  placesIn,
} from '@agentflow/contracts';
import type { Decision, EnginePorts, StepContext } from '../../ports.ts';
import { runHttp } from '../action-http.ts';
import { runAgentCall } from '../agent.ts';
import { NOBODY } from '../human.ts';
import { completed, failed, refused, type StepOutcome } from '../step-outcome.ts';
import { runBuiltin } from './builtin-tools.ts';
import { runDeepTool } from './deep-tools.ts';
import { callTool, listTools } from './mcp-client.ts';
import { boundedResult, type ToolRequest, wellFormed } from './records.ts';

type Config = NodeConfig<'ai.agent'>;
type Arguments = { [key: string]: JsonValue };
type AskingTool = Exclude<AgentTool, { kind: 'builtin' }>;

const ASK_ANYBODY: NonNullable<AskingTool['approval']> = { self_approval: true, on_timeout: 'deny' };

/** Lists what a server offers, once for the whole loop: what it offers later changes nothing. */
export async function runList(
  config: Config,
  index: number,
  context: StepContext,
  ports: EnginePorts,
): Promise<StepOutcome> {
  const tool = config.tools[index];
  if (tool?.kind !== 'mcp') throw new Error(`tool ${index} is no MCP server`);
  const listed = await listTools({ url: tool.server_url, headers: tool.headers ?? {} }, context, ports);
  if (!listed.ok) return failed(listed.error);
  const { allowed_tools } = tool;
  const missing = allowed_tools?.filter((name) => !listed.value.some((each) => each.name === name)) ?? [];
  if (missing.length > 0) context.log('warning', `The MCP server does not offer ${missing.join(', ')}.`);
  const tools = listed.value.filter(({ name }) => allowed_tools?.includes(name) ?? true);
  return completed(tools as unknown as JsonValue);
}

/** Runs one tool that the model asked for. What fails here is told to the model, not to the run. */
export async function runTool(
  config: Config,
  request: ToolRequest,
  context: StepContext,
  ports: EnginePorts,
): Promise<StepOutcome> {
  if (request.problem !== undefined) return refused(request.problem.code, request.problem.message);
  if (config.deep !== undefined && context.deep !== undefined) {
    const own = runDeepTool(config.deep, context.deep, request, context);
    if (own !== null) return bounded(own);
  }
  const tool =
    request.mcp !== undefined
      ? config.tools[request.mcp.server]
      : config.tools.find((each) => each.kind !== 'mcp' && each.name === request.tool);
  if (tool === undefined) return refused('tool_unknown', 'There is no such tool any more.');
  if (tool.kind === 'builtin') {
    const { now, deep } = context;
    const surroundings = { now, workspace: deep?.workspace ?? null, agentFiles: ports.agentFiles ?? null };
    return bounded(await runBuiltin(tool.name, request.arguments as Arguments, surroundings));
  }

  const { decision } = context;
  if (decision?.decision === 'deny') return completed(refusal(decision));
  // A test sends nothing, so there is nothing to ask for.
  if (tool.ask_first && decision === null && context.mode !== 'test') return question(tool, request, context);
  // What was approved is what runs, whatever stands elsewhere.
  const approved = (decision?.payload as { arguments?: JsonValue } | undefined)?.arguments;
  const given = (approved ?? request.arguments) as Arguments;
  // A child that is a test sends nothing by itself.
  if (tool.kind === 'agent') {
    return runAgentCall({ agent_id: tool.agent_id, input: given, version: undefined, wait: true }, context, ports);
  }
  return tool.kind === 'http'
    ? runHttpTool(tool, given, context, ports)
    : runMcpTool(tool, request.mcp?.name ?? request.tool, given, context, ports);
}

function refusal({ decided_by, comment }: Decision): string {
  if (decided_by === null) return 'Nobody approved this call in time.';
  return `A person refused this call${comment.trim() === '' ? '.' : `: ${comment}`}`;
}

function question(tool: AskingTool, request: ToolRequest, { node, now }: StepContext): StepOutcome {
  const purpose = tool.kind === 'mcp' ? '' : ` ${tool.description}`;
  const { approvers, self_approval, timeout_seconds, on_timeout } = tool.approval ?? ASK_ANYBODY;
  return {
    kind: 'waiting',
    reason: 'approval',
    wake_at: timeout_seconds === undefined ? null : now + timeout_seconds * 1000,
    due: null,
    ask: {
      kind: 'approval',
      message: `The agent "${node.id}" wants to use the tool "${request.tool}".${purpose}`,
      payload: { tool: request.tool, arguments: request.arguments },
      approvers: approvers ?? NOBODY,
      self_approval,
      form_schema: null,
      ...(timeout_seconds === undefined ? {} : { on_timeout }),
      // biome-ignore lint/suspicious/noThenProperty: never awaited; the ask's word for what comes after it
      then: 'resume',
    },
  };
}

function bounded(outcome: StepOutcome): StepOutcome {
  return outcome.kind === 'completed' && !outcome.blocked
    ? { ...outcome, output: boundedResult(outcome.output) }
    : outcome;
}

async function runMcpTool(
  tool: McpTools,
  name: string,
  given: Arguments,
  context: StepContext,
  ports: EnginePorts,
): Promise<StepOutcome> {
  if (context.mode === 'test') {
    const would_send = { server_url: tool.server_url, tool: name, arguments: given };
    return { kind: 'completed', output: { would_send }, handle: 'out', blocked: true, calls: [] };
  }
  const result = await callTool({ url: tool.server_url, headers: tool.headers ?? {} }, name, given, context, ports);
  return result.ok ? completed(boundedResult(result.value)) : failed(result.error);
}

async function runHttpTool(
  tool: HttpTool,
  given: Arguments,
  context: StepContext,
  ports: EnginePorts,
): Promise<StepOutcome> {
  const address = addressFor(tool, given);
  if ('problem' in address) return refused('tool_arguments_invalid', address.problem);
  const { method, headers } = tool;
  const config = { method, url: address.url, headers, body: address.body, fail_on_status: true } as const;
  const outcome = await runHttp(config, context, ports);
  if (outcome.kind !== 'completed' || outcome.blocked) return outcome;
  const { status = null, body = null } = outcome.output as Arguments;
  return completed(boundedResult({ status, body }));
}

/** Arguments in their places: named ones in the URL, the others in the query, or in the body where the method has one. */
function addressFor(
  { method, url, parameters }: HttpTool,
  given: Arguments,
): { url: string; body: JsonValue | undefined } | { problem: string } {
  const places = placesIn(url).filter((name) => Object.hasOwn((parameters.properties ?? {}) as object, name));
  let address = url;
  for (const name of places) {
    const value = given[name];
    if (!Object.hasOwn(given, name) || value === null || value === undefined || typeof value === 'object') {
      return { problem: `${name} stands in the address and must be a text, a number or a boolean.` };
    }
    const text = String(value);
    // As a whole segment these would lead to another path.
    if (text === '' || text === '.' || text === '..') return { problem: `${name} can’t be "${text}".` };
    address = address.replaceAll(`{${name}}`, () => encodeURIComponent(wellFormed(text)));
  }
  const rest = Object.entries(given).filter(([name]) => !places.includes(name));
  if (rest.length === 0) return { url: address, body: undefined };
  if (method !== 'GET' && method !== 'DELETE') return { url: address, body: Object.fromEntries(rest) };
  const [beforeFragment = '', ...fragment] = address.split('#');
  const query = rest.flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map((each) => pair(name, each)),
  );
  const joined = `${beforeFragment}${beforeFragment.includes('?') ? '&' : '?'}${query.join('&')}`;
  return { url: [joined, ...fragment].join('#'), body: undefined };
}

function pair(name: string, value: JsonValue): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return `${encodeURIComponent(name)}=${encodeURIComponent(wellFormed(text))}`;
}
