import type { Proposal } from '@agentflow/contracts';
import { refinementObject } from '../../../durable-objects/refinement/client.ts';
import { db } from '../../db/client.ts';
import type { RequestContext } from '../../platform/context.ts';
import { ApiError } from '../../platform/errors.ts';
import { describeError } from '../../platform/telemetry.ts';
import { auditOrigin, auditRow } from '../audit/index.ts';
import { outgoingEvent, tellingDesks } from '../events/index.ts';
import { decidableProposal } from './access.ts';
import { getProposal } from './proposals.ts';
import { changeProposal, isDecided, type ListedProposal } from './queries.ts';

/** Throws `proposal_decided`, and `conflict` for one that is still being made. */
export function requireWaiting({ status }: Pick<ListedProposal, 'status'>): void {
  if (status === 'ready') return;
  if (status === 'generating') throw new ApiError('conflict', 'The proposal is still being made.');
  throw new ApiError('proposal_decided', `The proposal is ${status} already.`);
}

/**
 * Discards a proposal; the run of one that is still being made ends with it. Throws `not_found`, `forbidden` and
 * `proposal_decided`.
 */
export async function rejectProposal(ctx: RequestContext, id: string, comment: string): Promise<Proposal> {
  const row = await decidableProposal(ctx, id);
  if (row.status !== 'generating') requireWaiting(row);
  const { organizationId } = ctx;
  const database = db(ctx.env, organizationId);
  const now = ctx.now();
  const entry = {
    action: 'proposal.rejected',
    resource_type: 'proposal',
    resource_id: id,
    details: { agent_id: row.agent_id, status: row.status },
  };
  const told = { proposal_id: id, agent_id: row.agent_id, agent_name: row.agent_name };
  try {
    await tellingDesks(ctx, [organizationId], () =>
      database.batch([
        changeProposal(database, organizationId, id, ['ready', 'generating'], {
          status: 'rejected',
          decided_at: now,
          decided_by: JSON.stringify(ctx.actor),
          decision: JSON.stringify({ hash: '', paths: null, hunks: null, comment, draft_version: null }),
        }),
        auditRow(database, organizationId, auditOrigin(ctx), entry, now),
        outgoingEvent(database, organizationId, 'proposal.rejected', told, now),
      ]),
    );
  } catch (error) {
    if (!isDecided(error)) throw error;
    throw new ApiError('proposal_decided', 'Somebody else has decided this proposal.');
  }
  tellThread(ctx, row, 'rejected');
  return getProposal(ctx, id);
}

/** The thread erases what the run left. It looks by itself once a day, should this be lost. */
export function tellThread(ctx: RequestContext, { thread_id }: ListedProposal, status: string): void {
  const object = refinementObject(ctx.env.REFINEMENT, thread_id);
  ctx.waitUntil(
    object.decided(ctx.organizationId, status).catch((error: unknown) => {
      ctx.log.log('warn', 'refinement.not_told', { thread_id, ...describeError(error) });
    }),
  );
}
