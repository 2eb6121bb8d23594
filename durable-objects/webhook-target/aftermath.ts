import { DEFAULT_RETRY_SECONDS, DISABLED_AFTER_DAYS } from '@agentflow/contracts';
import type { SubscriptionRecord } from '../organization/client.ts';
import { pauseFor, planLength, waitAfter } from './retry-plan.ts';
import type { Aftermath, AttemptRow, ClaimedDelivery } from './store/deliveries.ts';
import type { TargetFields, TargetState } from './store/target.ts';

/** What came of sending once: an attempt, or nothing that counts as one. */
export type Sent =
  | {
      readonly sent: true;
      readonly outcome: 'delivered' | 'failed' | 'rate_limited';
      /** It says that it is not there any more. */
      readonly gone: boolean;
      /** Trying again changes nothing. */
      readonly final: boolean;
      readonly status: number | null;
      readonly error: string | null;
      /** How long the receiver asks to be left alone, also after a success; null where it does not ask. */
      readonly retry_after_ms: number | null;
      readonly request_headers: Readonly<Record<string, string>>;
      /** What was sent, where the event's own body was not. */
      readonly request_body: string | null;
      readonly response_headers: Readonly<Record<string, string>>;
      readonly response_body: string | null;
      readonly response_truncated: boolean;
    }
  | { readonly sent: false; readonly wait_ms: number; readonly reason: string };

export type Attempted = Extract<Sent, { sent: true }>;

const DAY_MS = 86_400_000;
const DEFAULT_TIMEOUT_MS = 15_000;
/** A chat message may take several calls: the rich form, the plain one, where the chat has moved to. */
export const CALLS_OF_A_MESSAGE = 3;
/** How late the time of the last success may be in the row. */
const SUCCESS_SLACK_MS = 60_000;

export interface SendingRules {
  readonly ordered: boolean;
  readonly rate_per_second: number | null;
  readonly timeout_ms: number;
  readonly retry_seconds: readonly number[];
}

export function rulesOf({ settings }: SubscriptionRecord): SendingRules {
  if (settings.kind !== 'webhook') {
    return {
      ordered: false,
      rate_per_second: null,
      timeout_ms: CALLS_OF_A_MESSAGE * DEFAULT_TIMEOUT_MS,
      retry_seconds: DEFAULT_RETRY_SECONDS,
    };
  }
  const { ordered, rate_per_second, timeout_seconds, retry_seconds } = settings;
  return { ordered, rate_per_second, timeout_ms: timeout_seconds * 1000, retry_seconds };
}

/** Whether deliveries are sent; what is there waits otherwise. */
export function isSending({ subscription, disabling }: TargetState): boolean {
  return subscription.is_active && disabling === null;
}

/** Whether the state of a target's deliveries is written into rows of invocations. */
export function tellsInvocations({ settings }: SubscriptionRecord): boolean {
  return settings.kind === 'external_agent';
}

/**
 * What an attempt leaves in its delivery. Who asks to wait is waited for and costs no try, until the delivery is as old as
 * its whole plan. A test is sent once.
 */
export function aftermathOf(
  { tries, created_at, is_test }: ClaimedDelivery,
  sent: Attempted,
  { retry_seconds }: SendingRules,
  now: number,
  random: number,
): Omit<Aftermath, 'untold'> {
  if (sent.outcome === 'delivered') return { status: 'delivered', tries, next_at: null, finished_at: now };
  if (is_test || sent.final) return failed(tries, now);
  const asked = sent.retry_after_ms;
  if (asked !== null && now - created_at < planLength(retry_seconds)) {
    return { status: 'pending', tries: tries - 1, next_at: now + asked, finished_at: null };
  }
  const wait = waitAfter(tries, retry_seconds, random);
  return wait === null
    ? failed(tries, now)
    : { status: 'pending', tries, next_at: now + Math.max(wait, asked ?? 0), finished_at: null };
}

/**
 * What becomes of an attempt of which nobody knows how it ended: it is made again at once and costs no try, but for the
 * second time in a row, since it may be what ends this object.
 */
export function afterInterruption(
  { tries, is_test }: ClaimedDelivery,
  twice: boolean,
  { retry_seconds }: SendingRules,
  now: number,
  random: number,
): Omit<Aftermath, 'untold'> {
  if (is_test) return failed(tries, now);
  if (!twice) return { status: 'pending', tries: tries - 1, next_at: now, finished_at: null };
  const wait = waitAfter(tries, retry_seconds, random);
  return wait === null ? failed(tries, now) : { status: 'pending', tries, next_at: now + wait, finished_at: null };
}

/** What an attempt changes for the whole target. `asked_times`: how often in a row it has asked to wait, this time included. */
export function targetAfter(state: TargetState, sent: Attempted, asked_times: number, now: number): TargetFields {
  const paused =
    sent.retry_after_ms === null
      ? {}
      : { paused_until: Math.max(state.paused_until, now + pauseFor(sent.retry_after_ms, asked_times)) };
  if (sent.outcome === 'delivered') {
    const stale = (state.last_success_at ?? 0) < now - SUCCESS_SLACK_MS;
    return state.failing_since !== null || stale
      ? { last_success_at: now, failing_since: null, last_error: null, ...paused }
      : paused;
  }
  const failing_since = state.failing_since ?? now;
  const failing = { failing_since, last_error: sent.error, ...paused };
  if (state.disabling !== null) return failing;
  if (sent.gone) {
    return { ...failing, disabling: { reason: 'gone', detail: 'It answered 410: gone.', failing_since } };
  }
  if (now - failing_since < DISABLED_AFTER_DAYS * DAY_MS) return failing;
  const detail = `Nothing has arrived for ${DISABLED_AFTER_DAYS} days. The last failure: ${sent.error ?? 'unknown'}`;
  return { ...failing, disabling: { reason: 'failing', detail, failing_since } };
}

/** An attempt of which nobody knows how it ended, as it is told. */
export function interrupted({ attempts, claimed_at }: ClaimedDelivery, now: number): AttemptRow {
  return {
    number: attempts,
    at: claimed_at,
    duration_ms: Math.max(0, now - claimed_at),
    outcome: 'interrupted',
    status: null,
    error: 'The attempt was interrupted; whether it arrived is not known.',
    request_headers: {},
    response_headers: {},
    response_body: null,
    response_truncated: false,
  };
}

/** An attempt without an answer. */
export function unanswered(error: string, request_headers: Readonly<Record<string, string>> = {}): Attempted {
  return {
    sent: true,
    outcome: 'failed',
    gone: false,
    final: false,
    status: null,
    error,
    retry_after_ms: null,
    request_headers,
    request_body: null,
    response_headers: {},
    response_body: null,
    response_truncated: false,
  };
}

function failed(tries: number, now: number): Omit<Aftermath, 'untold'> {
  return { status: 'failed', tries, next_at: null, finished_at: now };
}
