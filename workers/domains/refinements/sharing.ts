import type { CommentRequest, ProposalAccess, ProposalAccessRequest, ProposalComment } from '@agentflow/contracts';
import { refinementObject } from '../../../durable-objects/refinement/client.ts';
import { db } from '../../db/client.ts';
import type { RequestContext } from '../../platform/context.ts';
import { invalid } from '../../platform/errors.ts';
import { newId } from '../../platform/ids.ts';
import { membersAmong } from '../accounts/index.ts';
import { auditOrigin, auditRow } from '../audit/index.ts';
import { requireOwn, visibleProposal } from './access.ts';
import { presentComment } from './present.ts';
import { insertComment, type ListedProposal, selectAccess, selectComments, setAccess } from './queries.ts';

/** The oldest first. Throws `not_found`. */
export async function listComments(ctx: RequestContext, id: string): Promise<ProposalComment[]> {
  await visibleProposal(ctx, id);
  const rows = await selectComments(db(ctx.env, ctx.organizationId), ctx.organizationId, id);
  return rows.map(presentComment);
}

/** Throws `not_found`. Whoever sees a proposal may say something about it. */
export async function addComment(ctx: RequestContext, id: string, request: CommentRequest): Promise<ProposalComment> {
  await visibleProposal(ctx, id);
  const { organizationId } = ctx;
  const database = db(ctx.env, organizationId);
  const now = ctx.now();
  const row = {
    id: newId('proposalComment', now),
    organization_id: organizationId,
    proposal_id: id,
    path: request.path ?? null,
    line: request.line ?? null,
    text: request.text,
    created_at: now,
    created_by: JSON.stringify(ctx.actor),
    author_id: ctx.actor.id,
  };
  const entry = {
    action: 'proposal.commented',
    resource_type: 'proposal',
    resource_id: id,
    details: { comment_id: row.id },
  };
  await database.batch([
    insertComment(database, row),
    auditRow(database, organizationId, auditOrigin(ctx), entry, now),
  ]);
  return presentComment(row);
}

/** Throws `not_found`. */
export async function getAccess(ctx: RequestContext, id: string): Promise<ProposalAccess> {
  return accessOf(ctx, await visibleProposal(ctx, id));
}

async function accessOf(ctx: RequestContext, { id, access }: Pick<ListedProposal, 'id' | 'access'>) {
  const people = await selectAccess(db(ctx.env, ctx.organizationId), ctx.organizationId, id);
  return { access, people } as ProposalAccess;
}

/**
 * Says who may see or decide a proposal; who watches its thread comes again and is checked. Throws `not_found`, `forbidden`
 * for all but its author, owners and admins, and `validation_failed` for somebody who is no member.
 */
export async function putAccess(
  ctx: RequestContext,
  id: string,
  { access, people }: ProposalAccessRequest,
): Promise<ProposalAccess> {
  const row = await visibleProposal(ctx, id);
  requireOwn(ctx, row);
  const { organizationId } = ctx;
  const database = db(ctx.env, organizationId);
  const members = await membersAmong(
    database,
    organizationId,
    people.map(({ user_id }) => user_id),
  );
  const problems = people.flatMap(({ user_id }, index) => {
    if (!members.has(user_id)) return [{ path: `people.${index}.user_id`, message: 'is no member' }];
    const twice = people.findIndex((each) => each.user_id === user_id) < index;
    return twice ? [{ path: `people.${index}.user_id`, message: 'is named twice' }] : [];
  });
  if (problems.length > 0) throw invalid(problems);
  const entry = {
    action: 'proposal.access_changed',
    resource_type: 'proposal',
    resource_id: id,
    details: { access_before: row.access, access, people: people.map((each) => ({ ...each })) },
  };
  await database.batch([
    ...setAccess(database, organizationId, id, access, people),
    auditRow(database, organizationId, auditOrigin(ctx), entry, ctx.now()),
  ]);
  await refinementObject(ctx.env.REFINEMENT, row.thread_id).renewWatchers(organizationId);
  return accessOf(ctx, { id, access });
}
