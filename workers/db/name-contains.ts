import { type SQL, type SQLWrapper, sql } from 'drizzle-orm';

/** Each letter folded takes two bound parameters, of which D1 takes 100 a statement. */
const FOLDED_LETTERS = 40;

/**
 * Case-insensitive containment. Not LIKE: D1 caps its patterns at 50 bytes, and `%` and `_` would need escapes. SQLite
 * folds ASCII only, so the other letters that the search holds are folded one by one.
 */
export function nameContains(column: SQLWrapper, search: string): SQL {
  const wanted = search.toLowerCase();
  let name = sql`lower(${column})`;
  let folded = 0;
  for (const letter of new Set(wanted)) {
    const capital = letter.toUpperCase();
    if (letter <= '\u007f' || capital === letter || folded === FOLDED_LETTERS) continue;
    name = sql`replace(${name}, ${capital}, ${letter})`;
    folded++;
  }
  return sql`instr(${name}, ${wanted}) > 0`;
}
