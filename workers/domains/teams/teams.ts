import type { TeamRequest } from '@agentflow/contracts';
import { and, type SQL } from 'drizzle-orm';
import { db } from '../../db/client.ts';
import { uniqueViolation } from '../../db/unique-violation.ts';
import type { RequestContext } from '../../platform/context.ts';
import { ApiError, notFound } from '../../platform/errors.ts';
import { newId } from '../../platform/ids.ts';
import { findMemberRow, isMember } from '../accounts/index.ts';
import { auditOrigin, auditRow } from '../audit/index.ts';
import { guard, isGuarded } from '../organizations/index.ts';
import {
  deleteTeamMember,
  deleteTeamMembers,
  deleteTeamRow,
  fewerTeamsThan,
  findTeam,
  insertTeam,
  insertTeamMember,
  inTeam,
  isInTeam,
  notInTeam,
  type TeamRow,
  teamExists,
  updateTeam,
} from './queries.ts';

const MOST_TEAMS = 200;
/** In every round a competing writer has gone through. */
const ROUNDS = 5;

/** What two names of one organization may not share: letter case, width and compatibility forms apart. */
function nameKey(name: string): string {
  return name.normalize('NFKC').toLowerCase();
}

function refuseTakenName(error: unknown, name: string): never {
  if (uniqueViolation(error) !== 'teams.organization_id') throw error;
  throw new ApiError('name_taken', `There is a team called ${name} already.`);
}

/** Throws `not_found`. */
export async function getTeam(ctx: RequestContext, teamId: string): Promise<TeamRow> {
  const row = await findTeam(db(ctx.env, ctx.organizationId), ctx.organizationId, teamId);
  if (row === undefined) throw notFound('team', teamId);
  return row;
}

/** Throws `name_taken`, and `limit_reached` at 200 teams. */
export async function createTeam(ctx: RequestContext, { name, description }: TeamRequest): Promise<TeamRow> {
  const { organizationId } = ctx;
  const database = db(ctx.env, organizationId);
  const now = ctx.now();
  const row = { id: newId('team', now), name, description, created_at: now };
  const entry = { action: 'team.created', resource_type: 'team', resource_id: row.id, details: { name } };
  try {
    await database.batch([
      guard(database, organizationId, fewerTeamsThan(organizationId, MOST_TEAMS)),
      insertTeam(database, { ...row, organization_id: organizationId, name_key: nameKey(name), updated_at: now }),
      auditRow(database, organizationId, auditOrigin(ctx), entry, now),
    ]);
  } catch (error) {
    if (isGuarded(error)) throw new ApiError('limit_reached', `An organization has at most ${MOST_TEAMS} teams.`);
    refuseTakenName(error, name);
  }
  return { ...row, member_count: 0 };
}

/** Throws `not_found` and `name_taken`. */
export async function changeTeam(ctx: RequestContext, teamId: string, request: TeamRequest): Promise<TeamRow> {
  const { organizationId } = ctx;
  const { name, description } = request;
  const database = db(ctx.env, organizationId);
  const before = await getTeam(ctx, teamId);
  const now = ctx.now();
  const entry = {
    action: 'team.updated',
    resource_type: 'team',
    resource_id: teamId,
    details: { name, previous_name: before.name },
  };
  try {
    await database.batch([
      guard(database, organizationId, teamExists(organizationId, teamId)),
      updateTeam(database, organizationId, teamId, { name, name_key: nameKey(name), description, updated_at: now }),
      auditRow(database, organizationId, auditOrigin(ctx), entry, now),
    ]);
  } catch (error) {
    if (isGuarded(error)) throw notFound('team', teamId);
    refuseTakenName(error, name);
  }
  return { ...before, name, description };
}

/** Throws `not_found`. */
export async function deleteTeam(ctx: RequestContext, teamId: string): Promise<void> {
  const { organizationId } = ctx;
  const database = db(ctx.env, organizationId);
  const { name } = await getTeam(ctx, teamId);
  const now = ctx.now();
  const entry = { action: 'team.deleted', resource_type: 'team', resource_id: teamId, details: { name } };
  try {
    await database.batch([
      guard(database, organizationId, teamExists(organizationId, teamId)),
      deleteTeamMembers(database, organizationId, teamId),
      deleteTeamRow(database, organizationId, teamId),
      auditRow(database, organizationId, auditOrigin(ctx), entry, now),
    ]);
  } catch (error) {
    if (isGuarded(error)) throw notFound('team', teamId);
    throw error;
  }
}

/** Puts a member of the organization into the team, or takes them out; what is so already is left as it is. Throws `not_found`. */
export async function setTeamMember(
  ctx: RequestContext,
  teamId: string,
  userId: string,
  belongs: boolean,
): Promise<void> {
  const { organizationId } = ctx;
  const database = db(ctx.env, organizationId);
  for (let round = 0; round < ROUNDS; round++) {
    const [{ name }, present, member] = await Promise.all([
      getTeam(ctx, teamId),
      isInTeam(database, organizationId, teamId, userId),
      findMemberRow(database, organizationId, userId),
    ]);
    if (member === undefined) throw notFound('member', userId);
    if (present === belongs) return;
    const now = ctx.now();
    const conditions = and(
      teamExists(organizationId, teamId),
      isMember(organizationId, userId),
      belongs ? notInTeam(organizationId, teamId, userId) : inTeam(organizationId, teamId, userId),
    ) as SQL;
    const entry = {
      action: belongs ? 'team.member_added' : 'team.member_removed',
      resource_type: 'team',
      resource_id: teamId,
      details: { name, user_id: userId },
    };
    const row = { team_id: teamId, user_id: userId, organization_id: organizationId, created_at: now };
    try {
      await database.batch([
        guard(database, organizationId, conditions),
        belongs ? insertTeamMember(database, row) : deleteTeamMember(database, organizationId, teamId, userId),
        auditRow(database, organizationId, auditOrigin(ctx), entry, now),
      ]);
      return;
    } catch (error) {
      if (!isGuarded(error)) throw error;
    }
  }
  throw new ApiError('conflict', 'Others are changing the team at the same time. Try again.');
}
