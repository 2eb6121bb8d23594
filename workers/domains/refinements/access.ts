import { db } from '../../db/client.ts';
import { isAllowed } from '../../platform/auth.ts';
import type { Principal, RequestContext } from '../../platform/context.ts';
import { ApiError, notFound } from '../../platform/errors.ts';
import { type ListedProposal, selectByThread, selectProposal, type Viewer } from './queries.ts';

type Looking = Pick<RequestContext, 'env' | 'organizationId' | 'principal' | 'actor'>;

/** Owners and admins see and decide every proposal. */
function seesAll(principal: Principal): boolean {
  return principal.kind === 'user' && (principal.role === 'owner' || principal.role === 'admin');
}

/** Whose eyes a list is for. */
export function viewerOf({ principal, actor }: Pick<RequestContext, 'principal' | 'actor'>): Viewer {
  return seesAll(principal) ? null : actor.id;
}

/**
 * Whether who sees a proposal may decide it: whoever may write agents, where it is the organization's or their own; of a
 * private one those whom its author named, and owners and admins.
 */
export function mayDecide(
  { principal, actor }: Pick<RequestContext, 'principal' | 'actor'>,
  { access, author_id, level }: Pick<ListedProposal, 'access' | 'author_id' | 'level'>,
): boolean {
  if (!isAllowed(principal, 'agents:write')) return false;
  return seesAll(principal) || author_id === actor.id || access === 'organization' || level === 'decide';
}

/** Throws `not_found` also for a proposal that the caller may not see. */
export async function visibleProposal(ctx: Looking, id: string): Promise<ListedProposal> {
  const [row] = await selectProposal(db(ctx.env, ctx.organizationId), ctx.organizationId, id, viewerOf(ctx));
  if (row === undefined) throw notFound('proposal', id);
  return row;
}

/** Throws `not_found` also for a thread whose proposal the caller may not see. */
export async function visibleThread(ctx: Looking, threadId: string): Promise<ListedProposal> {
  const [row] = await selectByThread(db(ctx.env, ctx.organizationId), ctx.organizationId, threadId, viewerOf(ctx));
  if (row === undefined) throw notFound('refinement', threadId);
  return row;
}

/** Throws `not_found`, and `forbidden` for who may see it alone. */
export async function decidableProposal(ctx: Looking, id: string): Promise<ListedProposal> {
  const row = await visibleProposal(ctx, id);
  if (!mayDecide(ctx, row)) throw new ApiError('forbidden', 'You may see this proposal, not decide it.');
  return row;
}

/** Throws `forbidden` for all but the author, owners and admins. */
export function requireOwn({ principal, actor }: Looking, { author_id }: ListedProposal): void {
  if (author_id === actor.id || seesAll(principal)) return;
  throw new ApiError('forbidden', 'Only its author, owners and admins may do this.');
}
