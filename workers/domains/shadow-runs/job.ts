import { isTerminal } from '@agentflow/contracts';
import { type ExecutionStub, executionObject } from '../../../durable-objects/execution/client.ts';
import type { ShadowJob } from '../../../durable-objects/shadow-run/client.ts';
import { db } from '../../db/client.ts';
import type { Env } from '../../platform/env.ts';
import { derivedId } from '../../platform/ids.ts';
import { startReplay } from '../executions/index.ts';
import { compareRuns, type Ran, type Renamed } from './compare.ts';
import {
  type ComparisonRow,
  changeComparison,
  endShadowRun,
  selectDefinition,
  selectOpenComparisons,
} from './queries.ts';

/** A shadow run that has not ended by then tells what it knows. */
const TIME_LIMIT_MS = 30 * 60_000;
const WAIT_SECONDS = 20;
const STEPS_PER_PAGE = 1000;
/** Steps of one execution that are compared. */
const MAX_STEPS = 5000;

/** What is left to do; none when the run has ended or is not there any more. */
export async function openComparisons(env: Env, job: ShadowJob): Promise<ComparisonRow[]> {
  return selectOpenComparisons(db(env, job.organization_id), job.organization_id, job.shadow_run_id);
}

export async function finishShadowRun(env: Env, job: ShadowJob): Promise<void> {
  const database = db(env, job.organization_id);
  await endShadowRun(database, job.organization_id, job.shadow_run_id, 'completed', Date.now());
}

/**
 * Takes one comparison as far as it goes: starts its execution, waits for the end of it for a while, compares. Any part of
 * it may be done twice. Answers `again` while the execution runs, milliseconds when there is no place for it now.
 */
export async function advanceComparison(
  env: Env,
  job: ShadowJob,
  comparison: ComparisonRow,
): Promise<'done' | 'again' | number> {
  const database = db(env, job.organization_id);
  const end = async (change: Parameters<typeof changeComparison>[2]) => {
    await changeComparison(database, comparison, change);
    return 'done' as const;
  };
  const fail = (code: string, message: string) => end({ status: 'failed', error: JSON.stringify({ code, message }) });
  const executionId = await derivedId('execution', `${job.shadow_run_id} ${comparison.execution_id}`, job.created_at);
  const object = executionObject(env.EXECUTION, executionId);
  const timeIsUp = Date.now() > job.created_at + TIME_LIMIT_MS;

  if ((await object.get(job.organization_id)) === null) {
    if (comparison.shadow_execution_id !== null) return fail('not_found', 'The repetition is not kept any more.');
    if (timeIsUp) return fail('timed_out', 'There was no place for it in half an hour.');
    const definition = await selectDefinition(database, job.organization_id, job.shadow_run_id);
    // The run was cancelled.
    if (definition === null) return 'done';
    const of = comparison.execution_id;
    const started = await startReplay(env, { ...job, definition, of, execution_id: executionId });
    if (started.outcome === 'busy') return started.retry_after_ms;
    if (started.outcome === 'refused') return fail(started.error.code, started.error.message);
    const renamed = JSON.stringify(started.renamed);
    if (!(await noteStart(env, comparison, executionId, renamed))) {
      await object.cancel(job.organization_id);
      return 'done';
    }
    Object.assign(comparison, { shadow_execution_id: executionId, renamed });
  } else if (comparison.shadow_execution_id === null) {
    // Started by a turn that died before it could say so.
    if (!(await noteStart(env, comparison, executionId, comparison.renamed ?? '{}'))) {
      await object.cancel(job.organization_id);
      return 'done';
    }
    comparison.shadow_execution_id = executionId;
  }
  const execution = await object.waitForEnd(job.organization_id, WAIT_SECONDS);
  if (execution === null) return fail('not_found', 'The repetition is not kept any more.');
  if (!isTerminal(execution.status)) {
    if (!timeIsUp) return 'again';
    await object.cancel(job.organization_id);
    return fail('timed_out', 'It did not end within half an hour.');
  }
  const before = await ranOf(executionObject(env.EXECUTION, comparison.execution_id), job.organization_id);
  const after = await ranOf(object, job.organization_id);
  if (before === null || after === null) return fail('not_found', 'One of the two is not kept any more.');
  const outcome = compareRuns(before, after, renamedOf(comparison));
  return end({ status: 'compared', outcome: JSON.stringify(outcome) });
}

function noteStart(env: Env, comparison: ComparisonRow, executionId: string, renamed: string): Promise<boolean> {
  const change = { status: 'running', shadow_execution_id: executionId, renamed };
  return changeComparison(db(env, comparison.organization_id), comparison, change);
}

export function renamedOf({ renamed }: ComparisonRow): Renamed {
  return renamed === null ? {} : (JSON.parse(renamed) as Renamed);
}

/** An execution with its steps; null when it is not kept. */
export async function ranOf(object: ExecutionStub, organizationId: string): Promise<Ran | null> {
  const execution = await object.get(organizationId);
  if (execution === null) return null;
  const steps = [];
  for (let after: number | null = 0; after !== null && steps.length < MAX_STEPS; ) {
    const page = await object.steps(organizationId, after, STEPS_PER_PAGE);
    if (page === null) return null;
    steps.push(...page.data);
    after = page.next;
  }
  return { execution, steps };
}
