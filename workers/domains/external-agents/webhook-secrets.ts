import { type MaskedWebhookConfig, maskedWebhookConfig, type WebhookConfig } from '@agentflow/contracts';
import { type ExternalAgentRecord, subscriptionPlace } from '../../../durable-objects/organization/client.ts';
import { configProblems } from '../../chat/index.ts';
import { openChat, sealChat } from '../../platform/chat-secrets.ts';
import type { Env } from '../../platform/env.ts';
import { invalid } from '../../platform/errors.ts';

type Stored = Pick<ExternalAgentRecord, 'webhook_sealed' | 'webhook_masked' | 'webhook_disabled'>;

/** Seals what is given; secrets that come back as they are shown are those that are stored. */
export async function sealWebhook(
  env: Env,
  organizationId: string,
  externalAgentId: string,
  given: WebhookConfig | null,
  stored: Stored | null,
): Promise<Stored> {
  if (given === null) return { webhook_sealed: null, webhook_masked: null, webhook_disabled: null };
  const place = subscriptionPlace(organizationId, externalAgentId);
  const before =
    stored?.webhook_sealed == null ? null : await openChat(env, organizationId, place, stored.webhook_sealed);
  const at = { organizationId, place, field: 'webhook_config' };
  const { config, sealed, masked } = await sealChat(env, at, given, before);
  const problems = configProblems(config);
  if (problems.length > 0) {
    throw invalid(problems.map(({ path, message }) => ({ path: `webhook_config.${path}`, message })));
  }
  const shown: MaskedWebhookConfig = maskedWebhookConfig.parse(masked);
  return { webhook_sealed: sealed, webhook_masked: shown, webhook_disabled: null };
}
