import type { SignatureScheme } from '@agentflow/contracts';
import { subscriptionPlace, type WebhookSecrets } from '../../../durable-objects/organization/client.ts';
import type { Env } from '../../platform/env.ts';
import { ApiError, invalid } from '../../platform/errors.ts';
import { MASK, maskedText } from '../../platform/masks.ts';
import { organizationKey } from '../../platform/organization-key.ts';
import { open, seal } from '../../platform/vault.ts';
import { newWebhookKeyPair, newWebhookSecret } from '../../platform/webhook-signature.ts';

/** Secrets that sign at the same time: the newest, and those whose overlap has not ended. */
const MOST_SECRETS = 4;

export interface NewSecret {
  readonly secret: string;
  readonly public_key: string | null;
  /** What its owner is shown, this once. */
  readonly shown: string;
}

/** A secret of the caller's own or a new one; a pair of keys for `v1a`, whose private one nobody ever sees. */
export async function newSecret(scheme: SignatureScheme, own: string | undefined): Promise<NewSecret> {
  if (scheme === 'v1a') {
    if (own !== undefined) throw invalid([{ path: 'secret', message: 'is for v1; the keys of v1a are made here' }]);
    const { secret, public_key } = await newWebhookKeyPair();
    return { secret, public_key, shown: public_key };
  }
  const secret = own ?? newWebhookSecret();
  return { secret, public_key: null, shown: secret };
}

export function hintOf({ shown }: NewSecret): string {
  return maskedText(shown);
}

export async function sealSecrets(
  env: Env,
  organizationId: string,
  webhookId: string,
  secrets: WebhookSecrets,
): Promise<string> {
  const key = await organizationKey(env, organizationId);
  return seal(key, JSON.stringify(secrets), subscriptionPlace(organizationId, webhookId));
}

export async function openSecrets(
  env: Env,
  organizationId: string,
  webhookId: string,
  sealed: string,
): Promise<WebhookSecrets> {
  const key = await organizationKey(env, organizationId);
  return JSON.parse(await open(key, sealed, subscriptionPlace(organizationId, webhookId))) as WebhookSecrets;
}

/**
 * The new secret before those that go on signing until their overlap ends. Throws `validation_failed` for one that signs
 * already, and `conflict` where too many do.
 */
export function rotated(
  { secrets }: Pick<WebhookSecrets, 'secrets'>,
  secret: string,
  overlapMs: number,
  now: number,
): WebhookSecrets['secrets'] {
  const still = secrets.filter(({ until }) => until === null || until > now);
  if (still.some((each) => each.secret === secret)) {
    throw invalid([{ path: 'secret', message: 'signs already: give another one' }]);
  }
  if (overlapMs === 0) return [{ secret, until: null }];
  if (still.length >= MOST_SECRETS) {
    throw new ApiError(
      'conflict',
      `${MOST_SECRETS} secrets sign already. Wait until an overlap ends, or rotate with overlap_seconds 0, which ends them all.`,
    );
  }
  const before = still.map((each) => ({ ...each, until: each.until ?? now + overlapMs }));
  return [{ secret, until: null }, ...before];
}

export function maskedHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, maskedText(value)]));
}

/** Values that come back as they are shown are those that are stored. */
export function keptHeaders(
  given: Readonly<Record<string, string>>,
  stored: Readonly<Record<string, string>>,
): Record<string, string> {
  const known = new Map(Object.entries(stored).map(([name, value]) => [name.toLowerCase(), value]));
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(given)) {
    const before = known.get(name.toLowerCase());
    if (before !== undefined && value === maskedText(before)) kept[name] = before;
    else if (value.includes(MASK)) {
      throw invalid([{ path: `headers.${name}`, message: 'is masked, and not the one that is stored' }]);
    } else kept[name] = value;
  }
  return kept;
}
