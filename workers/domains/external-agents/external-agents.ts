import {
  type BudgetState,
  type CreatedExternalAgent,
  type CreateExternalAgentRequest,
  type ExternalAgent,
  type ExternalAgentFilter,
  type ExternalAgentKey,
  type RotatedExternalKey,
  type RotateExternalKeyRequest,
  type Stop,
  type UpdateExternalAgentRequest,
  usdToMicrousd,
} from '@agentflow/contracts';
import {
  type BudgetStanding,
  type ExternalAgentRecord,
  organizationDesk,
  type StopRecord,
} from '../../../durable-objects/organization/client.ts';
import { db } from '../../db/client.ts';
import type { RequestContext } from '../../platform/context.ts';
import { ApiError, invalid, notFound } from '../../platform/errors.ts';
import { etagOf, isUnconditional, requireMatch } from '../../platform/etags.ts';
import { given } from '../../platform/given.ts';
import { newId } from '../../platform/ids.ts';
import { newExternalKey } from '../../platform/keys.ts';
import { pageOf } from '../../platform/pagination.ts';
import { existingAgents } from '../agents/index.ts';
import { auditOrigin } from '../audit/index.ts';
import { presentBudgets } from '../budgets/index.ts';
import { presentStop } from '../governance/index.ts';
import { isClientKey, presentKey, presentRecord, presentRow } from './present.ts';
import { selectExternalAgents, selectKeys, shownKeys } from './queries.ts';
import { sealWebhook } from './webhook-secrets.ts';

/** Keys that are shown of one external agent: rotation adds one at a time. */
const KEYS_SHOWN = 100;

const deskOf = (ctx: RequestContext) => organizationDesk(ctx.env.ORGANIZATION, ctx.organizationId);

/**
 * Registers an external agent with its first key, through the desk, which is the authority on both. The key in the answer
 * is not stored anywhere. Throws `validation_failed` for agents that are not there.
 */
export async function createExternalAgent(
  ctx: RequestContext,
  request: CreateExternalAgentRequest,
  keyName = request.name,
): Promise<CreatedExternalAgent> {
  const { env, organizationId } = ctx;
  const { webhook_config, key_expires_at, budget, ...fields } = request;
  const now = ctx.now();
  const expiresAt = key_expires_at === undefined ? null : Date.parse(key_expires_at);
  if (expiresAt !== null && expiresAt <= now) {
    throw invalid([{ path: 'key_expires_at', message: 'must be in the future' }]);
  }
  await requireAgents(ctx, fields.agents);
  const id = newId('externalAgent', now);
  const { key, prefix, key_hash } = await newExternalKey(organizationId);
  const record: ExternalAgentRecord = {
    id,
    ...fields,
    ...(await sealWebhook(env, organizationId, id, webhook_config, null)),
    is_active: true,
    created_at: now,
    created_by: ctx.actor.id,
    updated_at: now,
    deleted_at: null,
    revision: 1,
  };
  const first = {
    id: newId('apiKey', now),
    name: keyName,
    prefix,
    key_hash,
    scopes: [],
    created_at: now,
    created_by: ctx.actor.id,
    expires_at: expiresAt,
    external_agent_id: id,
  };
  const limit =
    budget === null
      ? null
      : {
          period: budget.period,
          rule: { limit: usdToMicrousd(budget.limit_usd), on_exceeded: budget.on_exceeded ?? null },
        };
  await deskOf(ctx).createExternalAgent(organizationId, record, first, limit, auditOrigin(ctx));
  const { agent } = await presented(ctx, record);
  return { ...agent, api_key: key, key_id: first.id };
}

export async function listExternalAgents(
  ctx: RequestContext,
  filter: ExternalAgentFilter,
  before: string | undefined,
  limit: number,
): Promise<{ data: ExternalAgent[]; next_cursor: string | null }> {
  const database = db(ctx.env, ctx.organizationId);
  const rows = await selectExternalAgents(database, ctx.organizationId, filter, { before, limit });
  const { data, next_cursor } = pageOf(rows, limit);
  const ids = data.map(({ id }) => id);
  const keys = await shownKeys(database, ctx.organizationId, ids, ctx.now());
  const budgets: Record<string, BudgetStanding[]> =
    ids.length === 0 ? {} : await deskOf(ctx).budgetsOfExternalAgents(ids);
  const around = (id: string) => ({ api_key: keys.get(id) ?? null, budget: firstOf(budgets[id]) });
  return { data: data.map((row) => presentRow(row, around(row.id))), next_cursor };
}

/** From the desk, so that what was changed is there at once. */
export async function getExternalAgent(
  ctx: RequestContext,
  id: string,
): Promise<{ agent: ExternalAgent; etag: string }> {
  const record = await deskOf(ctx).externalAgent(id);
  if (record === null) throw notFound('external agent', id);
  return presented(ctx, record);
}

