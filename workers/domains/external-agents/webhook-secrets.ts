import { type MaskedWebhookConfig, WEBHOOK_SECRETS, type WebhookConfig, webhookConfig } from '@agentflow/contracts';
import type { ExternalAgentRecord } from '../../../durable-objects/organization/client.ts';
import type { Env } from '../../platform/env.ts';
import { invalid } from '../../platform/errors.ts';
import { organizationKey } from '../../platform/organization-key.ts';
import { open, seal } from '../../platform/vault.ts';

type Stored = Pick<ExternalAgentRecord, 'webhook_sealed' | 'webhook_masked'>;

const HINT_CHARACTERS = 4;

function placeOf(organizationId: string, externalAgentId: string): string {
  return `external_agent_webhook:${organizationId}:${externalAgentId}`;
}

/** Seals what is given; secrets that come back as they are shown are those that are stored. */
export async function sealWebhook(
  env: Env,
  organizationId: string,
  externalAgentId: string,
  given: WebhookConfig | null,
  stored: Stored | null,
): Promise<Stored> {
  if (given === null) return { webhook_sealed: null, webhook_masked: null };
  const key = await organizationKey(env, organizationId);
  const place = placeOf(organizationId, externalAgentId);
  const before =
    stored?.webhook_sealed == null
      ? null
      : webhookConfig.parse(JSON.parse(await open(key, stored.webhook_sealed, place)));
  const config = withKept(given, before);
  return { webhook_sealed: await seal(key, JSON.stringify(config), place), webhook_masked: masked(config) };
}

function withKept(given: WebhookConfig, before: WebhookConfig | null): WebhookConfig {
  const kept: Record<string, string> = {};
  const shown: MaskedWebhookConfig | null = before === null ? null : masked(before);
  for (const field of WEBHOOK_SECRETS) {
    const value = (given as Partial<Record<string, string>>)[field];
    if (value === undefined || !value.includes(MASK)) continue;
    const stored = (before as Partial<Record<string, string>> | null)?.[field];
    if (stored === undefined || shown?.[field] !== value || before?.platform !== given.platform) {
      throw invalid([{ path: `webhook_config.${field}`, message: 'is masked, and not the one that is stored' }]);
    }
    kept[field] = stored;
  }
  return { ...given, ...kept };
}

/** Stands for what is left out; it has no place in a token or an address. */
const MASK = '***';

function masked(config: WebhookConfig): MaskedWebhookConfig {
  const { webhook_url, bot_token } = config as MaskedWebhookConfig;
  return {
    ...config,
    ...(webhook_url === undefined ? {} : { webhook_url: maskedUrl(webhook_url) }),
    ...(bot_token === undefined ? {} : { bot_token: `${MASK}${bot_token.slice(-HINT_CHARACTERS)}` }),
  };
}

function maskedUrl(text: string): string {
  const { origin } = new URL(text);
  return `${origin}/${MASK}${text.length - origin.length > 12 ? text.slice(-HINT_CHARACTERS) : ''}`;
}
