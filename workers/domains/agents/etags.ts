import { ApiError } from '../../platform/errors.ts';

/** A strong validator (RFC 9110 §8.8.3): the revision of the row that the representation was made from. */
export function etagOf(revision: number): string {
  return `"${revision}"`;
}

/**
 * Throws `precondition_failed` where `If-Match` names none of the current revision (RFC 9110 §13.1.1: strong comparison,
 * so a weak tag never matches). Absent and `*` match every object that exists.
 */
export function requireMatch(ifMatch: string | undefined, revision: number, what: string): void {
  if (ifMatch === undefined || ifMatch.trim() === '*') return;
  const current = etagOf(revision);
  if (ifMatch.split(',').some((tag) => tag.trim() === current)) return;
  throw new ApiError('precondition_failed', `${what} has changed since it was read: it is now at ${current}.`, {
    headers: { ETag: current },
  });
}
