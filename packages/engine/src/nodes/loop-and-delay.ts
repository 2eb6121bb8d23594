import { type JsonValue, MAX_DELAY_SECONDS, MAX_ROUNDS } from '@agentflow/contracts';
import { evaluateSource } from '../expressions/index.ts';
import type { OpenedLoop, Scope, StepError } from '../ports.ts';
import { refused, type StepHandler, type StepOutcome } from './step-outcome.ts';

/** Numbers come out of expressions, and as text where other text stood around them. */
function asNumber(value: JsonValue | undefined): number | null {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string' || value.trim() === '') return null;
  const number = Number(value);
  return Number.isFinite(number) ? number : null;
}

function opened(loop: OpenedLoop): StepOutcome {
  if (loop.total === null || loop.total <= MAX_ROUNDS) return { kind: 'opened', loop };
  return refused('loop_too_long', `The loop would run ${loop.total} rounds; at most ${MAX_ROUNDS} are run.`);
}

/** Tells the rounds; the scheduler begins them, and gathers their outputs when all have ended. */
export const runLoop: StepHandler<'logic.loop'> = ({ items, count, concurrency, on_item_error }) => {
  const choice = { concurrency, on_item_error };
  if (items !== undefined) {
    if (!Array.isArray(items)) return refused('loop_items_invalid', 'items is not a list.');
    return opened({ total: items.length, items, ...choice });
  }
  if (count !== undefined) {
    const rounds = asNumber(count);
    if (rounds === null || !Number.isInteger(rounds) || rounds < 0) {
      return refused('loop_count_invalid', 'count is not a whole number of rounds.');
    }
    return opened({ total: rounds, items: null, ...choice });
  }
  // Each round looks at what the one before it gave.
  return opened({ total: null, items: null, ...choice, concurrency: 1 });
};

export type LoopCheck =
  | { readonly ok: true; readonly holds: boolean }
  | { readonly ok: false; readonly error: StepError };

/**
 * Whether a `while` loop goes on.
 *
 * @param config of the node, as it stands in the definition
 * @param index of the round that would begin
 * @param scope with `item` as the output of the round before
 */
export async function checkLoopCondition(
  config: Readonly<Record<string, JsonValue>>,
  index: number,
  scope: Scope,
): Promise<LoopCheck> {
  const condition = typeof config.while === 'string' ? config.while : 'false';
  const evaluation = await evaluateSource(condition, scope);
  if (!evaluation.ok) {
    const { code, message } = evaluation.error;
    return { ok: false, error: { code, message: `while: ${message}`, retryable: false } };
  }
  const holds = isTrue(evaluation.value);
  const most = typeof config.max_rounds === 'number' ? config.max_rounds : 1000;
  if (!holds || index < most) return { ok: true, holds };
  const message = `The condition still holds after ${most} rounds.`;
  return { ok: false, error: { code: 'loop_too_long', message, retryable: false } };
}

/** As JSONata's `$boolean` has it: empty texts, lists and objects, 0 and null are false. */
function isTrue(value: JsonValue): boolean {
  if (Array.isArray(value)) return value.some(isTrue);
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0;
  return Boolean(value);
}

/** Ends by itself when its time has come: the alarm of the execution finds it. */
export const runDelay: StepHandler<'logic.delay'> = ({ seconds, until }, { now }) => {
  const at = until === undefined ? delayEnd(seconds, now) : momentOf(until);
  if (at === null) {
    return until === undefined
      ? refused('delay_invalid', 'seconds is not a number of seconds.')
      : refused('delay_invalid', `"${until.slice(0, 80)}" is not a moment like 2027-01-31T09:00:00Z.`);
  }
  if (at - now > MAX_DELAY_SECONDS * 1000) return refused('delay_too_long', 'A delay lasts at most 30 days.');
  const output = { until: new Date(at).toISOString() };
  return { kind: 'waiting', reason: 'delay', wake_at: at, due: { kind: 'complete', handle: 'out', output }, ask: null };
};

function delayEnd(seconds: JsonValue | undefined, now: number): number | null {
  const length = asNumber(seconds);
  return length === null || length < 0 ? null : now + Math.round(length * 1000);
}

const MOMENT = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2}))?$/;

/** Without a time zone a moment would mean something else on every machine; a bare date is midnight UTC. */
function momentOf(text: string): number | null {
  const at = MOMENT.test(text.trim()) ? Date.parse(text.trim()) : Number.NaN;
  return Number.isNaN(at) ? null : at;
}
