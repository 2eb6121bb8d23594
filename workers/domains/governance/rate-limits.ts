import {
  type JsonValue,
  type OrganizationRateLimits,
  plan,
  type SetOrganizationRateLimitsRequest,
} from '@agentflow/contracts';
import {
  organizationDesk,
  type RateLimitsProjection,
  type StoredRateLimits,
} from '../../../durable-objects/organization/client.ts';
import { type Database, db } from '../../db/client.ts';
import type { RequestContext } from '../../platform/context.ts';
import { ApiError, notFound } from '../../platform/errors.ts';
import { etagOf, isUnconditional, requireMatch } from '../../platform/etags.ts';
import { auditOrigin, auditRow } from '../audit/index.ts';
import { findOrganization, planLimits } from '../organizations/index.ts';

/** As the desk has them, which is the authority. */
export function getRateLimits(ctx: RequestContext): Promise<StoredRateLimits> {
  return organizationDesk(ctx.env.ORGANIZATION, ctx.organizationId).rateLimits();
}

/** Replaces all of them. Throws `precondition_failed` where `ifMatch` is not their current ETag. */
export async function setRateLimits(
  ctx: RequestContext,
  limits: SetOrganizationRateLimitsRequest,
  ifMatch: string | undefined,
): Promise<StoredRateLimits> {
  const { organizationId } = ctx;
  const desk = organizationDesk(ctx.env.ORGANIZATION, organizationId);
  let expected: number | null = null;
  if (!isUnconditional(ifMatch)) {
    const { revision } = await desk.rateLimits();
    requireMatch(ifMatch, revision, 'The rate limits');
    expected = revision;
  }
  const { ok, current } = await desk.setRateLimits(organizationId, { limits, expected }, auditOrigin(ctx));
  if (!ok) {
    throw new ApiError('precondition_failed', 'The rate limits have changed since they were read.', {
      headers: { ETag: etagOf(current.revision) },
    });
  }
  return current;
}

/** With what the plan limits besides. */
export async function presentRateLimits(
  ctx: RequestContext,
  { limits }: StoredRateLimits,
): Promise<OrganizationRateLimits> {
  const organization = await findOrganization(db(ctx.env, ctx.organizationId), ctx.organizationId);
  if (organization === undefined) throw notFound('organization', ctx.organizationId);
  const name = plan.parse(organization.plan);
  const { starts_per_hour, user_starts_per_hour, user_starts_per_minute } = planLimits(name);
  return {
    ...limits,
    plan: {
      name,
      keys_per_hour: starts_per_hour,
      person_per_hour: user_starts_per_hour,
      starts_per_user_per_minute: user_starts_per_minute,
    },
  };
}

/** The audit row of a change; the desk is where the limits stand. Retelling changes nothing. */
export async function projectRateLimits(
  database: Database,
  { organization_id, rate_limits, audit }: RateLimitsProjection,
): Promise<void> {
  const details: Record<string, JsonValue> = JSON.parse(JSON.stringify(rate_limits.limits));
  const entry = {
    id: audit.id,
    action: audit.action,
    resource_type: 'organization',
    resource_id: organization_id,
    details,
  };
  await auditRow(database, organization_id, audit.origin, entry, audit.at);
}
