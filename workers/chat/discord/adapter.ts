import { sha256Hex } from '../../platform/digest.ts';
import { byStatus, jsonOf, retryAfterMs, said, secondsToMs } from '../answers.ts';
import type { ChatAnswer, ChatMessage, ConfigOf, HttpAdapter, Problem, RequestContext, Verdict } from '../port.ts';
import { isVisible, plainText, shown } from '../text.ts';

/**
 * Discord: a channel's webhook (https://discord.com/developers/docs/resources/webhook#execute-webhook) or a bot
 * (https://discord.com/developers/docs/resources/message#create-message), with an embed. Every character that could begin
 * markup is escaped, and `allowed_mentions` switches all mentions off.
 */

type Config = ConfigOf<'discord'>;

interface Payload {
  readonly content?: string;
  readonly username?: string;
  readonly embeds?: readonly object[];
  readonly components?: readonly object[];
  readonly allowed_mentions: { readonly parse: readonly [] };
  readonly flags?: number;
}

// https://discord.com/developers/docs/resources/message#embed-object-embed-limits allows more each, and 6000 in all.
const LIMITS = { title: 256, description: 3000, facts: 10, name: 60, value: 180, content: 2000, label: 80, url: 2000 };
const COLORS = { good: 0x2e7d32, bad: 0xc62828, waiting: 0xf9a825, neutral: 0x546e7a } as const;
const SUPPRESS_EMBEDS = 1 << 2;
const NONCE_CHARACTERS = 25;

/** A backslash makes any punctuation literal; `<` and `@` are what mentions, emoji and time stamps begin with. */
function escapeDiscord(text: string): string {
  return text.replace(/[\\*_~`|>#\-[\]()<@]/g, '\\$&');
}

const escapedText = (text: string, max: number, line = false) => shown(text, max, { escaped: escapeDiscord, line });

function embed(message: ChatMessage): object {
  const { title, text, facts, link, tone, event } = message;
  return {
    title: escapedText(title, LIMITS.title, true),
    ...(isVisible(text) ? { description: escapedText(text, LIMITS.description) } : {}),
    ...(link !== null && link.url.length <= LIMITS.url ? { url: link.url } : {}),
    color: COLORS[tone],
    timestamp: event.timestamp,
    fields: facts.slice(0, LIMITS.facts).map(({ name, value }) => ({
      name: escapedText(name, LIMITS.name, true),
      value: escapedText(value, LIMITS.value),
      inline: true,
    })),
  };
}

// https://discord.com/developers/docs/components/reference#button
const BUTTON = 2;
const ROW = 1;
const STYLES = { approve: 3, deny: 4 } as const;

/** Without the application's public key nobody could tell whether a press is real. */
function components({ actions }: ChatMessage, config: Config): Pick<Payload, 'components'> {
  if (config.public_key === undefined || actions.length === 0) return {};
  const buttons = actions.map(({ id, label, value }) => ({
    type: BUTTON,
    style: STYLES[id],
    label: shown(label, LIMITS.label, { line: true }),
    custom_id: value,
  }));
  return { components: [{ type: ROW, components: buttons }] };
}

const nameOf = ({ username, bot_token }: Config) =>
  username === undefined || bot_token !== undefined ? {} : { username };

function format(message: ChatMessage, config: Config): Payload {
  return {
    ...nameOf(config),
    embeds: [embed(message)],
    ...components(message, config),
    allowed_mentions: { parse: [] },
  };
}

function plain(message: ChatMessage, config: Config): Payload {
  return {
    ...nameOf(config),
    content: plainText(message, LIMITS.content, escapeDiscord, (url) => `<${url}>`),
    allowed_mentions: { parse: [] },
    flags: SUPPRESS_EMBEDS,
  };
}

// https://discord.com/developers/docs/resources/user#usernames-and-nicknames
const FORBIDDEN_NAME = /discord|clyde|[@#:]|```|^(everyone|here)$/i;

function problems(config: Config): Problem[] {
  const found: Problem[] = [];
  if (config.webhook_url !== undefined && !/\/webhooks\/\d+\/[\w-]+\/?$/.test(new URL(config.webhook_url).pathname)) {
    found.push({ path: 'webhook_url', message: "must be a channel's webhook: …/api/webhooks/<number>/<token>" });
  }
  if (config.username !== undefined && FORBIDDEN_NAME.test(config.username)) {
    found.push({ path: 'username', message: 'must not contain discord, clyde, @, #, : or ```' });
  }
  return found;
}

async function request(config: Config, payload: Payload, context: RequestContext) {
  const headers = { 'content-type': 'application/json' };
  if (config.webhook_url !== undefined) {
    const url = new URL(config.webhook_url);
    // Without it Discord answers before it has looked at the message.
    url.searchParams.set('wait', 'true');
    return { url: url.href, method: 'POST', headers, body: JSON.stringify(payload) } as const;
  }
  // Discord makes one message of what comes twice under a nonce, for some minutes.
  const nonce = (await sha256Hex(`${config.channel_id}:${context.idempotencyKey}`)).slice(0, NONCE_CHARACTERS);
  return {
    url: `${context.apis.discord}/channels/${config.channel_id}/messages`,
    method: 'POST',
    headers: { ...headers, authorization: `Bot ${config.bot_token}` },
    body: JSON.stringify({ ...payload, nonce, enforce_nonce: true }),
  } as const;
}

// https://discord.com/developers/docs/topics/opcodes-and-status-codes#json
const CODES: Readonly<Record<number, 'gone' | 'refused' | 'malformed'>> = {
  10003: 'gone', // unknown channel
  10015: 'gone', // unknown webhook
  50027: 'gone', // invalid webhook token
  50001: 'refused', // missing access
  50008: 'refused', // no messages in this kind of channel
  50013: 'refused', // missing permissions
  50006: 'malformed', // empty message
  50035: 'malformed', // invalid form body
  50109: 'malformed', // invalid JSON
};

function resetAfterMs({ headers }: ChatAnswer): number | null {
  return secondsToMs(Number.parseFloat(headers['x-ratelimit-reset-after'] ?? ''));
}

function classify(answer: ChatAnswer): Verdict {
  const body = jsonOf(answer);
  if (answer.status >= 200 && answer.status < 300) {
    const spent = answer.headers['x-ratelimit-remaining'] === '0';
    const id = body?.id;
    return {
      outcome: 'delivered',
      message_ref: typeof id === 'string' ? id : null,
      pause_ms: spent ? resetAfterMs(answer) : null,
    };
  }
  const told = said('Discord', answer, typeof body?.message === 'string' ? body.message : null);
  if (answer.status === 429) {
    const wait = secondsToMs(body?.retry_after) ?? resetAfterMs(answer) ?? retryAfterMs(answer, Date.now());
    return { outcome: 'rate_limited', error: told, retry_after_ms: wait };
  }
  const known = typeof body?.code === 'number' ? CODES[body.code] : undefined;
  return known === undefined ? byStatus(answer, told) : { outcome: known, error: told };
}

export const discordAdapter: HttpAdapter<Config, Payload> = {
  transport: 'http',
  platform: 'discord',
  version: 1,
  sample: { platform: 'discord', bot_token: 'sample', channel_id: '112233445566778899', public_key: '0'.repeat(64) },
  problems,
  format,
  plain,
  request,
  classify,
};
