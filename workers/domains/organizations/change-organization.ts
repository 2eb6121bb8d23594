import type { UpdateOrganizationRequest } from '@agentflow/contracts';
import { db } from '../../db/client.ts';
import type { RequestContext } from '../../platform/context.ts';
import { ApiError, notFound } from '../../platform/errors.ts';
import { isUnconditional, requireMatch } from '../../platform/etags.ts';
import { auditOrigin, auditRow } from '../audit/index.ts';
import { findOrganization, isGuarded, type OrganizationRow, updateOrganization } from './queries.ts';

/** Throws `not_found`. */
export async function getOrganization(ctx: RequestContext): Promise<OrganizationRow> {
  const row = await findOrganization(db(ctx.env, ctx.organizationId), ctx.organizationId);
  if (row === undefined) throw notFound('organization', ctx.organizationId);
  return row;
}

/**
 * Renames the organization; its slug stays, since addresses hold it. Returns the row after the change. Throws
 * `precondition_failed` where `ifMatch` is not the organization's current ETag, also when another writer was faster
 * between the check and the write.
 */
export async function changeOrganization(
  ctx: RequestContext,
  request: UpdateOrganizationRequest,
  ifMatch: string | undefined,
): Promise<OrganizationRow> {
  const { organizationId } = ctx;
  const database = db(ctx.env, organizationId);
  const row = await getOrganization(ctx);
  requireMatch(ifMatch, row.updated_at, 'The organization');
  const now = ctx.now();
  const entry = {
    action: 'organization.updated',
    resource_type: 'organization',
    resource_id: organizationId,
    details: { name: request.name, previous_name: row.name },
  };
  try {
    const [updated] = await database.batch([
      updateOrganization(
        database,
        organizationId,
        { name: request.name },
        { now, expected: isUnconditional(ifMatch) ? null : row.updated_at },
      ),
      auditRow(database, organizationId, auditOrigin(ctx), entry, now),
    ]);
    const after = updated[0];
    if (after === undefined) throw notFound('organization', organizationId);
    return after;
  } catch (error) {
    if (!isGuarded(error)) throw error;
    throw new ApiError('precondition_failed', 'The organization has changed since it was read.');
  }
}
