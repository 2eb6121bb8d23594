import { type ExecutionSummary, type JsonValue, PAYLOAD_BYTES, type PayloadState } from '@agentflow/contracts';
import type { ExternalCall, ExternalOrigin } from '../organization/client.ts';
import { presentSummary } from './present.ts';
import { redacted } from './redact-payload.ts';
import { type ExecutionRun, hasEnded } from './run.ts';
import { toldEventId } from './told-event-id.ts';

/** What D1 is told of a call of an external agent, whenever its execution is told. */
export interface InvocationProjection {
  readonly call: ExternalCall;
  readonly summary: ExecutionSummary;
  readonly request: Payload;
  readonly response: Payload;
  /** Of the event that tells its result; null while it runs. */
  readonly event_id: string | null;
  readonly revision: number;
}

export interface Payload {
  /** JSON; null where it is not kept, or not there yet. */
  readonly text: string | null;
  readonly state: PayloadState;
}

/**
 * The call that this execution is, as D1 is told of it; null for one that no external agent called itself.
 * @param recall brings back what has moved away
 */
export async function invocationOf(
  run: ExecutionRun,
  recall: (run: ExecutionRun) => Promise<void>,
): Promise<InvocationProjection | null> {
  const { row, totals } = run;
  const { revision } = row;
  const { external } = row.facts;
  if (external === undefined || !isCall(external)) return null;
  const summary = presentSummary(row, totals);
  if (hasEnded(run)) await recall(run);
  const answer = hasEnded(run) ? run.result() : null;
  const { facts, finished_at } = row;
  const event_id =
    finished_at === null ? null : await toldEventId('external_agent.invoked', facts.execution_id, finished_at);
  const [request, response] = [kept(external, run.input()), kept(external, answer)];
  return { call: external, summary, request, response, event_id, revision };
}

/** Of the execution that the external agent called itself, not of what that one started. */
export function isCall(external: ExternalOrigin | ExternalCall): external is ExternalCall {
  return 'door' in external;
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
