import { type AgentDefinition, type JsonValue, type Todo, todos, type WorkspaceFile } from '@agentflow/contracts';
import { z } from 'zod';
import type { ShownStep } from '../live-execution.ts';

const writtenPlan = z.object({ tool: z.literal('write_todos'), arguments: z.object({ todos }) });

/** A file of a workspace with its versions, the newest first. */
export interface VersionedFile {
  readonly path: string;
  readonly newest: WorkspaceFile;
  readonly versions: readonly WorkspaceFile[];
}

/** Files by path; those that are gone come last. */
export function filesOf(written: readonly WorkspaceFile[]): VersionedFile[] {
  const byPath = new Map<string, WorkspaceFile[]>();
  for (const file of written) byPath.set(file.path, [...(byPath.get(file.path) ?? []), file]);
  return [...byPath]
    .flatMap(([path, versions]): VersionedFile[] => {
      const sorted = versions.sort((left, right) => right.version - left.version);
      const [newest] = sorted;
      return newest === undefined ? [] : [{ path, newest, versions: sorted }];
    })
    .sort(
      (left, right) =>
        Number(left.newest.deleted) - Number(right.newest.deleted) || left.path.localeCompare(right.path),
    );
}

/** The file that an agent wrote last, else the first that it was given. */
export function lastWritten(written: readonly WorkspaceFile[], files: readonly VersionedFile[]) {
  const there = (path: string) => files.find((file) => file.path === path && !file.newest.deleted);
  const last = written.findLast(({ path, step_id }) => step_id !== null && there(path) !== undefined);
  return last === undefined ? files.find(({ newest }) => !newest.deleted) : there(last.path);
}

/** The plan as it was written last, of steps whose records have been read. */
export function planIn(steps: readonly ShownStep[]): readonly Todo[] {
  const written = steps.findLast(({ status, record }) => status === 'completed' && planOf(record?.input) !== null);
  return planOf(written?.record?.input) ?? [];
}

function planOf(input: JsonValue | undefined): readonly Todo[] | null {
  const read = writtenPlan.safeParse(input);
  return read.success ? read.data.arguments.todos : null;
}

/** Whether an agent of this graph has a workspace. */
export function hasDeepAgent(definition: AgentDefinition | undefined): boolean {
  return definition?.nodes.some(({ type, config }) => type === 'ai.agent' && config.deep != null) === true;
}
