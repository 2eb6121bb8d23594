import type { EraseRequest, PersonErasure } from '@agentflow/contracts';
import { organizationDesk } from '../../../durable-objects/organization/client.ts';
import { globalDb } from '../../db/client.ts';
import type { RequestContext } from '../../platform/context.ts';
import { ApiError, unauthenticated } from '../../platform/errors.ts';
import { findUser, forgetMemberships, normalizeEmail, type UserRow } from '../accounts/index.ts';
import { auditOrigin, auditRow } from '../audit/index.ts';
import { outgoingEvent, tellingDesks } from '../events/index.ts';
import { isGuarded } from '../organizations/index.ts';
import { requireConfirmation, requirePerson, wrongPassword } from './confirm.ts';
import { beginErasure } from './erase-organization.ts';
import {
  countPerson,
  deletePerson,
  guardPlan,
  isPlanOutdated,
  membershipsOf,
  organizationsNaming,
  type PersonPlan,
} from './person-queries.ts';
import { closeOrganizations } from './queries.ts';

/** In every round at least one of the competing writers gets through. */
const ROUNDS = 12;
/** Desks that are told at once. */
const DESKS_AT_ONCE = 20;

type Membership = Awaited<ReturnType<typeof membershipsOf>>[number];
type Effect = PersonErasure['organizations'][number]['effect'];

function effectOf({ role, others, other_owners }: Membership): Effect {
  if (others === 0) return 'erased';
  return role === 'owner' && other_owners === 0 ? 'blocked' : 'left';
}

/** What would become of the person's organizations, and what would go. */
export async function previewPerson(ctx: RequestContext): Promise<PersonErasure> {
  const { user } = await requirePerson(ctx);
  const database = globalDb(ctx.env);
  const rows = await membershipsOf(database, user.id);
  const organizations = rows.map((row) => ({ id: row.id, name: row.name, effect: effectOf(row) }));
  const erased = organizations.filter(({ effect }) => effect === 'erased').map(({ id }) => id);
  const counts = await countPerson(database, user.id, erased, ctx.now());
  if (counts === undefined) throw unauthenticated();
  return { confirm: user.email, ...counts, organizations };
}

/**
 * Erases the person and the organizations that have no other member. The account is gone when this answers; desks take
 * the name out of what the person did, and erase those organizations, soon after. Throws `validation_failed` for a
 * wrong address, `invalid_credentials`, and `last_owner` with nothing done.
 */
export async function erasePerson(ctx: RequestContext, request: EraseRequest): Promise<void> {
  const { user: asked } = await requirePerson(ctx);
  const given = normalizeEmail(request.confirm);
  await requireConfirmation(ctx, asked, request, { wanted: asked.email, given });
  const database = globalDb(ctx.env);
  for (let round = 0; round < ROUNDS; round++) {
    const user = await findUser(database, asked.id);
    if (user === undefined) return;
    if (user.password_hash !== asked.password_hash) throw wrongPassword();
    const plan = planOf(user, await membershipsOf(database, user.id));
    const naming = await organizationsNaming(database, user.id, user.email);
    const going = naming.filter((id) => !plan.erased.includes(id));
    await tellDesks(plan.erased, (id) => expectErasure(ctx, id, 'organization', id, null));
    await tellDesks(going, (id) => expectErasure(ctx, id, 'person', user.id, user.email));
    if (!(await erase(ctx, user, plan))) continue;

    forgetMemberships({ user_id: user.id });
    ctx.log.log('info', 'person.erasure_begun', { user_id: user.id, organizations_erased: plan.erased.length });
    await tellDesks(plan.erased, (id) => beginErasure(ctx, id, id));
    await tellDesks(going, (id) => beginErasure(ctx, id, user.id));
    return;
  }
  throw new ApiError('conflict', 'Others are changing the members at the same time. Try again.');
}

/** Throws `last_owner`, naming the organizations. */
function planOf(user: UserRow, rows: readonly Membership[]): PersonPlan {
  const of = (effect: Effect) => rows.filter((row) => effectOf(row) === effect);
  const blocked = of('blocked').map(({ name }) => name);
  if (blocked.length > 0) {
    throw new ApiError('last_owner', `Make somebody else an owner first, of: ${blocked.join(', ')}.`);
  }
  return {
    user_id: user.id,
    password_hash: user.password_hash,
    left: of('left').map(({ id }) => id),
    erased: of('erased').map(({ id }) => id),
  };
}

/** The one batch; false when the memberships or the password are no longer those of the plan. */
async function erase(ctx: RequestContext, user: UserRow, plan: PersonPlan): Promise<boolean> {
  const database = globalDb(ctx.env);
  const now = ctx.now();
  const origin = { ...auditOrigin(ctx), ip: '', user_agent: '' };
  const entry = { action: 'member.erased', resource_type: 'member', resource_id: user.id };
  const told = { user_id: user.id, email: null, removed_by: user.id };
  try {
    await tellingDesks(ctx, plan.left, () =>
      database.batch([
        ...guardPlan(database, plan),
        ...plan.left.map((id) => auditRow(database, id, origin, entry, now)),
        ...plan.left.map((id) => outgoingEvent(database, id, 'member.removed', told, now)),
        ...closeOrganizations(database, plan.erased, now),
        ...deletePerson(database, user.id, user.email),
      ]),
    );
    return true;
  } catch (error) {
    if (isPlanOutdated(error) || isGuarded(error)) return false;
    throw error;
  }
}

function expectErasure(
  ctx: RequestContext,
  organizationId: string,
  kind: 'organization' | 'person',
  subject: string,
  email: string | null,
): Promise<void> {
  return organizationDesk(ctx.env.ORGANIZATION, organizationId).expectErasure(organizationId, {
    kind,
    subject,
    email,
  });
}

async function tellDesks(organizationIds: readonly string[], tell: (id: string) => Promise<void>): Promise<void> {
  for (let from = 0; from < organizationIds.length; from += DESKS_AT_ONCE) {
    await Promise.all(organizationIds.slice(from, from + DESKS_AT_ONCE).map(tell));
  }
}
