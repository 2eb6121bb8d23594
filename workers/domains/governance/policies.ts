import {
  MAX_POLICIES,
  MAX_POLICY_INPUTS,
  type Policy,
  type PolicyDefault,
  type PolicyEffect,
  type PolicyRequest,
  type PolicyVersion,
  type Stop,
} from '@agentflow/contracts';
import {
  organizationDesk,
  type PolicyChange,
  type PolicyDefaultState,
  type StoredPolicy,
} from '../../../durable-objects/organization/client.ts';
import { db } from '../../db/client.ts';
import type { RequestContext } from '../../platform/context.ts';
import { ApiError, invalid, notFound } from '../../platform/errors.ts';
import { etagOf, isUnconditional, requireMatch } from '../../platform/etags.ts';
import { newId } from '../../platform/ids.ts';
import { decodeCursor, pageBy, pageOf } from '../../platform/pagination.ts';
import { auditOrigin } from '../audit/index.ts';
import { type PolicyRow, selectPolicies, selectPolicyVersions } from './policy-queries.ts';
import { policyProblems } from './policy-references.ts';
import type { PolicyDocument, VersionDocument } from './project-policy.ts';
import { presentStop } from './stops.ts';

const iso = (at: number) => new Date(at).toISOString();

export function presentPolicy(policy: StoredPolicy): Policy {
  const { created_at, updated_at, ...rest } = policy;
  return { ...rest, created_at: iso(created_at), updated_at: iso(updated_at) };
}

function storedOf({ document, deleted_at: _deleted, organization_id: _organization, revision: _, ...row }: PolicyRow) {
  return {
    ...row,
    ...(JSON.parse(document) as PolicyDocument),
    effect: row.effect as PolicyEffect,
    is_active: row.is_active === 1,
  } satisfies StoredPolicy;
}

export async function listPolicies(
  ctx: RequestContext,
  query: {
    effect?: PolicyEffect | undefined;
    is_active?: 'true' | 'false' | undefined;
    search?: string | undefined;
    limit: number;
    cursor?: string | undefined;
  },
): Promise<{ data: Policy[]; next_cursor: string | null }> {
  const rows = await selectPolicies(db(ctx.env, ctx.organizationId), ctx.organizationId, {
    effect: query.effect,
    active: query.is_active === undefined ? undefined : query.is_active === 'true',
    search: query.search === '' ? undefined : query.search,
    after: decodeCursor(query.cursor),
    limit: query.limit + 1,
  });
  const { data, next_cursor } = pageOf(rows, query.limit);
  return { data: data.map((row) => presentPolicy(storedOf(row))), next_cursor };
}

/** As the desk has it, which is the authority. Throws `not_found`. */
export async function getPolicy(ctx: RequestContext, policyId: string): Promise<StoredPolicy> {
  const policy = await organizationDesk(ctx.env.ORGANIZATION, ctx.organizationId).findPolicy(policyId);
  if (policy === null) throw notFound('policy', policyId);
  return policy;
}

/** A policy as it holds now, and the stop of what runs against it, where it asks for one. */
interface ChangedPolicy {
  readonly policy: StoredPolicy;
  readonly stop: Stop | null;
}

/** Throws `validation_failed` for what it refers to, `name_taken` and `limit_reached`. */
export async function createPolicy(ctx: RequestContext, rules: PolicyRequest): Promise<ChangedPolicy> {
  await requireSound(ctx, rules);
  return change(ctx, { kind: 'create', id: newId('policy', ctx.now()), rules, by: ctx.actor.id });
}

/** Replaces what it says. Throws `precondition_failed` besides. */
export async function updatePolicy(
  ctx: RequestContext,
  policyId: string,
  rules: PolicyRequest,
  ifMatch: string | undefined,
): Promise<ChangedPolicy> {
  const expected = await expectedVersion(ctx, policyId, ifMatch);
  await requireSound(ctx, rules);
  return change(ctx, { kind: 'update', id: policyId, rules, expected, by: ctx.actor.id });
}

export async function deletePolicy(ctx: RequestContext, policyId: string, ifMatch: string | undefined): Promise<void> {
  const expected = await expectedVersion(ctx, policyId, ifMatch);
  await change(ctx, { kind: 'delete', id: policyId, expected, by: ctx.actor.id });
}

