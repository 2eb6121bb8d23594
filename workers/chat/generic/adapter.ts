import { webhookHeaders } from '../../platform/webhook-signature.ts';
import { byStatus, retryAfterMs, said } from '../answers.ts';
import type { ChatAnswer, ChatMessage, ConfigOf, HttpAdapter, MessageSource, Verdict } from '../port.ts';
import { clean, cutTo, oneLine } from '../text.ts';

/** Any receiver of JSON: the body of a webhook, and the message in words. */

type Config = ConfigOf<'generic'>;

interface Payload extends MessageSource {
  readonly message: Pick<ChatMessage, 'kind' | 'tone' | 'title' | 'text' | 'facts' | 'link'>;
}

const LIMITS = { title: 300, text: 20_000, facts: 20, value: 1000 } as const;

function worded({ kind, tone, title, text, facts, link }: ChatMessage): Payload['message'] {
  return {
    kind,
    tone,
    title: cutTo(oneLine(title), LIMITS.title),
    text: cutTo(clean(text), LIMITS.text),
    facts: facts.slice(0, LIMITS.facts).map(({ name, value }) => ({
      name: cutTo(oneLine(name), LIMITS.title),
      value: cutTo(clean(value), LIMITS.value),
    })),
    link,
  };
}

const format = (message: ChatMessage): Payload => ({ ...message.event, message: worded(message) });

function classify(answer: ChatAnswer): Verdict {
  const { status } = answer;
  if (status >= 200 && status < 300) return { outcome: 'delivered', message_ref: null };
  const told = said('The receiver', answer);
  // As for webhooks: whatever else it says, it may say otherwise at the next try.
  if (status === 410 || status === 429) return byStatus(answer, told);
  return { outcome: 'failed', error: told, retry_after_ms: status === 503 ? retryAfterMs(answer, Date.now()) : null };
}

export const genericAdapter: HttpAdapter<Config, Payload> = {
  transport: 'http',
  platform: 'generic',
  version: 1,
  sample: { platform: 'generic', webhook_url: 'https://receiver.example/hooks' },
  problems: () => [],
  format,
  plain: format,
  async request({ webhook_url, secret }, payload) {
    const body = JSON.stringify(payload);
    const attempt = { id: payload.id, timestamp: Math.floor(Date.now() / 1000) };
    const signature = secret === undefined ? { 'webhook-id': payload.id } : await webhookHeaders(secret, attempt, body);
    return { url: webhook_url, method: 'POST', headers: { 'content-type': 'application/json', ...signature }, body };
  },
  classify,
};
