import { z } from 'zod';
import { ApiError } from './errors.ts';
import { refusal } from './router.ts';

/** Request headers of an operation that takes a precondition. */
export const ifMatch = z.object({
  'if-match': z.string().optional().meta({ description: 'ETag that the object must still have, else 412' }),
});

/** Header object of an answer that can be edited conditionally. */
export const etagHeader = { ETag: { description: 'Revision for `If-Match`', schema: { type: 'string' as const } } };

export const STALE = refusal('`If-Match` names another revision', 'precondition_failed');

/** A strong validator (RFC 9110 §8.8.3): the revision of the row that the representation was made from. */
export function etagOf(revision: number): string {
  return `"${revision}"`;
}

/** Whether a change may be made to the object whatever its revision is. */
export function isUnconditional(ifMatchHeader: string | undefined): boolean {
  return ifMatchHeader === undefined || ifMatchHeader.trim() === '*';
}

/**
 * Throws `precondition_failed` where `If-Match` names none of the current revision (RFC 9110 §13.1.1: strong comparison,
 * so a weak tag never matches). Absent and `*` match every object that exists.
 */
export function requireMatch(ifMatchHeader: string | undefined, revision: number, what: string): void {
  if (ifMatchHeader === undefined || isUnconditional(ifMatchHeader)) return;
  const current = etagOf(revision);
  if (ifMatchHeader.split(',').some((tag) => tag.trim() === current)) return;
  throw new ApiError('precondition_failed', `${what} has changed since it was read: it is now at ${current}.`, {
    headers: { ETag: current },
  });
}
