import type { JsonValue, Todo } from '@agentflow/contracts';
import type { FileEntry, FileWrite, Workspace, WorkspaceChange } from '@agentflow/engine';
import { type FileRow, type FileStore, PLAN } from './store/files.ts';

/** What an event tells of a change. */
export interface ToldChange {
  readonly files: {
    readonly path: string;
    readonly version: number;
    readonly size: number;
    readonly deleted: boolean;
  }[];
  readonly todos?: readonly Todo[];
}

interface Head {
  readonly version: number;
  readonly size: number;
  readonly deleted: boolean;
  /** null for one that was written in this instance, whose content is known. */
  readonly seq: number | null;
}

/**
 * The files of one execution as its deep agents see them: the newest versions, in memory once they were asked for.
 * Writes are made in the transaction of the result that they belong to.
 */
export class ExecutionWorkspace implements Workspace {
  private heads: Map<string, Head> | null = null;
  private readonly contents = new Map<string, string>();
  private characters = 0;

  constructor(private readonly store: FileStore) {}

  list(): FileEntry[] {
    return [...this.known()]
      .filter(([path, { deleted }]) => path !== PLAN && !deleted)
      .map(([path, { version, size }]) => ({ path, version, size }))
      .sort((one, other) => (one.path < other.path ? -1 : 1));
  }

  read(path: string): string | null {
    const head = this.known().get(path);
    if (head === undefined || head.deleted || path === PLAN) return null;
    let content = this.contents.get(path);
    if (content === undefined) {
      content = head.seq === null ? '' : this.store.content(head.seq);
      this.contents.set(path, content);
    }
    return content;
  }

  version(path: string): number {
    return this.known().get(path)?.version ?? 0;
  }

  written(): number {
    this.known();
    return this.characters;
  }

  /** Whether something that this was made from is not there any more. */
  isOutdated({ files = [] }: WorkspaceChange): boolean {
    return files.some(({ path, base }) => base !== undefined && base !== this.version(path));
  }

  /** Writes what a step did, and gives what is told of it; null where it did nothing. */
  apply(step: string, { files = [], todos }: WorkspaceChange, at: number): ToldChange | null {
    const told = files.flatMap((write) => this.write(step, write, at) ?? []);
    if (todos !== undefined) this.write(step, { path: PLAN, content: JSON.stringify(todos) }, at);
    if (told.length === 0 && todos === undefined) return null;
    return { files: told, ...(todos === undefined ? {} : { todos }) };
  }

  /** Writes what this step did where it was run. */
  applyGiven(step: string, at: number): ToldChange | null {
    const given = this.store.given(step);
    const plan = given.findLast(({ path }) => path === PLAN)?.content ?? null;
    return this.apply(
      step,
      {
        files: given.filter(({ path }) => path !== PLAN),
        ...(plan === null ? {} : { todos: JSON.parse(plan) as Todo[] }),
      },
      at,
    );
  }

  private write(step: string, { path, content }: FileWrite, at: number): ToldChange['files'][number] | null {
    const before = this.known().get(path);
    const deleted = content === null;
    if (deleted && (before === undefined || before.deleted)) return null;
    const version = (before?.version ?? 0) + 1;
    const size = content?.length ?? 0;
    this.store.insert({ path, version, step, at }, content);
    this.known().set(path, { version, size, deleted, seq: null });
    if (content === null) this.contents.delete(path);
    else this.contents.set(path, content);
    this.characters += size;
    return { path, version, size, deleted };
  }

  private known(): Map<string, Head> {
    if (this.heads === null) {
      this.heads = new Map(this.store.newest().map((row) => [row.path, headOf(row)]));
      this.characters = this.store.written();
    }
    return this.heads;
  }
}

function headOf({ seq, version, size, deleted }: FileRow): Head {
  return { seq, version, size, deleted };
}

/** The JSON of a change, for its event. */
export function toldData({ files, todos }: ToldChange): Record<string, JsonValue> {
  return {
    files: files.map((file) => ({ ...file })),
    ...(todos === undefined ? {} : { todos: todos.map((item) => ({ ...item })) }),
  };
}
