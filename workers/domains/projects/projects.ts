import type {
  CreateProjectRequest,
  Project,
  ProjectAgents,
  ProjectSummary,
  UpdateProjectRequest,
} from '@agentflow/contracts';
import { microusdToUsd, PROJECT_AGENTS_WINDOW, projectAgents } from '@agentflow/contracts';
import { type Database, db } from '../../db/client.ts';
import type { RequestContext } from '../../platform/context.ts';
import { ApiError, notFound } from '../../platform/errors.ts';
import { requireMatch } from '../../platform/etags.ts';
import { newId } from '../../platform/ids.ts';
import { decodeCursor, pageBy } from '../../platform/pagination.ts';
import { auditOrigin, auditRow } from '../audit/index.ts';
import {
  deleteContext,
  insertProject,
  isNameTaken,
  isStale,
  type ProjectListRow,
  type ProjectRow,
  selectExistingProjects,
  selectProject,
  selectProjectAgents,
  selectProjects,
  updateProjectAt,
} from './queries.ts';

const iso = (at: number) => new Date(at).toISOString();

/** Every round one of the competing writers gets through. */
const ROUNDS = 8;

export function presentProject(row: ProjectRow): Project {
  const { id, name, description, created_by } = row;
  return {
    id,
    name,
    description,
    created_at: iso(row.created_at),
    created_by,
    updated_at: iso(row.updated_at),
    archived_at: row.archived_at === null ? null : iso(row.archived_at),
  };
}

export function presentListedProject({ project, context_keys, last_execution_at }: ProjectListRow): ProjectSummary {
  return {
    ...presentProject(project),
    context_keys,
    last_execution_at: last_execution_at === null ? null : iso(last_execution_at),
  };
}

/** Throws `not_found` for a project of nobody and of another organization alike. */
export async function getProject(ctx: RequestContext, projectId: string): Promise<ProjectRow> {
  const row = await selectProject(db(ctx.env, ctx.organizationId), ctx.organizationId, projectId);
  if (row === undefined) throw notFound('project', projectId);
  return row;
}

/** Throws `not_found` for an unknown project and `conflict` for an archived one: it takes nothing new. */
export async function requireProject(database: Database, organizationId: string, projectId: string): Promise<void> {
  const row = await selectProject(database, organizationId, projectId);
  if (row === undefined) throw notFound('project', projectId);
  if (row.archived_at !== null) throw archived();
}

/** Which of these ids are projects of the organization. */
export async function existingProjects(
  database: Database,
  organizationId: string,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  return new Set((await selectExistingProjects(database, organizationId, ids)).map(({ id }) => id));
}

function archived(): ApiError {
  return new ApiError('conflict', 'The project is archived.');
}

export async function listProjects(
  ctx: RequestContext,
  query: { archived: boolean; search?: string | undefined; limit: number; cursor?: string | undefined },
): Promise<{ data: ProjectListRow[]; next_cursor: string | null }> {
  const filter = {
    archived: query.archived,
    search: query.search === '' ? undefined : query.search,
    before: decodeCursor(query.cursor),
    limit: query.limit + 1,
  };
  const rows = await selectProjects(db(ctx.env, ctx.organizationId), ctx.organizationId, filter, ctx.now());
  return pageBy(({ project }) => project.id, rows, query.limit);
}

/** Throws `not_found`. */
export async function listProjectAgents(ctx: RequestContext, projectId: string): Promise<ProjectAgents> {
  const { organizationId } = ctx;
  await getProject(ctx, projectId);
  const database = db(ctx.env, organizationId);
  const rows = await selectProjectAgents(database, organizationId, projectId, PROJECT_AGENTS_WINDOW);
  return projectAgents.parse({
    data: rows.map(({ cost_microusd, last_id, last_status, last_at, ...row }) => ({
      ...row,
      cost_usd: microusdToUsd(cost_microusd),
      last_execution: { id: last_id, status: last_status, created_at: iso(last_at) },
    })),
    counted_executions: rows.reduce((sum, row) => sum + row.executions, 0),
  });
}