async function requireSound(ctx: RequestContext, rules: PolicyRequest): Promise<void> {
  const problems = await policyProblems(db(ctx.env, ctx.organizationId), ctx.organizationId, rules);
  if (problems.length > 0) throw invalid(problems);
}

/** null: whatever it is. The desk compares again when it writes. */
async function expectedVersion(
  ctx: RequestContext,
  policyId: string,
  ifMatch: string | undefined,
): Promise<number | null> {
  const { version } = await getPolicy(ctx, policyId);
  requireMatch(ifMatch, version, 'The policy');
  return isUnconditional(ifMatch) ? null : version;
}

async function change(ctx: RequestContext, wanted: PolicyChange): Promise<ChangedPolicy> {
  const { organizationId } = ctx;
  const desk = organizationDesk(ctx.env.ORGANIZATION, organizationId);
  const changed = await desk.changePolicy(organizationId, wanted, auditOrigin(ctx));
  switch (changed.outcome) {
    case 'changed':
      return {
        policy: changed.policy,
        stop: changed.stop === null || changed.stop === undefined ? null : presentStop(changed.stop),
      };
    case 'not_found':
      throw notFound('policy', wanted.id);
    case 'stale':
      throw new ApiError('precondition_failed', 'The policy has changed since it was read.', {
        headers: { ETag: etagOf(changed.version) },
      });
    case 'name_taken':
      throw new ApiError('name_taken', 'Another policy has this name.');
    case 'too_many':
      throw new ApiError('limit_reached', `An organization has ${MAX_POLICIES} policies at most.`);
    case 'too_many_inputs':
      throw new ApiError(
        'limit_reached',
        `The policies of an organization read ${MAX_POLICY_INPUTS} different input paths at most.`,
      );
  }
}

const VERSION = /^[1-9][0-9]{0,8}$/;

/** Newest first; those of a deleted policy stay. Throws `not_found`. */
export async function listPolicyVersions(
  ctx: RequestContext,
  policyId: string,
  query: { limit: number; cursor?: string | undefined },
): Promise<{ data: PolicyVersion[]; next_cursor: string | null }> {
  const place = decodeCursor(query.cursor, VERSION);
  const before = place === undefined ? undefined : Number(place);
  const database = db(ctx.env, ctx.organizationId);
  const rows = await selectPolicyVersions(database, ctx.organizationId, policyId, before, query.limit + 1);
  if (rows.length === 0 && before === undefined) throw notFound('policy', policyId);
  const { data, next_cursor } = pageBy(({ version }) => String(version), rows, query.limit);
  return {
    data: data.map(({ version, policy, changed_at, changed_by }) => {
      const { change: made, ...stored } = JSON.parse(policy) as VersionDocument;
      return { version, change: made, changed_at: iso(changed_at), changed_by, policy: presentPolicy(stored) };
    }),
    next_cursor,
  };
}

export function presentPolicyDefault({ effect }: PolicyDefaultState): PolicyDefault {
  return { default: effect };
}

export function getPolicyDefault(ctx: RequestContext): Promise<PolicyDefaultState> {
  return organizationDesk(ctx.env.ORGANIZATION, ctx.organizationId).policyDefault();
}

/** Throws `precondition_failed` where `ifMatch` is not its current ETag. */
export async function setPolicyDefault(
  ctx: RequestContext,
  effect: PolicyEffect,
  ifMatch: string | undefined,
): Promise<PolicyDefaultState> {
  const { organizationId } = ctx;
  const desk = organizationDesk(ctx.env.ORGANIZATION, organizationId);
  let expected: number | null = null;
  if (!isUnconditional(ifMatch)) {
    const { revision } = await desk.policyDefault();
    requireMatch(ifMatch, revision, 'The default');
    expected = revision;
  }
  const { ok, current } = await desk.setPolicyDefault(organizationId, { effect, expected }, auditOrigin(ctx));
  if (!ok) {
    throw new ApiError('precondition_failed', 'The default has changed since it was read.', {
      headers: { ETag: etagOf(current.revision) },
    });
  }
  return current;
}
