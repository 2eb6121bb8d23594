import type { ClientCapabilities } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { signClaims, verifyClaims } from '../../platform/tokens.ts';
import type { RunPlace } from './call-tool.ts';

/**
 * What revisions before 2026-07-28 keep between requests. The client carries it in `Mcp-Session-Id`, signed, so that any
 * isolate knows a session and none has to be stored.
 */
export interface McpSession {
  readonly nonce: string;
  /** Who opened it: nobody else may use it. */
  readonly caller: string;
  readonly elicitation: ClientCapabilities['elicitation'];
}

const SESSION_AUDIENCE = 'agentflow:mcp-session';
const SESSION_SECONDS = 7 * 86_400;
const STATE_AUDIENCE = 'agentflow:mcp-state';
/** A person may take this long to answer. */
const STATE_SECONDS = 86_400;

const capability = z.looseObject({}).optional();
const sessionPayload = z.object({
  jti: z.string(),
  sub: z.string(),
  eli: z.object({ form: capability, url: capability }).optional(),
});
const statePayload = z.object({ sub: z.string(), exe: z.string(), inv: z.string(), seq: z.number() });

export function signSession(authKeys: string, session: McpSession, now: number): Promise<string> {
  const { nonce, caller, elicitation } = session;
  // Of what clients declare, only what is used: a header has to stay small.
  const eli = elicitation === undefined ? undefined : { ...mode(elicitation, 'form'), ...mode(elicitation, 'url') };
  return signClaims(authKeys, SESSION_AUDIENCE, SESSION_SECONDS, { jti: nonce, sub: caller, ...(eli && { eli }) }, now);
}

function mode(elicitation: object, name: 'form' | 'url') {
  return name in elicitation ? { [name]: {} } : {};
}

/** null for what is no session of this caller, or an expired one. */
export async function verifySession(
  authKeys: string,
  token: string,
  caller: string,
  now: number,
): Promise<McpSession | null> {
  const verified = await verifyClaims(authKeys, SESSION_AUDIENCE, token, sessionPayload, now);
  if (!verified.ok || verified.claims.sub !== caller) return null;
  const { jti, sub, eli } = verified.claims;
  return { nonce: jti, caller: sub, elicitation: eli as McpSession['elicitation'] };
}

/** What a call that waits for a person hands to its client, to get it back with the answer. */
export function stateCodec(authKeys: string, caller: string) {
  return {
    mint: ({ execution_id, invocation_id, seq }: RunPlace): Promise<string> => {
      const payload = { sub: caller, exe: execution_id, inv: invocation_id, seq };
      return signClaims(authKeys, STATE_AUDIENCE, STATE_SECONDS, payload, Date.now());
    },
    /** Throws for what is not ours, somebody else's, or expired. */
    verify: async (state: string): Promise<RunPlace> => {
      const verified = await verifyClaims(authKeys, STATE_AUDIENCE, state, statePayload, Date.now());
      if (!verified.ok || verified.claims.sub !== caller) throw new Error('the state is not valid');
      const { exe, inv, seq } = verified.claims;
      return { execution_id: exe, invocation_id: inv, seq };
    },
  };
}