/** Throws `name_taken`. */
export async function createProject(ctx: RequestContext, input: CreateProjectRequest): Promise<ProjectRow> {
  const { organizationId } = ctx;
  const now = ctx.now();
  const row: ProjectRow = {
    id: newId('project', now),
    organization_id: organizationId,
    name: input.name,
    description: input.description,
    revision: 1,
    created_at: now,
    created_by: ctx.actor.id,
    updated_at: now,
    archived_at: null,
  };
  const database = db(ctx.env, organizationId);
  const entry = {
    action: 'project.created',
    resource_type: 'project',
    resource_id: row.id,
    details: { name: row.name },
  };
  try {
    await database.batch([
      insertProject(database, row),
      auditRow(database, organizationId, auditOrigin(ctx), entry, now),
    ]);
  } catch (error) {
    if (isNameTaken(error)) throw nameTaken(row.name);
    throw error;
  }
  return row;
}

function nameTaken(name: string): ApiError {
  return new ApiError('name_taken', `There is a project called "${name}" already.`);
}

/** Throws `not_found`, `name_taken`, `precondition_failed`, and `conflict` for an archived project. */
export function updateProject(
  ctx: RequestContext,
  projectId: string,
  input: UpdateProjectRequest,
  ifMatch: string | undefined,
): Promise<ProjectRow> {
  return change(ctx, projectId, ifMatch, (row) => {
    if (row.archived_at !== null) throw archived();
    const name = input.name ?? row.name;
    const description = input.description ?? row.description;
    if (name === row.name && description === row.description) return null;
    const details = {
      ...(name === row.name ? {} : { name_before: row.name, name }),
      ...(description === row.description ? {} : { description_changed: true }),
    };
    return { fields: { name, description }, action: 'project.updated', details };
  });
}

/** Archives: nothing new is started in it, its context is gone, its executions stay. A second time changes nothing. */
export async function archiveProject(
  ctx: RequestContext,
  projectId: string,
  ifMatch: string | undefined,
): Promise<void> {
  await change(ctx, projectId, ifMatch, (row) =>
    row.archived_at === null
      ? { fields: { archived_at: ctx.now() }, action: 'project.archived', details: { name: row.name } }
      : null,
  );
}

interface ProjectChange {
  readonly fields: Partial<Pick<ProjectRow, 'name' | 'description' | 'archived_at'>>;
  readonly action: string;
  readonly details: Record<string, string | boolean>;
}

async function change(
  ctx: RequestContext,
  projectId: string,
  ifMatch: string | undefined,
  decide: (row: ProjectRow) => ProjectChange | null,
): Promise<ProjectRow> {
  const { organizationId } = ctx;
  const database = db(ctx.env, organizationId);
  for (let round = 0; round < ROUNDS; round++) {
    const row = await getProject(ctx, projectId);
    requireMatch(ifMatch, row.revision, 'The project');
    const decided = decide(row);
    if (decided === null) return row;
    const { fields, action, details } = decided;
    const now = ctx.now();
    const entry = { action, resource_type: 'project', resource_id: projectId, details };
    try {
      const [updated] = await database.batch([
        updateProjectAt(database, organizationId, projectId, row.revision, fields, now),
        ...(fields.archived_at == null ? [] : [deleteContext(database, organizationId, projectId)]),
        auditRow(database, organizationId, auditOrigin(ctx), entry, now),
      ]);
      const [after] = updated as ProjectRow[];
      if (after === undefined) throw notFound('project', projectId);
      return after;
    } catch (error) {
      if (isNameTaken(error)) throw nameTaken(fields.name ?? '');
      if (!isStale(error)) throw error;
    }
  }
  throw new ApiError('conflict', 'Others are changing this project at the same time. Try again.');
}
