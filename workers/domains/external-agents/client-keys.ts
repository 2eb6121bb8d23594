import type { ConsentDecisionRequest } from '@agentflow/contracts';
import { type AuditOrigin, organizationDesk } from '../../../durable-objects/organization/client.ts';
import { db } from '../../db/client.ts';
import type { RequestContext } from '../../platform/context.ts';
import type { Env } from '../../platform/env.ts';
import { notFound } from '../../platform/errors.ts';
import { newId } from '../../platform/ids.ts';
import { newExternalKey, parseApiKey } from '../../platform/keys.ts';
import { auditOrigin } from '../audit/index.ts';
import { createExternalAgent } from './external-agents.ts';
import { clientKeyName } from './present.ts';
import { selectKeys } from './queries.ts';

const KEYS_SEEN = 200;

export interface ClientKey {
  /** In full: only the client's own token opens it. */
  readonly key: string;
  readonly key_id: string;
  readonly external_agent_id: string;
}

/** A client of the authorization server, by what it says of itself. */
interface Client {
  readonly id: string;
  readonly name: string;
}

/**
 * The key by which a client acts as an external agent, with the consent of whoever asks. It stands beside the agent's other
 * keys and is revoked like them; the one that the client had before is revoked by it.
 */
export async function grantClientKey(
  ctx: RequestContext,
  client: Client,
  as: Pick<ConsentDecisionRequest, 'external_agent_id' | 'new_external_agent'>,
): Promise<ClientKey> {
  const name = clientKeyName(client);
  if (as.new_external_agent !== undefined) {
    const { id, api_key, key_id } = await createExternalAgent(ctx, newAgentOf(as.new_external_agent), name);
    return { key: api_key, key_id, external_agent_id: id };
  }
  const id = as.external_agent_id ?? '';
  const { organizationId } = ctx;
  const desk = organizationDesk(ctx.env.ORGANIZATION, organizationId);
  if ((await desk.externalAgent(id)) === null) throw notFound('external agent', id);
  const now = ctx.now();
  const { key, prefix, key_hash } = await newExternalKey(organizationId);
  const key_id = newId('apiKey', now);
  const before = await selectKeys(db(ctx.env, organizationId), organizationId, id, KEYS_SEEN);
  const record = { id: key_id, name, prefix, key_hash, scopes: [], created_at: now, created_by: ctx.actor.id };
  await desk.createKey(organizationId, { ...record, expires_at: null, external_agent_id: id }, auditOrigin(ctx));
  for (const old of before) {
    if (old.name === name && old.revoked_at === null) await desk.revokeKey(old.id, id, auditOrigin(ctx));
  }
  return { key, key_id, external_agent_id: id };
}

function newAgentOf({ name, agents, operations }: NonNullable<ConsentDecisionRequest['new_external_agent']>) {
  return {
    name,
    agents,
    operations,
    platform: 'custom' as const,
    description: '',
    config: {},
    webhook_config: null,
    budget: null,
    rate_limits: null,
    max_concurrency: null,
    recording: { payloads: true, redact: [] },
  };
}

/** Whether the desk still knows a key: neither revoked nor expired nor of a deleted external agent. */
export async function clientKeyLives(env: Env, key: string): Promise<boolean> {
  const parsed = await parseApiKey(key);
  if (parsed === null) return false;
  const desk = organizationDesk(env.ORGANIZATION, parsed.organization_id);
  const checked = await desk.authenticate({ key_hash: parsed.key_hash, ip: '' });
  return checked.ok || !['unauthenticated', 'token_expired'].includes(checked.code);
}

/** The client has given its access back. */
export async function revokeClientKey(
  env: Env,
  organizationId: string,
  { external_agent_id, key_id }: Omit<ClientKey, 'key'>,
  origin: AuditOrigin,
): Promise<void> {
  await organizationDesk(env.ORGANIZATION, organizationId).revokeKey(key_id, external_agent_id, origin);
}
