import type { Todo, WorkspaceFile } from '@agentflow/contracts';
import { around, type Plan, type StepState } from '@agentflow/engine';
import type { WorkspaceView } from './client.ts';
import type { ReadLarge } from './large-values.ts';
import type { ExecutionStore } from './store/execution.ts';
import { type FileRow, type FileStore, type GivenFile, PLAN } from './store/files.ts';

type Files = Pick<ExecutionStore, 'files'>;

export async function workspaceView({ files }: Files, read: ReadLarge): Promise<WorkspaceView> {
  const newest = files.newest().filter(({ deleted }) => !deleted);
  const contents = await contentsOf(files, newest, read);
  const plan = newest.find(({ path }) => path === PLAN);
  return {
    files: Object.fromEntries(
      newest.filter(({ path }) => path !== PLAN).map(({ path, seq }) => [path, contents.get(seq) ?? '']),
    ),
    todos: plan === undefined ? [] : (JSON.parse(contents.get(plan.seq) ?? '[]') as Todo[]),
  };
}

export function fileVersions({ files }: Files): WorkspaceFile[] {
  return files
    .versions()
    .filter(({ path }) => path !== PLAN)
    .map(shown);
}

export async function fileVersion(
  { files }: Files,
  path: string,
  version: number | null,
  read: ReadLarge,
): Promise<(WorkspaceFile & { content: string }) | null> {
  const row = path === PLAN ? null : files.version(path, version);
  if (row === null) return null;
  const contents = await contentsOf(files, [row], read);
  return { ...shown(row), content: contents.get(row.seq) ?? '' };
}

/**
 * What the steps that another execution takes over wrote, by their keys: each path as it was left last by the step and all
 * that is inside of it. null when it is more than `limit` characters.
 */
export async function writtenBy(
  { plan, store }: { readonly plan: Plan; readonly store: Pick<ExecutionStore, 'files' | 'steps'> },
  keys: ReadonlySet<string>,
  limit: number,
  read: ReadLarge,
): Promise<ReadonlyMap<string, GivenFile[]> | null> {
  const versions = store.files.versions();
  const last = new Map<string, Map<string, FileRow>>();
  const states = versions.length === 0 ? new Map<string, StepState>() : stateByKey(store.steps.allStates());
  for (const row of versions) {
    const holder = holderOf(plan, states.get(row.step), keys);
    if (holder === null) continue;
    const rows = last.get(holder) ?? new Map<string, FileRow>();
    // The order is that of the last writes.
    rows.delete(row.path);
    last.set(holder, rows.set(row.path, row));
  }
  const wanted = [...last.values()].flatMap((rows) => [...rows.values()]);
  if (wanted.reduce((sum, { size }) => sum + size, 0) > limit) return null;
  const contents = await contentsOf(store.files, wanted, read);
  const given = ({ path, seq, deleted }: FileRow) => ({ path, content: deleted ? null : (contents.get(seq) ?? '') });
  return new Map([...last].map(([key, rows]) => [key, [...rows.values()].map(given)]));
}

function stateByKey(states: readonly StepState[]): Map<string, StepState> {
  return new Map(states.map((state) => [state.key, state]));
}

function holderOf(plan: Plan, step: StepState | undefined, keys: ReadonlySet<string>): string | null {
  const node = step === undefined ? undefined : plan.byId.get(step.node_id);
  if (step === undefined || node === undefined) return null;
  return [step.key, ...around(step, node)].find((key) => keys.has(key)) ?? null;
}

async function contentsOf(
  files: FileStore,
  rows: readonly FileRow[],
  read: ReadLarge,
): Promise<ReadonlyMap<number, string>> {
  const { texts, large } = files.contents(rows);
  if (large.size === 0) return texts;
  const fetched = await read([...large.values()]);
  for (const [seq, name] of large) texts.set(seq, fetched.get(name) ?? '');
  return texts;
}

/** What a node's step wrote itself is what its agent began with. */
function shown({ path, version, size, deleted, step, at }: FileRow): WorkspaceFile {
  return {
    path,
    version,
    size,
    deleted,
    step_id: step.includes('#') ? step : null,
    written_at: new Date(at).toISOString(),
  };
}
