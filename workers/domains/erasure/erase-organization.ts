import type { EraseRequest, OrganizationErasure } from '@agentflow/contracts';
import { organizationDesk } from '../../../durable-objects/organization/client.ts';
import { db } from '../../db/client.ts';
import { requireAccess } from '../../platform/auth.ts';
import type { RequestContext } from '../../platform/context.ts';
import { notFound, unauthenticated } from '../../platform/errors.ts';
import { describeError } from '../../platform/telemetry.ts';
import { forgetMemberships, requireUser } from '../accounts/index.ts';
import { findOrganization, guard, isGuarded } from '../organizations/index.ts';
import { requireConfirmation, requirePerson, wrongPassword } from './confirm.ts';
import { closeOrganizations, countOrganization, isOrganizationErased, mayErase, memberRole } from './queries.ts';

/** What would go. Executions that run are counted by the desk: lists learn of them a moment later. */
export async function previewOrganization(ctx: RequestContext): Promise<OrganizationErasure> {
  const { env, organizationId } = ctx;
  requireUser(ctx);
  const [counts, usage] = await Promise.all([
    countOrganization(db(env, organizationId), organizationId, ctx.now()),
    organizationDesk(env.ORGANIZATION, organizationId).usage(),
  ]);
  if (counts === undefined) throw notFound('organization', organizationId);
  const { env_vars, provider_keys, ...rest } = counts;
  const running = usage.live_executions;
  return {
    ...rest,
    secrets: env_vars + provider_keys,
    executions: Math.max(rest.executions, running),
    running_executions: running,
  };
}

/**
 * Erases the organization: for everybody from the moment of the answer, out of every storage soon after, by its desk. The
 * desk is told before D1 is written, so that it goes on by itself should this request die in between. Throws
 * `validation_failed` for a wrong slug, `invalid_credentials`, and `forbidden` for who may not (any more).
 */
export async function eraseOrganization(ctx: RequestContext, request: EraseRequest): Promise<void> {
  const { env, organizationId } = ctx;
  const { principal, user } = await requirePerson(ctx);
  const database = db(env, organizationId);
  const organization = await findOrganization(database, organizationId);
  if (organization === undefined) throw notFound('organization', organizationId);
  await requireConfirmation(ctx, user, request, { wanted: organization.slug, given: request.confirm });

  const desk = organizationDesk(env.ORGANIZATION, organizationId);
  await desk.expectErasure(organizationId, { kind: 'organization', subject: organizationId, email: null });
  try {
    await database.batch([
      guard(database, organizationId, mayErase(organizationId, user.id, user.password_hash)),
      ...closeOrganizations(database, [organizationId], ctx.now()),
    ]);
  } catch (error) {
    if (!isGuarded(error)) throw error;
    // Two at once want the same: what this one asked for holds.
    if (await isOrganizationErased(env, organizationId)) return;
    const role = await memberRole(database, organizationId, user.id);
    if (role === null) throw unauthenticated();
    requireAccess({ ...principal, role }, 'org:erase');
    throw wrongPassword();
  }
  forgetMemberships({ organization_id: organizationId });
  ctx.log.log('info', 'organization.erasure_begun', { organization_id: organizationId });
  await beginErasure(ctx, organizationId, organizationId);
}

/** Tells a desk that D1 has the erasure. One that does not answer finds it there by itself. */
export async function beginErasure(ctx: RequestContext, organizationId: string, subject: string): Promise<void> {
  try {
    await organizationDesk(ctx.env.ORGANIZATION, organizationId).beginErasure(subject);
  } catch (error) {
    ctx.log.log('warn', 'erasure.desk_not_told', { subject, ...describeError(error) });
  }
}
