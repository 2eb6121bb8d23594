import type { Todo } from '@agentflow/contracts';

/** A file as it is now. */
export interface FileEntry {
  readonly path: string;
  /** Counts the writes of this path from 1. */
  readonly version: number;
  /** Characters. */
  readonly size: number;
}

/** The files of an execution, as they are at the moment of each question. */
export interface Workspace {
  /** In the order of their paths. */
  list(): readonly FileEntry[];
  /** null where there is no such file. */
  read(path: string): string | null;
  /** Version of the path's last write, a deletion included; 0 where it was never written. */
  version(path: string): number;
  /** Characters of all versions that were ever written. */
  written(): number;
}

/** What a call does to a file. */
export interface FileWrite {
  readonly path: string;
  /** null deletes it. */
  readonly content: string | null;
  /** Version that the new content was made from: where another one is there by then, the call is made again. */
  readonly base?: number;
}

/** What somebody said to a deep agent while it works. */
export interface SaidMessage {
  readonly id: number;
  readonly text: string;
}

/** What a deep agent sees of its execution besides its own calls. */
export interface DeepContext {
  readonly workspace: Workspace;
  /** Knowledge notes of the definition, by name. */
  readonly notes: Readonly<Record<string, string>>;
  /** What no turn has heard yet, in the order in which it was said. */
  readonly said: readonly SaidMessage[];
  /** Tokens that conversations of this node have used besides the one that goes on. */
  readonly tokens_elsewhere: number;
}

/** What a step does to the workspace of its execution; written with its result. */
export interface WorkspaceChange {
  readonly files?: readonly FileWrite[];
  readonly todos?: readonly Todo[];
  /** The last message that a decision knew of: where one was said since then, an end is decided again. */
  readonly heard?: number;
}
