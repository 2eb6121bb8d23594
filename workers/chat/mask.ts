import { type ChatConfig, WEBHOOK_SECRETS } from '@agentflow/contracts';
import { MASK, maskedUrl } from '../platform/masks.ts';

/** What opens a chat: the config's secrets, and the part of its address that is one. */
function secretsOf(config: ChatConfig): string[] {
  const fields = config as Partial<Record<string, unknown>>;
  const secrets: string[] = [];
  for (const name of WEBHOOK_SECRETS) {
    const value = fields[name];
    if (typeof value !== 'string') continue;
    secrets.push(value);
    if (name === 'webhook_url') {
      const { pathname, search } = new URL(value);
      secrets.push(...[`${pathname}${search}`, pathname].filter((part) => part.length > 8));
    }
  }
  return secrets.sort((one, other) => other.length - one.length);
}

/** Takes the secrets of a config out of whatever is kept or shown of a call. */
export function masking(config: ChatConfig): (text: string) => string {
  const secrets = secretsOf(config);
  return (text) => secrets.reduce((rest, secret) => rest.replaceAll(secret, MASK), text);
}

/** Where a call went, as it may be kept. */
export function maskedAddress(url: string, config: ChatConfig): string {
  const isWebhook = 'webhook_url' in config && config.webhook_url !== undefined;
  return isWebhook ? maskedUrl(url) : masking(config)(url);
}
