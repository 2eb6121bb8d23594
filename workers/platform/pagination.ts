import { ApiError } from './errors.ts';

/**
 * Lists are newest first by id: ids are time-ordered, so the id of a page's last row is the cursor, in base64url so that
 * callers treat it as opaque.
 */
export function encodeCursor(id: string): string {
  return btoa(id).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

const ID = /^[a-z]{3}_[0-9a-z]{26}$/;

/** `shape` is what the list's places look like, where they are no ids. Throws `validation_failed`. */
export function decodeCursor(cursor: string | undefined, shape: RegExp = ID): string | undefined {
  if (cursor === undefined) return undefined;
  try {
    const place = atob(cursor.replaceAll('-', '+').replaceAll('_', '/'));
    if (shape.test(place)) return place;
  } catch {
    // Not base64: refused below like any other cursor that we did not make.
  }
  throw new ApiError('validation_failed', 'The cursor is not one that this list gave.', {
    errors: [{ path: 'cursor', message: 'is not a cursor of this list' }],
  });
}

/** Turns `limit + 1` rows into a page: the extra row only tells that there is a next one. */
export function pageOf<Row extends { id: string }>(
  rows: Row[],
  limit: number,
): { data: Row[]; next_cursor: string | null } {
  return pageBy((row) => row.id, rows, limit);
}

/** The same for a list that is ordered by something else than its ids. */
export function pageBy<Row>(
  placeOf: (row: Row) => string,
  rows: Row[],
  limit: number,
): { data: Row[]; next_cursor: string | null } {
  const data = rows.slice(0, limit);
  const last = data.at(-1);
  return { data, next_cursor: rows.length > limit && last !== undefined ? encodeCursor(placeOf(last)) : null };
}
