/** What came of one attempt to save. */
export type SaveOutcome =
  | { readonly kind: 'saved'; readonly etag: string | null }
  /** Somebody else saved since the tag was read. */
  | { readonly kind: 'conflict' }
  /** Worth another try: no network, or the server is in trouble. */
  | { readonly kind: 'unreachable'; readonly offline: boolean }
  /** The same would be refused again. */
  | { readonly kind: 'refused'; readonly error: Error };

export type SaveState =
  | { readonly kind: 'saved' }
  | { readonly kind: 'unsaved' }
  | { readonly kind: 'saving' }
  | { readonly kind: 'unreachable'; readonly offline: boolean }
  | { readonly kind: 'refused'; readonly error: Error }
  | { readonly kind: 'conflict' };

interface AutosavePorts<T> {
  /** What is to be saved now. Compared by identity. */
  readonly current: () => T;
  readonly save: (value: T, etag: string | null) => Promise<SaveOutcome>;
  readonly onState: (state: SaveState) => void;
  readonly onSaved?: (value: T, etag: string | null) => void;
  readonly setTimer: (act: () => void, ms: number) => () => void;
}

export interface Autosave {
  /** Something may have changed: saves after a pause. */
  readonly changed: () => void;
  /** Saves at once, and tells whether nothing is left unsaved. */
  readonly flush: () => Promise<boolean>;
  /** Saves over what somebody else saved, or takes what is stored as the new base. */
  readonly overwrite: (etag: string | null) => Promise<boolean>;
  readonly adopt: (etag: string | null) => void;
  readonly stop: () => void;
}

export const SAVE_PAUSE_MS = 800;
const FIRST_RETRY_MS = 2000;
const LAST_RETRY_MS = 30_000;

/** Saves what changes, one request at a time, each with the tag of the one before. Starts as saved, under `etag`. */
export function createAutosave<T>(first: string | null, ports: AutosavePorts<T>): Autosave {
  let etag = first;
  let saved = ports.current();
  let state: SaveState = { kind: 'saved' };
  let running: Promise<void> | null = null;
  let cancelTimer: (() => void) | null = null;
  let retries = 0;
  let stopped = false;

  const become = (next: SaveState) => {
    state = next;
    if (!stopped) ports.onState(next);
  };
  const after = (ms: number) => {
    cancelTimer?.();
    cancelTimer = stopped ? null : ports.setTimer(() => void run(), ms);
  };

  const attempt = async () => {
    const value = ports.current();
    if (value === saved) {
      become({ kind: 'saved' });
      return;
    }
    become({ kind: 'saving' });
    const outcome = await ports.save(value, etag);
    if (outcome.kind === 'saved') {
      etag = outcome.etag;
      saved = value;
      retries = 0;
      ports.onSaved?.(value, etag);
      const clean = ports.current() === saved;
      become(clean ? { kind: 'saved' } : { kind: 'unsaved' });
      if (!clean) after(SAVE_PAUSE_MS);
    } else if (outcome.kind === 'unreachable') {
      become(outcome);
      after(Math.min(FIRST_RETRY_MS * 2 ** retries, LAST_RETRY_MS));
      retries += 1;
    } else {
      become(outcome);
    }
  };
  const run = async (): Promise<void> => {
    cancelTimer?.();
    cancelTimer = null;
    // One that runs may have begun before the last change.
    while (running !== null) await running;
    running = attempt().finally(() => {
      running = null;
    });
    await running;
  };
  const isSaved = () => ports.current() === saved && state.kind !== 'conflict';

  return {
    changed() {
      if (state.kind === 'conflict') return;
      if (ports.current() === saved && running === null) {
        cancelTimer?.();
        cancelTimer = null;
        if (state.kind !== 'saved') become({ kind: 'saved' });
        return;
      }
      if (state.kind === 'saving') return;
      if (state.kind !== 'unreachable') become({ kind: 'unsaved' });
      after(SAVE_PAUSE_MS);
    },
    async flush() {
      if (state.kind === 'conflict') return false;
      if (!isSaved() || running !== null) await run();
      // What changed while that ran.
      if (!isSaved() && state.kind === 'unsaved') await run();
      return isSaved();
    },
    async overwrite(theirs) {
      etag = theirs;
      become({ kind: 'unsaved' });
      await run();
      return isSaved();
    },
    adopt(theirs) {
      etag = theirs;
      saved = ports.current();
      cancelTimer?.();
      cancelTimer = null;
      become({ kind: 'saved' });
    },
    stop() {
      stopped = true;
      cancelTimer?.();
    },
  };
}
