import { type ChatConfig, chatConfig, type MaskedChatConfig, WEBHOOK_SECRETS } from '@agentflow/contracts';
import type { Env } from './env.ts';
import { invalid } from './errors.ts';
import { MASK, maskedText, maskedUrl } from './masks.ts';
import { organizationKey } from './organization-key.ts';
import { urlProblem } from './outbound.ts';
import { open, seal } from './vault.ts';

/** A chat's config as it is stored, and as it may be shown. */
export interface SealedChat<C extends ChatConfig = ChatConfig> {
  readonly config: C;
  readonly sealed: string;
  readonly masked: MaskedChatConfig;
}

/**
 * Seals what is given for its place, see `subscriptionPlace`. Secrets that come back as they are shown are those that are
 * stored. Throws `validation_failed`, with `field` before the path, for a mask of another one and for an address that can
 * never be called.
 */
export async function sealChat<C extends ChatConfig>(
  env: Env,
  at: { readonly organizationId: string; readonly place: string; readonly field: string },
  given: C,
  before: ChatConfig | null,
): Promise<SealedChat<C>> {
  const config = withKept(given, before, at.field);
  requireCallable(env, config, at.field);
  const key = await organizationKey(env, at.organizationId);
  return { config, sealed: await seal(key, JSON.stringify(config), at.place), masked: maskedChat(config) };
}

export async function openChat(env: Env, organizationId: string, place: string, sealed: string): Promise<ChatConfig> {
  return chatConfig.parse(JSON.parse(await open(await organizationKey(env, organizationId), sealed, place)));
}

function requireCallable(env: Env, config: ChatConfig, at: string): void {
  const url = secretOf(config, 'webhook_url');
  const problem = url === undefined ? null : urlProblem(env, url);
  if (problem !== null) throw invalid([{ path: `${at}.webhook_url`, message: problem }]);
}

function withKept<C extends ChatConfig>(given: C, before: ChatConfig | null, at: string): C {
  const kept: Record<string, string> = {};
  const shown = before === null ? null : maskedChat(before);
  for (const field of WEBHOOK_SECRETS) {
    const value = secretOf(given, field);
    if (value === undefined || !value.includes(MASK)) continue;
    const stored = before === null ? undefined : secretOf(before, field);
    if (stored === undefined || shown?.[field] !== value || before?.platform !== given.platform) {
      throw invalid([{ path: `${at}.${field}`, message: 'is masked, and not the one that is stored' }]);
    }
    kept[field] = stored;
  }
  return { ...given, ...kept };
}

type Secret = (typeof WEBHOOK_SECRETS)[number];

function secretOf(config: ChatConfig, field: Secret): string | undefined {
  return (config as Partial<Record<Secret, string>>)[field];
}

function maskedChat(config: ChatConfig): MaskedChatConfig {
  const hidden: Partial<Record<Secret, string>> = {};
  for (const field of WEBHOOK_SECRETS) {
    const value = secretOf(config, field);
    if (value !== undefined) hidden[field] = field === 'webhook_url' ? maskedUrl(value) : maskedText(value);
  }
  return { ...config, ...hidden };
}
