import type { JsonValue } from '@agentflow/contracts';
import type { LazyTables } from './schema.ts';

/** The largest value that a step may give; larger ones fail the step with `output_too_large`. */
export const MAX_OUTPUT_CHARACTERS = 1024 * 1024;
/** What is kept of a larger resolved config for the step page: the step itself runs on the whole. */
const MAX_INPUT_CHARACTERS = 256 * 1024;
/** What a row keeps of a value itself, in bytes of UTF-8; what is larger stands beside it and moves to R2. */
const INLINE_BYTES = 96 * 1024;
const CHUNK_CHARACTERS = 512 * 1024;
/** Never moved: a plan is made of it when the object wakes. */
const DEFINITION = 'definition';

const encoder = new TextEncoder();

/** In a row's column: the value is large and has its own rows. Not JSON, so no stored value can be mistaken for it. */
export const LARGE = '→large_values';

function isInline(text: string): boolean {
  // A character has three bytes at most: most values need no count.
  if (text.length * 3 <= INLINE_BYTES) return true;
  return text.length <= INLINE_BYTES && encoder.encode(text).length <= INLINE_BYTES;
}

/**
 * Large values of an execution by name: `definition`, `input`, `output`, `step:<key>`, `items:<key>`, `given:<key>`,
 * `file:<seq>` and the like. Each is
 * first written in chunks, in the transaction that makes it, so that a step's end waits for nothing but its own storage;
 * when nothing that runs reads it any more it moves to R2, and `remote_values` has its name instead.
 */
export class ValueStore {
  /** Names of those that this instance wrote. */
  private readonly written = new Set<string>();

  constructor(
    private readonly sql: SqlStorage,
    private readonly tables: LazyTables,
  ) {}

  /** What a column keeps: a short text itself, and for a long one the marker. */
  inline(name: string, text: string): string {
    if (isInline(text)) return text;
    this.tables.ensure('large_values');
    this.put(name, text);
    this.written.add(name);
    return LARGE;
  }

  /** The text of a column that what runs reads, so that it must not have moved. */
  here(name: string, column: string): string {
    if (column !== LARGE) return column;
    const text = this.get(name);
    if (text === null) throw new Error(`the value ${name} is not in the object any more`);
    return text;
  }

  /** Whether there may be large values, here or in R2. */
  any(): boolean {
    return this.tables.has('large_values');
  }

  /** Whether this value was large, as far as this instance knows; asked once. */
  take(name: string): boolean {
    return this.written.delete(name);
  }

  characters(name: string): number {
    return (this.hasMoved(name) ? this.movedCharacters(name) : this.get(name)?.length) ?? 0;
  }

  hasMoved(name: string): boolean {
    return this.tables.has('remote_values') && this.movedCharacters(name) !== null;
  }

  private put(name: string, text: string): void {
    for (let part = 0; part * CHUNK_CHARACTERS < text.length; part++) {
      const chunk = text.slice(part * CHUNK_CHARACTERS, (part + 1) * CHUNK_CHARACTERS);
      this.sql.exec('INSERT OR REPLACE INTO large_values (name, part, text) VALUES (?, ?, ?)', name, part, chunk);
    }
  }

  /** null for one that is not here, which may have moved. */
  get(name: string): string | null {
    const rows = this.sql.exec<{ text: string }>('SELECT text FROM large_values WHERE name = ? ORDER BY part', name);
    let text: string | null = null;
    for (const row of rows) text = (text ?? '') + row.text;
    return text;
  }

  /** Of these, or of all, names of values that are here and may move. */
  movable(names: readonly string[] | null): string[] {
    if (!this.any()) return [];
    return this.sql
      .exec<{ name: string }>(
        `SELECT DISTINCT name FROM large_values WHERE name <> ?1
          AND (?2 IS NULL OR name IN (SELECT value FROM json_each(?2))) ORDER BY name`,
        DEFINITION,
        names === null ? null : JSON.stringify(names),
      )
      .toArray()
      .map(({ name }) => name);
  }

  /** R2 has it. In a transaction. */
  moved(name: string, characters: number): void {
    this.tables.ensure('remote_values');
    this.sql.exec('INSERT OR REPLACE INTO remote_values (name, characters) VALUES (?, ?)', name, characters);
    this.sql.exec('DELETE FROM large_values WHERE name = ?', name);
  }

  /** Length of one that has moved; null for any other. */
  private movedCharacters(name: string): number | null {
    const [row] = this.sql
      .exec<{ characters: number }>('SELECT characters FROM remote_values WHERE name = ?', name)
      .toArray();
    return row?.characters ?? null;
  }
}

/** The resolved config as the step page shows it: cut with a clear marker when it is large. */
export function shownInput(input: JsonValue): string {
  const text = JSON.stringify(input);
  if (text.length <= MAX_INPUT_CHARACTERS) return text;
  return JSON.stringify({
    truncated: true,
    characters: text.length,
    beginning: text.slice(0, 16 * 1024),
  });
}
