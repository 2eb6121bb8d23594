import { type ExecutionError, executionError, type JsonValue } from '@agentflow/contracts';

/** Failures of a run after which another one may do better. */
const PASSING = new Set([
  'runtime_unavailable',
  'upstream_unavailable',
  'model_timeout',
  'model_network',
  'model_rate_limited',
  'model_overloaded',
  'model_output_invalid',
  'rate_limited',
  'concurrency_limited',
  'interrupted',
  'internal',
]);

const MAX_SUMMARY = 4000;

type Data = Readonly<Record<string, JsonValue>>;

/** Why a run that ended failed; null for one that did not. */
export function errorOf({ status, error }: Data): ExecutionError | null {
  if (status === 'completed') return null;
  const told = executionError.safeParse(error);
  if (told.success) return told.data;
  if (status === 'cancelled') return { code: 'cancelled', message: 'The run was stopped.' };
  return { code: 'run_failed', message: 'The run failed without saying why.' };
}

export function mayPass({ code }: ExecutionError): boolean {
  return PASSING.has(code);
}

/** What a run said at its end: its answer, as text. */
export function summaryOf(result: JsonValue): string {
  if (typeof result === 'string') return result.slice(0, MAX_SUMMARY);
  if (typeof result !== 'object' || result === null || Array.isArray(result)) return '';
  return typeof result.text === 'string' ? result.text.slice(0, MAX_SUMMARY) : '';
}