/** Throws `precondition_failed`, and `validation_failed` for agents that are not there. */
export async function updateExternalAgent(
  ctx: RequestContext,
  id: string,
  request: UpdateExternalAgentRequest,
  ifMatch: string | undefined,
  stops: boolean,
): Promise<{ agent: ExternalAgent; etag: string; stop: Stop | null }> {
  const { env, organizationId } = ctx;
  const { webhook_config, ...fields } = request;
  const before = await deskOf(ctx).externalAgent(id);
  if (before === null) throw notFound('external agent', id);
  requireMatch(ifMatch, before.revision, 'The external agent');
  await requireAgents(ctx, fields.agents ?? null);
  const webhook =
    webhook_config === undefined ? {} : await sealWebhook(env, organizationId, id, webhook_config, before);
  // What was sealed was made of what was read: it must still be there.
  const expected = isUnconditional(ifMatch) && webhook_config === undefined ? null : before.revision;
  const change = await deskOf(ctx).changeExternalAgent(
    id,
    { ...given(fields), ...webhook },
    expected,
    auditOrigin(ctx),
    stops,
  );
  switch (change.outcome) {
    case 'not_found':
      throw notFound('external agent', id);
    case 'stale':
      requireMatch(etagOf(before.revision), change.agent.revision, 'The external agent');
      throw new ApiError('conflict', 'The external agent is being changed. Try again.');
    case 'done':
      return { ...(await presented(ctx, change.agent)), stop: stopOrNull(change.stop) };
  }
}

export async function deleteExternalAgent(ctx: RequestContext, id: string, stops: boolean): Promise<Stop | null> {
  const deleted = await deskOf(ctx).deleteExternalAgent(id, auditOrigin(ctx), stops);
  if (!deleted.found) throw notFound('external agent', id);
  return stopOrNull(deleted.stop);
}

function stopOrNull(stop: StopRecord | null | undefined): Stop | null {
  return stop === null || stop === undefined ? null : presentStop(stop);
}

export async function listKeys(ctx: RequestContext, id: string): Promise<ExternalAgentKey[]> {
  if ((await deskOf(ctx).externalAgent(id)) === null) throw notFound('external agent', id);
  const rows = await selectKeys(db(ctx.env, ctx.organizationId), ctx.organizationId, id, KEYS_SHOWN);
  return rows.map(presentKey);
}

/**
 * Puts a new key in the place of the newest one that works, or of the one that is named; the old one goes on for the
 * overlap. Where none works, the new one simply begins.
 */
export async function rotateKey(
  ctx: RequestContext,
  id: string,
  request: RotateExternalKeyRequest,
): Promise<RotatedExternalKey> {
  const { organizationId } = ctx;
  const record = await deskOf(ctx).externalAgent(id);
  if (record === null) throw notFound('external agent', id);
  const now = ctx.now();
  const { key, prefix, key_hash } = await newExternalKey(organizationId);
  const replacement = { id: newId('apiKey', now), prefix, key_hash, created_by: ctx.actor.id };
  const old = request.key_id ?? (await newestKey(ctx, id, now));
  if (old === null) {
    const fresh = { ...replacement, name: record.name, scopes: [], created_at: now, expires_at: null };
    await deskOf(ctx).createKey(organizationId, { ...fresh, external_agent_id: id }, auditOrigin(ctx));
    return { ...presentKey({ ...fresh, last_used_at: null, revoked_at: null, replaced_by: null }), api_key: key };
  }
  const rotated = await deskOf(ctx).rotateKey(
    {
      organization_id: organizationId,
      key_id: old,
      overlap_ms: request.overlap_seconds * 1000,
      now,
      replacement,
      external_agent_id: id,
      grantable: [],
    },
    auditOrigin(ctx),
  );
  switch (rotated.outcome) {
    case 'not_found':
    case 'beyond':
      throw notFound('key', old);
    case 'rotated_before':
      throw new ApiError('conflict', `The key was rotated before: ${rotated.replaced_by} has taken its place.`);
    case 'rotated':
      return { ...presentKey(rotated.key), api_key: key };
  }
}

/** Revokes a key; it is refused everywhere from the moment that this returns. */
export async function revokeKey(ctx: RequestContext, id: string, keyId: string, stops: boolean): Promise<Stop | null> {
  const revoked = await deskOf(ctx).revokeKey(keyId, id, auditOrigin(ctx), stops);
  if (!revoked.found) throw notFound('key', keyId);
  return stopOrNull(revoked.stop);
}

async function newestKey(ctx: RequestContext, id: string, now: number): Promise<string | null> {
  const rows = await selectKeys(db(ctx.env, ctx.organizationId), ctx.organizationId, id, KEYS_SHOWN);
  const works = rows.find(
    (key) =>
      // That of a client is no key that somebody has.
      !isClientKey(key) &&
      key.revoked_at === null &&
      key.replaced_by === null &&
      (key.expires_at === null || key.expires_at > now),
  );
  return works?.id ?? null;
}

async function presented(ctx: RequestContext, record: ExternalAgentRecord) {
  const { id } = record;
  const [keys, budgets] = await Promise.all([
    shownKeys(db(ctx.env, ctx.organizationId), ctx.organizationId, [id], ctx.now()),
    deskOf(ctx).budgetsOfExternalAgents([id]),
  ]);
  const around = { api_key: keys.get(id) ?? null, budget: firstOf(budgets[id]) };
  return { agent: presentRecord(record, around), etag: etagOf(record.revision) };
}

/** Of the shortest period. */
function firstOf(standings: readonly BudgetStanding[] | undefined): BudgetState | null {
  return presentBudgets(standings ?? []).data[0] ?? null;
}

async function requireAgents(ctx: RequestContext, ids: readonly string[] | null): Promise<void> {
  if (ids === null) return;
  const found = await existingAgents(db(ctx.env, ctx.organizationId), ctx.organizationId, ids);
  const unknown = ids.flatMap((id, index) => (found.has(id) ? [] : [{ id, index }]));
  if (unknown.length === 0) return;
  throw invalid(unknown.map(({ id, index }) => ({ path: `agents.${index}`, message: `There is no agent ${id}.` })));
}
