import { and, asc, eq, getTableColumns, sql } from 'drizzle-orm';
import type { Database } from '../../db/client.ts';
import { envVars, providerKeys } from '../../db/schema/secrets.ts';

const { sealed_value: _sealed, organization_id: _organization, ...shown } = getTableColumns(envVars);

type EnvVarInsert = typeof envVars.$inferInsert;
export type EnvVarRow = Omit<typeof envVars.$inferSelect, 'organization_id' | 'sealed_value'>;
export type ProviderKeyRow = typeof providerKeys.$inferSelect;

/** Secrets by name, without their values. */
export function selectEnvVars(database: Database, organizationId: string): Promise<EnvVarRow[]> {
  return database
    .select(shown)
    .from(envVars)
    .where(eq(envVars.organization_id, organizationId))
    .orderBy(asc(envVars.name))
    .all();
}

export async function selectEnvVarNames(database: Database, organizationId: string): Promise<string[]> {
  const rows = await database
    .select({ name: envVars.name })
    .from(envVars)
    .where(eq(envVars.organization_id, organizationId))
    .orderBy(asc(envVars.name))
    .all();
  return rows.map((row) => row.name);
}

/** Sealed values of these names. The names go as one parameter: D1 takes 100 a statement. */
export function selectSealedEnvVars(database: Database, organizationId: string, names: readonly string[]) {
  return database
    .select({ name: envVars.name, sealed_value: envVars.sealed_value, allowed_hosts: envVars.allowed_hosts })
    .from(envVars)
    .where(
      and(
        eq(envVars.organization_id, organizationId),
        sql`${envVars.name} IN (SELECT value FROM json_each(${JSON.stringify(names)}))`,
      ),
    )
    .all();
}

export function insertEnvVar(database: Database, row: EnvVarInsert) {
  return database.insert(envVars).values(row).returning(shown);
}

/** Whether an insert failed because the organization has a secret of this name. */
export function isNameTaken(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause.message.includes('UNIQUE constraint failed: env_vars.')) return true;
  }
  return false;
}

function isEnvVar(organizationId: string, name: string) {
  return and(eq(envVars.organization_id, organizationId), eq(envVars.name, name));
}

export function updateEnvVar(
  database: Database,
  organizationId: string,
  name: string,
  fields: Partial<Pick<EnvVarInsert, 'sealed_value' | 'description' | 'allowed_hosts' | 'updated_at' | 'updated_by'>>,
) {
  return database.update(envVars).set(fields).where(isEnvVar(organizationId, name)).returning(shown);
}

export function selectEnvVar(database: Database, organizationId: string, name: string): Promise<EnvVarRow | undefined> {
  return database.select(shown).from(envVars).where(isEnvVar(organizationId, name)).get();
}

export function deleteEnvVar(database: Database, organizationId: string, name: string) {
  return database.delete(envVars).where(isEnvVar(organizationId, name));
}

/** Conditions for a batch's guard. */
export function envVarExists(organizationId: string, name: string) {
  return sql`EXISTS (SELECT 1 FROM ${envVars} WHERE ${isEnvVar(organizationId, name)})`;
}

export function hasFewerEnvVars(organizationId: string, most: number) {
  return sql`(SELECT count(*) FROM ${envVars} WHERE ${eq(envVars.organization_id, organizationId)}) < ${most}`;
}

export function selectProviderKeys(database: Database, organizationId: string): Promise<ProviderKeyRow[]> {
  return database
    .select()
    .from(providerKeys)
    .where(eq(providerKeys.organization_id, organizationId))
    .orderBy(asc(providerKeys.provider))
    .all();
}

/** Sets a provider's whole access, in place of the one that stood before. */
export function upsertProviderKey(database: Database, row: ProviderKeyRow) {
  const { organization_id: _organization, provider: _provider, ...changed } = row;
  return database
    .insert(providerKeys)
    .values(row)
    .onConflictDoUpdate({ target: [providerKeys.organization_id, providerKeys.provider], set: changed });
}

function isProviderKey(organizationId: string, provider: string) {
  return and(eq(providerKeys.organization_id, organizationId), eq(providerKeys.provider, provider));
}

export function deleteProviderKey(database: Database, organizationId: string, provider: string) {
  return database.delete(providerKeys).where(isProviderKey(organizationId, provider));
}

export function providerKeyExists(organizationId: string, provider: string) {
  return sql`EXISTS (SELECT 1 FROM ${providerKeys} WHERE ${isProviderKey(organizationId, provider)})`;
}
