import { isRecorded, reusableSteps } from '@agentflow/engine';
import type { EventPage, LogPage, RecordingSource, RetrySource, StepPage } from './client.ts';
import { hasDeepAgents } from './deep-nodes.ts';
import type { Family } from './family.ts';
import type { ReadLarge } from './large-values.ts';
import { type ExecutionRun, hasEnded } from './run.ts';
import type { ExecutionStore } from './store/execution.ts';
import type { GivenFile } from './store/files.ts';
import { writtenBy } from './workspace-pages.ts';

/** All results that one execution gives to another: an RPC carries 32 MiB. */
const MAX_GIVEN_CHARACTERS = 12 * 1024 * 1024;

interface Range {
  readonly after: number;
  readonly limit: number;
}

export async function stepPage(
  run: ExecutionRun,
  store: ExecutionStore,
  family: Family,
  read: ReadLarge,
  { after, limit }: Range,
): Promise<StepPage> {
  const describe = (nodeId: string) => {
    const node = run.plan.byId.get(nodeId);
    return { name: node?.name ?? nodeId, type: node?.type ?? '' };
  };
  const rows = await store.steps.page(after, limit + 1, describe, read);
  const page = rows.slice(0, limit).map((row) => row.step);
  const children = family.childrenOf(page.map((step) => step.id));
  const data = page.map((step) => ({ ...step, child_execution_id: children.get(step.id) ?? null }));
  return { data, next: nextOf(rows, limit, (row) => row.ord) };
}

export function eventPage(run: ExecutionRun, store: ExecutionStore, { after, limit }: Range): EventPage {
  const rows = store.events.after(after, run.row.facts.execution_id, limit + 1);
  return { data: rows.slice(0, limit), next: nextOf(rows, limit, (row) => row.seq) };
}

export function logPage(store: ExecutionStore, { after, limit }: Range): LogPage {
  const rows = store.logs.after(after, limit + 1);
  return { data: rows.slice(0, limit), next: nextOf(rows, limit, (row) => row.seq) };
}

/** What a retry of this execution begins with: what was run, and with `results` the outputs of what need not run again. */
export async function retrySource(
  run: ExecutionRun,
  store: ExecutionStore,
  read: ReadLarge,
  fromNode: string | null,
  results: boolean,
): Promise<RetrySource> {
  if (!hasEnded(run)) return { outcome: 'running' };
  if (fromNode !== null && !run.plan.byId.has(fromNode)) return { outcome: 'unknown_node' };
  const { agent_id, version, mode, project_id } = run.row.facts;
  const keys = results ? new Set(reusableSteps(run.plan, store.steps.allStates(), fromNode)) : new Set<string>();
  const definition = store.definition();
  const taken = await store.steps.results(keys, MAX_GIVEN_CHARACTERS, read);
  const given = taken === null ? null : await withFiles(run, store, read, taken);
  if (given === null) return { outcome: 'too_large' };
  await run.recall(read);
  return { outcome: 'found', agent_id, version, mode, project_id, definition, input: run.input(), results: given };
}

/** What a shadow run of this execution begins with: what was run, on what, and what its steps answered. */
export async function recordingSource(
  run: ExecutionRun,
  store: ExecutionStore,
  read: ReadLarge,
): Promise<RecordingSource> {
  if (!hasEnded(run)) return { outcome: 'running' };
  const { agent_id, project_id } = run.row.facts;
  const nodes = run.plan.nodes.filter(({ type }) => isRecorded(type)).map(({ id }) => id);
  const answers = await store.steps.recordedResults(nodes, MAX_GIVEN_CHARACTERS, read);
  const results = answers === null ? null : await withFiles(run, store, read, answers);
  if (results === null) return { outcome: 'too_large' };
  await run.recall(read);
  return { outcome: 'found', agent_id, project_id, definition: store.definition(), input: run.input(), results };
}

/** Results together with what was written to the workspace where they were made. */
async function withFiles<Result extends { readonly key: string }>(
  run: ExecutionRun,
  store: ExecutionStore,
  read: ReadLarge,
  results: readonly Result[],
): Promise<(Result & { files?: readonly GivenFile[] })[] | null> {
  if (!hasDeepAgents(run)) return [...results];
  const keys = new Set(results.map(({ key }) => key));
  const written = await writtenBy({ plan: run.plan, store }, keys, MAX_GIVEN_CHARACTERS, read);
  if (written === null) return null;
  return results.map((result) => {
    const files = written.get(result.key);
    return files === undefined ? result : { ...result, files };
  });
}

function nextOf<Row>(rows: readonly Row[], limit: number, position: (row: Row) => number): number | null {
  const last = rows[limit - 1];
  return rows.length > limit && last !== undefined ? position(last) : null;
}
