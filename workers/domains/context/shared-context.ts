import type {
  AppendContextRequest,
  ContextEntry,
  ContextEntrySummary,
  JsonValue,
  SetContextRequest,
} from '@agentflow/contracts';
import { CONTEXT_KEY, CONTEXT_LIMITS } from '@agentflow/contracts';
import { type Database, db } from '../../db/client.ts';
import type { RequestContext } from '../../platform/context.ts';
import type { Env } from '../../platform/env.ts';
import { ApiError, invalid, notFound } from '../../platform/errors.ts';
import { decodeCursor, pageBy } from '../../platform/pagination.ts';
import { auditOrigin, auditRow } from '../audit/index.ts';
import { guard, isGuarded } from '../organizations/index.ts';
import { getProject, requireProject } from '../projects/index.ts';
import {
  appendItem,
  type ContextPlace,
  type ContextRow,
  type ContextSummaryRow,
  type ContextWrite,
  deleteExpired,
  deleteKey,
  entryIsAt,
  selectEntry,
  selectSummaries,
  selectValues,
  upsertValue,
} from './queries.ts';

export function presentEntry(row: ContextRow): ContextEntry {
  const { project_id, key, version, updated_by } = row;
  return {
    project_id,
    key,
    value: JSON.parse(row.value) as JsonValue,
    version,
    expires_at: new Date(row.expires_at).toISOString(),
    updated_at: new Date(row.updated_at).toISOString(),
    updated_by,
  };
}

export function presentSummary(row: ContextSummaryRow): ContextEntrySummary {
  return {
    ...row,
    expires_at: new Date(row.expires_at).toISOString(),
    updated_at: new Date(row.updated_at).toISOString(),
  };
}

/** Throws `not_found` for the project. */
export async function listEntries(
  ctx: RequestContext,
  projectId: string,
  query: { search?: string | undefined; limit: number; cursor?: string | undefined },
): Promise<{ data: ContextSummaryRow[]; next_cursor: string | null }> {
  await getProject(ctx, projectId);
  const page = {
    search: query.search === '' ? undefined : query.search,
    after: decodeCursor(query.cursor, CONTEXT_KEY),
    limit: query.limit + 1,
  };
  const database = db(ctx.env, ctx.organizationId);
  const rows = await selectSummaries(database, ctx.organizationId, projectId, page, ctx.now());
  return pageBy((row) => row.key, rows, query.limit);
}

/** Throws `not_found` for a key that is not there or has expired. */
export async function getEntry(ctx: RequestContext, projectId: string, key: string): Promise<ContextRow> {
  const database = db(ctx.env, ctx.organizationId);
  const row = await selectEntry(database, placeOf(ctx, projectId, key), ctx.now());
  if (row === undefined) throw notFound('value in the context called', key);
  return row;
}

/** Throws `not_found` for the project, `precondition_failed`, `limit_reached`, `validation_failed` for a value too large. */
export async function setEntry(
  ctx: RequestContext,
  projectId: string,
  key: string,
  input: SetContextRequest,
): Promise<ContextRow> {
  requireSize(input.value, 'value');
  const write = writeOf(ctx, projectId, key, input.ttl_seconds);
  const database = db(ctx.env, ctx.organizationId);
  const [row] = await upsertValue(database, write, input.value, input.if_version ?? null);
  if (row === undefined) throw await whyNot(database, write, input.if_version ?? null);
  await deleteExpired(database, write);
  return row;
}

/** Throws as `setEntry` does, and `conflict` where the value that is there is no list. */
export async function appendEntry(
  ctx: RequestContext,
  projectId: string,
  key: string,
  input: AppendContextRequest,
): Promise<ContextRow> {
  requireSize(input.item, 'item');
  const write = writeOf(ctx, projectId, key, input.ttl_seconds);
  const database = db(ctx.env, ctx.organizationId);
  const [row] = await appendItem(database, write, input.item);
  if (row === undefined) throw await whyNot(database, write, null);
  await deleteExpired(database, write);
  return row;
}

/** `expected` is the version that the key must be at, null for any. Throws `not_found`, `precondition_failed`. */
export async function deleteEntry(
  ctx: RequestContext,
  projectId: string,
  key: string,
  expected: number | null,
): Promise<void> {
  const { organizationId } = ctx;
  const database = db(ctx.env, organizationId);
  const place = placeOf(ctx, projectId, key);
  const now = ctx.now();
  const entry = {
    action: 'project.context_deleted',
    resource_type: 'project',
    resource_id: projectId,
    details: { key },
  };
  try {
    await database.batch([
      guard(database, organizationId, entryIsAt(place, expected, now)),
      deleteKey(database, place),
      auditRow(database, organizationId, auditOrigin(ctx), entry, now),
    ]);
  } catch (error) {
    if (!isGuarded(error)) throw error;
    const { version } = await getEntry(ctx, projectId, key);
    throw new ApiError('precondition_failed', `"${key}" is at version ${version}, not ${expected}.`);
  }
}

/** Values for an execution's expressions: those of `keys`, or the whole context up to a bound. Keys not there are left out. */
export async function readContext(
  env: Env,
  organizationId: string,
  projectId: string,
  keys: readonly string[] | 'all',
): Promise<Record<string, JsonValue>> {
  const rows = await selectValues(db(env, organizationId), organizationId, projectId, keys, Date.now());
  return Object.fromEntries(rows.map((row) => [row.key, JSON.parse(row.value) as JsonValue]));
}

function placeOf(ctx: RequestContext, project_id: string, key: string): ContextPlace {
  return { organization_id: ctx.organizationId, project_id, key };
}

function writeOf(ctx: RequestContext, projectId: string, key: string, ttlSeconds: number): ContextWrite {
  return { ...placeOf(ctx, projectId, key), now: ctx.now(), ttl_ms: ttlSeconds * 1000, by: ctx.actor.id };
}

function requireSize(value: JsonValue, path: string): void {
  const size = JSON.stringify(value).length;
  const most = CONTEXT_LIMITS.value_characters;
  if (size > most) throw invalid([{ path, message: `has ${size} characters of JSON; at most ${most} are kept` }]);
}

/** The statement decides; this reads again only to say in words why it did nothing. */
async function whyNot(database: Database, write: ContextWrite, expected: number | null): Promise<ApiError> {
  await requireProject(database, write.organization_id, write.project_id);
  const row = await selectEntry(database, write, write.now);
  if (expected !== null && (row?.version ?? 0) !== expected) {
    return new ApiError('precondition_failed', `"${write.key}" is at version ${row?.version ?? 0}, not ${expected}.`);
  }
  if (row === undefined) {
    return new ApiError(
      'limit_reached',
      `The project has ${CONTEXT_LIMITS.keys} keys in its context; no more are kept.`,
    );
  }
  if (!Array.isArray(JSON.parse(row.value))) {
    return new ApiError('conflict', `"${write.key}" is not a list: nothing can be appended to it.`);
  }
  return new ApiError(
    'limit_reached',
    `The list would have more than ${CONTEXT_LIMITS.value_characters} characters of JSON.`,
  );
}
