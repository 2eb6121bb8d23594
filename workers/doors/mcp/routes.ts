import { ERROR_CODES } from '@agentflow/contracts';
import { type JSONRPCMessage, ProtocolErrorCode } from '@modelcontextprotocol/server';
import { type Context, Hono } from 'hono';
import { boundedBody } from '../../platform/body.ts';
import { ApiError } from '../../platform/errors.ts';
import { answerError } from '../../platform/refusals.ts';
import type { AppEnv } from '../../platform/router.ts';
import type { DoorCaller } from '../shared/caller.ts';
import { doorCaller } from '../shared/door-caller.ts';
import { patienceOf } from '../shared/run-watch.ts';
import { agentServer, callKey, questionOfKey } from './agent-server.ts';
import { answerOf } from './elicitation.ts';
import { challenge, issuerOf, keyOfToken } from './oauth/authorization-server.ts';
import { mayCall } from './origins.ts';
import { type McpHost, serveMcp } from './serve.ts';
import { rejection } from './session-exchange.ts';
import { stateCodec } from './sessions.ts';

/** @param fixture of a test: what callers without a credential are served. Production serves none, whatever it is built with. */
export function mcpRoutes(fixture: McpHost | null): Hono<AppEnv> {
  const routes = new Hono<AppEnv>();
  routes.onError((error, c) => refuse(error, c));
  routes.use('/mcp', async (c, next) => {
    if (!mayCall(c.env, c.req.raw)) return rejection(403, -32_000, 'Forbidden: this origin may not call');
    return next();
  });
  routes.use('/mcp', boundedBody());
  routes.all('/mcp', async (c) => {
    const anonymous = c.req.header('authorization') === undefined && c.req.header('x-api-key') === undefined;
    const isTest = anonymous && c.env.ENVIRONMENT !== 'production';
    const host = isTest && fixture !== null ? fixture : hostOf(c, await doorCaller(c, 'mcp', await heldKey(c)));
    const body: unknown = (c.var.bodyText ?? '') === '' ? undefined : JSON.parse(c.var.bodyText ?? '');
    return serveMcp(host, c.req.raw, body);
  });
  return routes;
}

/** The key behind an access token; null where the request brings a key itself, or nothing. */
async function heldKey(c: Context<AppEnv>): Promise<string | null> {
  const token = /^bearer +([^\s:]+:[^\s:]+:[^\s:]+)$/i.exec(c.req.header('authorization') ?? '')?.[1];
  return token === undefined ? null : keyOfToken(c.env, c.req.url, token);
}

function hostOf(c: Context<AppEnv>, caller: DoorCaller): McpHost {
  const waitUntil = (work: Promise<unknown>) => c.executionCtx.waitUntil(work);
  const patience = patienceOf(c.req.header('prefer'));
  const common = { caller, waitUntil, patience, state: stateCodec(c.env.AUTH_KEYS, caller.id) };
  return {
    current: () => agentServer({ ...common, session: null }),
    longCalls: true,
    session: {
      authKeys: c.env.AUTH_KEYS,
      caller: caller.id,
      server: (session) => agentServer({ ...common, session }),
      answered: (message) => takeAnswer(caller, message),
      cancelled: async (nonce, requestId) => {
        const executionId = await caller.startedWith(callKey(nonce, requestId));
        if (executionId !== null) await caller.abandon(executionId);
      },
    },
  };
}

/** A person's answer: the run goes on by it, and whoever follows the run sees that. What can't be taken leaves it waiting. */
async function takeAnswer(caller: DoorCaller, message: JSONRPCMessage): Promise<void> {
  const key = 'id' in message ? questionOfKey(message.id) : null;
  if (key === null || !('result' in message) || !caller.mayApprove) return;
  const { executionId, approvalId, actionHash } = key;
  const question = await caller.question(executionId, approvalId);
  if (question?.status !== 'pending' || question.action_hash !== actionHash) return;
  const given = answerOf(question, message.result);
  if (given.kind !== 'answer') return;
  await caller.answer(executionId, approvalId, given.answer);
}

const JSON_RPC_CODES: Partial<Record<ApiError['code'], number>> = {
  malformed_json: ProtocolErrorCode.ParseError,
  malformed_request: ProtocolErrorCode.ParseError,
  validation_failed: ProtocolErrorCode.InvalidParams,
  internal_error: ProtocolErrorCode.InternalError,
};

/** A refusal of the whole request, as JSON-RPC with its HTTP status. */
function refuse(error: Error, c: Context<AppEnv>): Response {
  // Logged, and in the words of the platform, where it is a bug.
  if (!(error instanceof ApiError)) {
    const { status } = answerError(error, c);
    return rejection(status, ProtocolErrorCode.InternalError, `The error was logged under ${c.var.requestId}.`);
  }
  const { code, message } = error;
  const unknown = ERROR_CODES[code].status === 401;
  const headers = { ...error.headers, ...(unknown && { 'WWW-Authenticate': challenge(issuerOf(c.env, c.req.url)) }) };
  return rejection(ERROR_CODES[code].status, JSON_RPC_CODES[code] ?? -32_000, `${code}: ${message}`, headers);
}
