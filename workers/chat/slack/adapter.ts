import { byStatus, jsonOf, retryAfterMs, said } from '../answers.ts';
import type { ChatAnswer, ChatMessage, ConfigOf, HttpAdapter, Problem, Verdict } from '../port.ts';
import { cutTo, isVisible, oneLine, plainText, shown } from '../text.ts';

/**
 * Slack: an incoming webhook (https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks) or
 * chat.postMessage (https://docs.slack.dev/reference/methods/chat.postMessage), in Block Kit. Foreign text goes into
 * `plain_text` objects, which know no markup, no mentions and no links.
 */

type Config = ConfigOf<'slack'>;
type TextObject =
  | { readonly type: 'plain_text'; readonly text: string; readonly emoji: false }
  | { readonly type: 'mrkdwn'; readonly text: string; readonly verbatim: true };

interface Payload {
  readonly channel?: string;
  /** What notifications show. */
  readonly text: string;
  readonly mrkdwn: false;
  readonly unfurl_links: false;
  readonly unfurl_media: false;
  readonly blocks?: readonly object[];
}

// https://docs.slack.dev/reference/block-kit/blocks
const LIMITS = { header: 150, section: 3000, field: 2000, fields: 10, button: 75, url: 3000, text: 3500 } as const;
/** A name and a value each. */
const FACTS_PER_SECTION = LIMITS.fields / 2;
const MAX_FACTS = 20;

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };
/** https://docs.slack.dev/messaging/formatting-message-text#escaping */
function escapeSlack(text: string): string {
  return text.replace(/[&<>]/g, (character) => ENTITIES[character] as string);
}

const plainObject = (text: string, max: number, line = false): TextObject => ({
  type: 'plain_text',
  text: shown(text, max, { escaped: escapeSlack, line }),
  emoji: false,
});

function factSections(facts: ChatMessage['facts']): object[] {
  const sections: object[] = [];
  for (let start = 0; start < Math.min(facts.length, MAX_FACTS); start += FACTS_PER_SECTION) {
    const fields = facts.slice(start, start + FACTS_PER_SECTION).flatMap(({ name, value }) => [
      {
        type: 'mrkdwn',
        text: `*${shown(name.replace(/[*_~`]/g, ' '), 200, { escaped: escapeSlack, line: true })}*`,
        verbatim: true,
      },
      plainObject(value, 500),
    ]);
    sections.push({ type: 'section', fields });
  }
  return sections;
}

function button(text: string, more: object): object {
  return { type: 'button', text: plainObject(text, LIMITS.button, true), ...more };
}

function actionBlock({ actions, link }: ChatMessage, config: Config): object[] {
  const elements: object[] = [];
  // Without the signing secret nobody could tell whether a press is real.
  if (config.signing_secret !== undefined) {
    for (const { id, label, value } of actions) {
      elements.push(button(label, { action_id: id, value, style: id === 'approve' ? 'primary' : 'danger' }));
    }
  }
  if (link !== null && link.url.length <= LIMITS.url) {
    elements.push(button(link.label, { action_id: 'open', url: link.url }));
  }
  return elements.length === 0 ? [] : [{ type: 'actions', elements }];
}

function envelope(message: ChatMessage, config: Config): Payload {
  return {
    ...(config.channel === undefined ? {} : { channel: config.channel }),
    text: plainText(message, LIMITS.text, escapeSlack),
    mrkdwn: false,
    unfurl_links: false,
    unfurl_media: false,
  };
}

function format(message: ChatMessage, config: Config): Payload {
  const blocks: object[] = [{ type: 'header', text: plainObject(message.title, LIMITS.header, true) }];
  if (isVisible(message.text)) blocks.push({ type: 'section', text: plainObject(message.text, LIMITS.section) });
  blocks.push(...factSections(message.facts), ...actionBlock(message, config));
  return { ...envelope(message, config), text: cutTo(oneLine(message.title), 300, escapeSlack) || '–', blocks };
}

function problems({ bot_token }: Config): Problem[] {
  if (bot_token === undefined || /^xox[bep]/.test(bot_token)) return [];
  return [{ path: 'bot_token', message: 'must be a bot token: it begins with xoxb-' }];
}

/** Errors by which Slack says that it does not take this form of a message. */
const MALFORMED =
  /^(invalid_blocks|invalid_blocks_format|invalid_payload|invalid_attachments|no_text|missing_text_or_fallback_or_attachments|msg_too_long|msg_blocks_too_long|too_many_attachments|invalid_metadata_format|block_mismatch)$/;
const GONE =
  /^(no_service|no_service_id|no_team|no_active_hooks|channel_is_archived|is_archived|account_inactive|token_revoked|team_disabled)$/;
const BUSY = /^(ratelimited|rate_limited|message_limit_exceeded)$/;
const PASSING =
  /^(internal_error|fatal_error|service_unavailable|request_timeout|rollup_error|team_added_to_org|accesslimited)$/;

function byError(error: string, answer: ChatAnswer): Verdict | null {
  const told = said('Slack', answer, error);
  const retry_after_ms = retryAfterMs(answer, Date.now());
  if (BUSY.test(error)) return { outcome: 'rate_limited', error: told, retry_after_ms };
  if (PASSING.test(error)) return { outcome: 'failed', error: told, retry_after_ms };
  if (MALFORMED.test(error)) return { outcome: 'malformed', error: told };
  if (GONE.test(error)) return { outcome: 'gone', error: told };
  return null;
}

function classifyWebhook(answer: ChatAnswer): Verdict {
  if (answer.status >= 200 && answer.status < 300) return { outcome: 'delivered', message_ref: null };
  const error = /^[a-z_]{3,60}$/.exec(answer.body.trim())?.[0] ?? null;
  const known = error === null ? null : byError(error, answer);
  if (known !== null) return known;
  const told = said('Slack', answer, error);
  if (answer.status === 404) return { outcome: error === 'channel_not_found' ? 'refused' : 'gone', error: told };
  if (error === 'user_not_found') return { outcome: 'refused', error: told };
  return byStatus(answer, told);
}

function classifyCall(answer: ChatAnswer): Verdict {
  const body = jsonOf(answer);
  const error = typeof body?.error === 'string' ? body.error : null;
  if (body?.ok === true) {
    const { channel, ts } = body;
    return { outcome: 'delivered', message_ref: typeof ts === 'string' ? `${String(channel)}:${ts}` : null };
  }
  const known = error === null ? null : byError(error, answer);
  if (known !== null) return known;
  const told = said('Slack', answer, error ?? 'no answer of its API');
  // Every refusal of the API comes with status 200.
  if (body?.ok === false) return { outcome: 'refused', error: told };
  return byStatus(answer, told);
}

export const slackAdapter: HttpAdapter<Config, Payload> = {
  transport: 'http',
  platform: 'slack',
  version: 1,
  sample: {
    platform: 'slack',
    bot_token: 'xoxb-sample',
    channel: '#operations',
    signing_secret: '0'.repeat(32),
  },
  problems,
  format,
  plain: envelope,
  async request(config, payload, { apis }) {
    const body = JSON.stringify(payload);
    const headers = { 'content-type': 'application/json; charset=utf-8' };
    if (config.webhook_url !== undefined) return { url: config.webhook_url, method: 'POST', headers, body };
    const authorization = `Bearer ${config.bot_token}`;
    return { url: `${apis.slack}/chat.postMessage`, method: 'POST', headers: { ...headers, authorization }, body };
  },
  classify: (answer, config) => (config.webhook_url === undefined ? classifyCall(answer) : classifyWebhook(answer)),
};
