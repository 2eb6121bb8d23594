import type { JsonValue } from '@agentflow/contracts';

/** The largest value that a step may give; larger ones fail the step with `output_too_large`. */
export const MAX_OUTPUT_CHARACTERS = 1024 * 1024;
/** What is kept of a larger resolved config for the step page: the step itself runs on the whole. */
const MAX_INPUT_CHARACTERS = 256 * 1024;
/** SQLite rows are capped at 2 MB (of UTF-8); two values stand in one row, three bytes a character at worst. */
export const INLINE_CHARACTERS = 256 * 1024;
const CHUNK_CHARACTERS = 512 * 1024;

/**
 * Large values of an execution, in chunks that fit SQLite's row limit. Names: `definition`, `input`, `output`,
 * `step:<key>`.
 */
export class ValueStore {
  constructor(private readonly sql: SqlStorage) {}

  put(name: string, text: string): void {
    for (let part = 0; part * CHUNK_CHARACTERS < text.length; part++) {
      const chunk = text.slice(part * CHUNK_CHARACTERS, (part + 1) * CHUNK_CHARACTERS);
      this.sql.exec('INSERT OR REPLACE INTO large_values (name, part, text) VALUES (?, ?, ?)', name, part, chunk);
    }
  }

  get(name: string): string | null {
    const rows = this.sql.exec<{ text: string }>('SELECT text FROM large_values WHERE name = ? ORDER BY part', name);
    let text: string | null = null;
    for (const row of rows) text = (text ?? '') + row.text;
    return text;
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
