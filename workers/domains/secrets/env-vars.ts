import type { CreateEnvVarRequest, EnvVar, UpdateEnvVarRequest } from '@agentflow/contracts';
import { db } from '../../db/client.ts';
import type { RequestContext } from '../../platform/context.ts';
import { ApiError, notFound } from '../../platform/errors.ts';
import { organizationKey } from '../../platform/organization-key.ts';
import { seal } from '../../platform/vault.ts';
import { auditOrigin, auditRow } from '../audit/index.ts';
import { guard, isGuarded } from '../organizations/index.ts';
import { envVarPlace } from './places.ts';
import { presentEnvVar } from './present.ts';
import {
  deleteEnvVar,
  envVarExists,
  hasFewerEnvVars,
  insertEnvVar,
  isNameTaken,
  selectEnvVar,
  selectEnvVars,
  updateEnvVar,
} from './queries.ts';

/** Keeps the list one page, and one read. */
const MOST_ENV_VARS = 200;

export async function listEnvVars(ctx: RequestContext): Promise<EnvVar[]> {
  const rows = await selectEnvVars(db(ctx.env, ctx.organizationId), ctx.organizationId);
  return rows.map(presentEnvVar);
}

async function sealed(ctx: RequestContext, name: string, value: string): Promise<string> {
  const key = await organizationKey(ctx.env, ctx.organizationId);
  return seal(key, value, envVarPlace(ctx.organizationId, name));
}

function entryOf(action: string, name: string, details: Record<string, string[]> = {}) {
  return { action, resource_type: 'env_var', resource_id: name, details };
}

/** Throws `name_taken` and, beyond 200 secrets, `limit_reached`. */
export async function createEnvVar(ctx: RequestContext, request: CreateEnvVarRequest): Promise<EnvVar> {
  const { organizationId } = ctx;
  const { name, value, description, allowed_hosts } = request;
  const database = db(ctx.env, organizationId);
  const now = ctx.now();
  const by = ctx.actor.id;
  const row = {
    organization_id: organizationId,
    name,
    sealed_value: await sealed(ctx, name, value),
    description,
    allowed_hosts: JSON.stringify(allowed_hosts),
    created_at: now,
    created_by: by,
    updated_at: now,
    updated_by: by,
  };
  try {
    await database.batch([
      guard(database, organizationId, hasFewerEnvVars(organizationId, MOST_ENV_VARS)),
      insertEnvVar(database, row),
      auditRow(database, organizationId, auditOrigin(ctx), entryOf('env_var.created', name, { allowed_hosts }), now),
    ]);
  } catch (error) {
    if (isNameTaken(error)) throw new ApiError('name_taken', `There is already a secret ${name}.`);
    if (isGuarded(error)) {
      throw new ApiError('limit_reached', `An organization has at most ${MOST_ENV_VARS} secrets.`);
    }
    throw error;
  }
  return presentEnvVar(row);
}

/** Changes the fields that are given. Throws `not_found`. */
export async function changeEnvVar(ctx: RequestContext, name: string, request: UpdateEnvVarRequest): Promise<EnvVar> {
  const { organizationId } = ctx;
  const { value, description, allowed_hosts } = request;
  const database = db(ctx.env, organizationId);
  const changed = Object.entries(request).flatMap(([field, given]) => (given === undefined ? [] : [field]));
  if (changed.length === 0) {
    const row = await selectEnvVar(database, organizationId, name);
    if (row === undefined) throw notFound('secret', name);
    return presentEnvVar(row);
  }
  const now = ctx.now();
  const fields = {
    ...(value === undefined ? {} : { sealed_value: await sealed(ctx, name, value) }),
    ...(description === undefined ? {} : { description }),
    ...(allowed_hosts === undefined ? {} : { allowed_hosts: JSON.stringify(allowed_hosts) }),
    updated_at: now,
    updated_by: ctx.actor.id,
  };
  const details = { fields: changed, ...(allowed_hosts === undefined ? {} : { allowed_hosts }) };
  try {
    const [, [row]] = await database.batch([
      guard(database, organizationId, envVarExists(organizationId, name)),
      updateEnvVar(database, organizationId, name, fields),
      auditRow(database, organizationId, auditOrigin(ctx), entryOf('env_var.updated', name, details), now),
    ]);
    if (row === undefined) throw new Error(`the guard let a missing secret ${name} pass`);
    return presentEnvVar(row);
  } catch (error) {
    if (isGuarded(error)) throw notFound('secret', name);
    throw error;
  }
}

/** Throws `not_found`. Steps that name it fail with `secret_missing` from now on. */
export async function removeEnvVar(ctx: RequestContext, name: string): Promise<void> {
  const { organizationId } = ctx;
  const database = db(ctx.env, organizationId);
  try {
    await database.batch([
      guard(database, organizationId, envVarExists(organizationId, name)),
      deleteEnvVar(database, organizationId, name),
      auditRow(database, organizationId, auditOrigin(ctx), entryOf('env_var.deleted', name), ctx.now()),
    ]);
  } catch (error) {
    if (isGuarded(error)) throw notFound('secret', name);
    throw error;
  }
}
