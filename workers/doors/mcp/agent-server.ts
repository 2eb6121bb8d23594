import {
  CLIENT_CAPABILITIES_META_KEY,
  type ClientCapabilities,
  inputRequired,
  ProtocolError,
  ProtocolErrorCode,
  Server,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { version } from '../../../package.json';
import { ApiError } from '../../platform/errors.ts';
import type { DoorCaller, Question } from '../shared/caller.ts';
import { isObject, type JsonObject } from '../shared/json.ts';
import type { Patience } from '../shared/run-watch.ts';
import { type Asking, type CallSurface, callTool, followCall, type RunPlace, refused } from './call-tool.ts';
import { answerOf, elicitationOf } from './elicitation.ts';
import type { SessionSurface } from './session-exchange.ts';
import type { stateCodec } from './sessions.ts';
import { agentTools, toolPage } from './tools.ts';

const INSTRUCTIONS =
  'Each tool is an agent. A call runs it and answers with its output; it may take minutes, and tells its progress when asked to.';

export interface AgentServerOptions {
  readonly caller: DoorCaller;
  readonly waitUntil: (work: Promise<unknown>) => void;
  readonly patience: Patience;
  readonly state: ReturnType<typeof stateCodec>;
  /** null for revisions without sessions, where every request says all that it needs. */
  readonly session: SessionSurface | null;
}

/** The agents of a caller as an MCP server that serves one request. */
export function agentServer(options: AgentServerOptions): Server {
  const { caller, state } = options;
  const server = new Server(
    { name: 'agentflow', title: 'AgentFlow', version },
    {
      capabilities: { tools: {}, logging: {} },
      instructions: INSTRUCTIONS,
      requestState: { verify: state.verify },
      inputRequired: { legacyShim: false },
    },
  );
  server.setRequestHandler('tools/list', async ({ params }) => {
    const page = toolPage(agentTools(await caller.agents()), params?.cursor);
    if (page === null) throw new ProtocolError(ProtocolErrorCode.InvalidParams, 'The cursor is not of this list.');
    return page;
  });
  server.setRequestHandler('tools/call', async ({ params }, ctx) => {
    const args = (params.arguments ?? {}) as JsonObject;
    const surface = surfaceOf(options, ctx);
    const place = ctx.mcpReq.requestState<RunPlace>();
    if (place !== undefined) return resume(caller, place, ctx, surface);
    const tool = agentTools(await caller.agents()).find(({ name }) => name === params.name);
    if (tool === undefined)
      throw new ProtocolError(ProtocolErrorCode.InvalidParams, `There is no tool "${params.name}".`);
    return callTool(caller, tool, args, idempotencyKeyOf(options, ctx), surface);
  });
  return server;
}

/** Names the start of a call, so that a cancellation which comes by another request finds it. */
export function callKey(nonce: string, requestId: string | number): string {
  return `mcp:${nonce}:${typeof requestId === 'number' ? 'n' : 's'}${requestId}`.slice(0, 255);
}

function idempotencyKeyOf({ session }: AgentServerOptions, ctx: ServerContext): string | null {
  return session === null ? null : callKey(session.nonce, ctx.mcpReq.id);
}

/** The answers that a repeated request brings go to the run first; then it is followed from where it was. */
async function resume(caller: DoorCaller, place: RunPlace, ctx: ServerContext, surface: CallSurface) {
  try {
    for (const [approvalId, result] of Object.entries(ctx.mcpReq.inputResponses ?? {})) {
      const question = await caller.question(place.execution_id, approvalId);
      if (question?.status !== 'pending') continue;
      const given = answerOf(question, result);
      if (given.kind === 'unreadable') return await askAgain(question, place, surface, 'The answer could not be read.');
      if (given.kind === 'none') continue;
      const problem = await answer(caller, place, approvalId, given.answer);
      if (problem !== null) return await askAgain(question, place, surface, problem);
    }
    return await followCall(caller, place, surface);
  } catch (error) {
    if (error instanceof ApiError) return refused(error);
    throw error;
  }
}

/** What is wrong with an answer that may be corrected; null where it was taken, or somebody else was faster. */
async function answer(
  caller: DoorCaller,
  { execution_id }: RunPlace,
  approvalId: string,
  given: Parameters<DoorCaller['answer']>[2],
): Promise<string | null> {
  try {
    await caller.answer(execution_id, approvalId, given);
    return null;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.code === 'approval_decided') return null;
    if (error.code !== 'validation_failed' && error.code !== 'approval_changed') throw error;
    return [error.message, ...(error.errors ?? []).map(({ path, message }) => `${path} ${message}.`)].join(' ');
  }
}

async function askAgain(question: Question, place: RunPlace, { asking }: CallSurface, problem: string) {
  if (asking?.by !== 'result') throw new ProtocolError(ProtocolErrorCode.InvalidParams, problem);
  const params = elicitationOf(question);
  return asking.ask(question, { ...params, message: `${problem}\n\n${params.message}` }, place);
}

function surfaceOf(options: AgentServerOptions, ctx: ServerContext): CallSurface {
  const { session, waitUntil, patience } = options;
  const token = ctx.mcpReq._meta?.progressToken;
  const params = (progress: number, message: string) => ({ progressToken: token as string, progress, message });
  return {
    signal: ctx.mcpReq.signal,
    waitUntil,
    patience,
    progress:
      token === undefined
        ? null
        : (progress, message) =>
            ctx.mcpReq.notify({ method: 'notifications/progress', params: params(progress, message) }),
    // Without a session nobody remembers a level that was set by another request.
    log: async (level, data) => {
      if (session === null || level !== 'info') await ctx.mcpReq.log(level, data, 'agentflow');
    },
    asking: options.caller.mayApprove ? askingOf(options, ctx) : null,
  };
}

function askingOf({ session, state }: AgentServerOptions, ctx: ServerContext): Asking | null {
  const capabilities = session === null ? declaredBy(ctx) : session.capabilities;
  if (!takesForms(capabilities)) return null;
  if (session === null) {
    return {
      by: 'result',
      ask: async (question, params, place) =>
        inputRequired({
          inputRequests: { [question.id]: inputRequired.elicit(params) },
          requestState: await state.mint(place),
        }),
    };
  }
  return {
    by: 'request',
    ask: (question, params) =>
      session.send({ jsonrpc: '2.0', id: questionKey(question), method: 'elicitation/create', params }, ctx.mcpReq.id),
  };
}

/** What the client of this one request says it can do. */
function declaredBy(ctx: ServerContext): ClientCapabilities | undefined {
  const envelope = ctx.mcpReq.envelope as Readonly<Record<string, unknown>> | undefined;
  return envelope?.[CLIENT_CAPABILITIES_META_KEY] as ClientCapabilities | undefined;
}

function takesForms(capabilities: ClientCapabilities | undefined): boolean {
  const elicitation = capabilities?.elicitation;
  if (!isObject(elicitation)) return false;
  // A client that names no mode takes forms.
  return elicitation.form !== undefined || elicitation.url === undefined;
}

/** Id of the request that asks a question: its answer comes by another request, and says by this what it is for. */
export function questionKey({ execution_id, id, action_hash }: Question): string {
  return `${execution_id}/${id}/${action_hash}`;
}

export function questionOfKey(key: unknown): { executionId: string; approvalId: string; actionHash: string } | null {
  const match = typeof key === 'string' ? /^(exe_\w{26})\/(apr_\w{26})\/([0-9a-f]{64})$/.exec(key) : null;
  if (match === null) return null;
  const [, executionId = '', approvalId = '', actionHash = ''] = match;
  return { executionId, approvalId, actionHash };
}
