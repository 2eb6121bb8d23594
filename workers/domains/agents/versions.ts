import {
  type AgentDefinition,
  type AgentVersion,
  type AgentVersionDetail,
  type DefinitionDiff,
  EMPTY_DEFINITION,
} from '@agentflow/contracts';
import { diffDefinitions } from '@agentflow/engine';
import { type Database, db } from '../../db/client.ts';
import type { RequestContext } from '../../platform/context.ts';
import { invalid, notFound } from '../../platform/errors.ts';
import { getAgent } from './agents.ts';
import { getDraft } from './drafts.ts';
import { presentVersion } from './present.ts';
import { selectVersion, selectVersions } from './queries.ts';
import { VersionCache } from './version-cache.ts';

const published = new VersionCache({ maxEntries: 200, maxBytes: 8 * 1024 * 1024 });

/** A published definition, frozen; null where the organization has no such version. */
export async function versionDefinition(
  database: Database,
  organizationId: string,
  agentId: string,
  version: number,
): Promise<AgentDefinition | null> {
  const kept = published.get(organizationId, agentId, version);
  if (kept !== undefined) return kept;
  const [row] = await selectVersion(database, organizationId, agentId, version);
  return row === undefined ? null : published.put(organizationId, agentId, version, row.definition);
}

/** Newest first; the cursor is the last version's number. Throws `not_found`, `validation_failed` for a foreign cursor. */
export async function listVersions(
  ctx: RequestContext,
  agentId: string,
  query: { limit: number; cursor?: string | undefined },
): Promise<{ data: AgentVersion[]; next_cursor: string | null }> {
  const before = versionCursor(query.cursor);
  const agent = await getAgent(ctx, agentId);
  const database = db(ctx.env, ctx.organizationId);
  const rows = await selectVersions(database, ctx.organizationId, agentId, before, query.limit + 1);
  const data = rows.slice(0, query.limit).map((row) => presentVersion(row, agent.live_version));
  const last = data.at(-1);
  return { data, next_cursor: rows.length > query.limit && last !== undefined ? `v${last.version}` : null };
}

function versionCursor(cursor: string | undefined): number | undefined {
  if (cursor === undefined) return undefined;
  const number = /^v([1-9]\d{0,8})$/.exec(cursor)?.[1];
  if (number === undefined) throw invalid([{ path: 'cursor', message: 'is not a cursor of this list' }]);
  return Number(number);
}

/** Throws `not_found`. */
export async function getVersion(ctx: RequestContext, agentId: string, version: number): Promise<AgentVersionDetail> {
  const [row] = await selectVersion(db(ctx.env, ctx.organizationId), ctx.organizationId, agentId, version);
  if (row === undefined) throw notFound('version', String(version));
  const definition = JSON.parse(row.definition) as AgentDefinition;
  return { ...presentVersion(row, row.live_version), definition };
}

/** What changed from version `from` to version `to`. Throws `not_found` where either is missing. */
export async function diffVersions(
  ctx: RequestContext,
  agentId: string,
  from: number,
  to: number,
): Promise<DefinitionDiff> {
  const database = db(ctx.env, ctx.organizationId);
  const [before, after] = await Promise.all([
    versionDefinition(database, ctx.organizationId, agentId, from),
    versionDefinition(database, ctx.organizationId, agentId, to),
  ]);
  if (before === null) throw notFound('version', String(from));
  if (after === null) throw notFound('version', String(to));
  return { from, to, ...diffDefinitions(before, after) };
}

/**
 * What publishing the draft would change: from version `against`, or from the live one where it is absent; from nothing
 * where none is live. Throws `not_found`.
 */
export async function diffDraft(
  ctx: RequestContext,
  agentId: string,
  against: number | undefined,
): Promise<DefinitionDiff> {
  const from = against ?? (await getAgent(ctx, agentId)).live_version;
  const database = db(ctx.env, ctx.organizationId);
  const [before, { definition }] = await Promise.all([
    from === null ? EMPTY_DEFINITION : versionDefinition(database, ctx.organizationId, agentId, from),
    getDraft(ctx, agentId),
  ]);
  if (before === null) throw notFound('version', String(from));
  return { from, to: null, ...diffDefinitions(before, definition) };
}
