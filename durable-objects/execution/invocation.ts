import {
  type ExecutionSummary,
  isTerminal,
  type JsonValue,
  PAYLOAD_BYTES,
  type PayloadState,
} from '@agentflow/contracts';
import type { ExternalCall, ExternalOrigin } from '../organization/client.ts';
import { redacted } from './redact-payload.ts';
import type { Facts } from './store/rows.ts';

/** What D1 is told of a call of an external agent, whenever its execution is told. */
export interface InvocationProjection {
  readonly call: ExternalCall;
  readonly summary: ExecutionSummary;
  readonly request: Payload;
  readonly response: Payload;
  readonly revision: number;
}

export interface Payload {
  /** JSON; null where it is not kept, or not there yet. */
  readonly text: string | null;
  readonly state: PayloadState;
}

/** The call that this execution is; null for one that no external agent called itself. */
export function callOf({ external }: Pick<Facts, 'external'>): ExternalCall | null {
  return external !== undefined && isCall(external) ? external : null;
}

function isCall(external: ExternalOrigin | ExternalCall): external is ExternalCall {
  return 'door' in external;
}

export function invocationProjection(
  call: ExternalCall,
  summary: ExecutionSummary,
  { input, output, revision }: { input: JsonValue; output: JsonValue | null; revision: number },
): InvocationProjection {
  const answer = isTerminal(summary.status) ? output : null;
  return { call, summary, request: kept(call, input), response: kept(call, answer), revision };
}

const encoder = new TextEncoder();

function kept({ payloads, redact }: ExternalCall, value: JsonValue | null): Payload {
  if (payloads !== 'on') return { text: null, state: payloads };
  if (value === null) return { text: null, state: 'whole' };
  const text = JSON.stringify(redacted(value, redact));
  if (encoder.encode(text).byteLength <= PAYLOAD_BYTES) return { text, state: 'whole' };
  // The beginning as a text: whole characters, and never more bytes than are kept.
  return { text: JSON.stringify(text.slice(0, PAYLOAD_BYTES / 4)), state: 'capped' };
}
