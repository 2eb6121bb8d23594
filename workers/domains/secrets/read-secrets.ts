import { db } from '../../db/client.ts';
import type { Env } from '../../platform/env.ts';
import { organizationKey } from '../../platform/organization-key.ts';
import { createLogger, describeError } from '../../platform/telemetry.ts';
import { open } from '../../platform/vault.ts';
import { envVarPlace } from './places.ts';
import { hostsOf } from './present.ts';
import { selectEnvVarNames, selectSealedEnvVars } from './queries.ts';

/** A secret as a request needs it. `unreadable` is one whose row does not open: tampered with, or its master key is gone. */
type SecretReading =
  | { readonly kind: 'opened'; readonly value: string; readonly allowed_hosts: readonly string[] }
  | { readonly kind: 'unreadable' };

/** Opens the secrets of these names, in one read; names that the organization does not have are left out. */
export async function readSecrets(
  env: Env,
  organizationId: string,
  names: readonly string[],
): Promise<ReadonlyMap<string, SecretReading>> {
  const rows = await selectSealedEnvVars(db(env, organizationId), organizationId, names);
  const readings = await Promise.all(
    rows.map(async (row): Promise<[string, SecretReading]> => {
      try {
        const key = await organizationKey(env, organizationId);
        const value = await open(key, row.sealed_value, envVarPlace(organizationId, row.name));
        return [row.name, { kind: 'opened', value, allowed_hosts: hostsOf(row.allowed_hosts) }];
      } catch (error) {
        const logger = createLogger({ organization_id: organizationId }, { level: env.LOG_LEVEL });
        logger.log('error', 'secret.unreadable', { name: row.name, ...describeError(error) });
        return [row.name, { kind: 'unreadable' }];
      }
    }),
  );
  return new Map(readings);
}

/** Names that `{{env.NAME}}` may use. */
export function secretNames(env: Env, organizationId: string): Promise<string[]> {
  return selectEnvVarNames(db(env, organizationId), organizationId);
}
