import { CHAT_PLATFORMS, type ChatConfig, MESSAGE_KINDS } from '@agentflow/contracts';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { exampleEvent } from '../../../workers/chat/messages/examples.ts';
import { messageOf } from '../../../workers/chat/messages/message-of.ts';
import type { SendPorts } from '../../../workers/chat/port.ts';
import { sendMessage } from '../../../workers/chat/send.ts';
import { OutboundError } from '../../../workers/platform/outbound/error.ts';
import { mockApis, mockConfig, planAnswers, receivedMessages } from '../../support/chat-servers.ts';

const HTTP_PLATFORMS = CHAT_PLATFORMS.filter((platform) => platform !== 'email');
const DOORS = [
  ...HTTP_PLATFORMS.filter((platform) => platform !== 'telegram').map((platform) => [platform, 'webhook'] as const),
  ['discord', 'api'],
  ['slack', 'api'],
  ['telegram', 'api'],
] as const;

let names = 0;
/** Digits, as the ids of Discord and Telegram are. */
const freshName = () => `77${process.pid}${Date.now()}${++names}`.slice(0, 24);

function ports(more: Partial<SendPorts> = {}): SendPorts {
  return {
    fetch: (request) => fetch(request),
    mailer: null,
    apis: mockApis(),
    idempotencyKey: 'dlv_1',
    timeout_ms: 5000,
    ...more,
  };
}

async function exampleMessage(kind: (typeof MESSAGE_KINDS)[number] = 'approval') {
  const options = { organizationId: 'org_1', templates: {}, publicUrl: 'https://flows.example', buttons: true };
  return (await messageOf(exampleEvent(kind), options)).message;
}

describe.each(DOORS)('sending to %s (%s)', (platform, door) => {
  const at = () => {
    const name = freshName();
    return { name, config: mockConfig(platform, name, door) };
  };

  it('every kind of message is taken', async () => {
    const { name, config } = at();
    for (const kind of MESSAGE_KINDS) {
      const sent = await sendMessage(config, await exampleMessage(kind), ports({ idempotencyKey: kind }));
      expect(sent).toMatchObject({ outcome: 'delivered', error: null, plain: false, adapter_version: 1 });
      expect(sent.status).toBeLessThan(300);
    }
    expect(await receivedMessages(name)).toHaveLength(MESSAGE_KINDS.length);
  });

  it('keeps what was sent and answered, and nothing that opens the chat', async () => {
    const { name, config } = at();
    const sent = await sendMessage(config, await exampleMessage(), ports());
    const [received] = await receivedMessages(name);
    expect(sent.request.body).toBe(received?.body);
    expect(sent.response.body).toBe(received?.answer);
    for (const secret of secretsOf(config)) expect(JSON.stringify(sent)).not.toContain(secret);
    expect(`${sent.request.url} ${sent.request.headers.authorization}`).toContain('***');
  });

  it('masks what a platform repeats of its secrets', async () => {
    const { name, config } = at();
    const body = `no: ${secretsOf(config).join(' ')}`;
    await planAnswers(name, { times: 1, answer: { status: 500, headers: { 'x-echo': body }, body } });
    const sent = await sendMessage(config, await exampleMessage(), ports());
    expect(sent).toMatchObject({ outcome: 'failed', status: 500 });
    for (const secret of secretsOf(config)) expect(JSON.stringify(sent)).not.toContain(secret);
  });

  it('keeps 16 KB of an answer', async () => {
    const { name, config } = at();
    await planAnswers(name, { times: 1, answer: { status: 500, headers: {}, body: 'x'.repeat(50_000) } });
    const sent = await sendMessage(config, await exampleMessage(), ports());
    expect(sent.response).toMatchObject({ body: 'x'.repeat(16_384), truncated: true });
  });

  it('tells a hang, a lost connection and a forbidden address apart', async () => {
    const { config } = at();
    const message = await exampleMessage();
    const hang = await sendMessage(config, message, ports({ fetch: hanging, timeout_ms: 20 }));
    expect(hang).toMatchObject({ outcome: 'failed', status: null, error: 'no answer within 20 ms' });
    const lost = new OutboundError('outbound_network', 'chat.example could not be reached.');
    expect(await sendMessage(config, message, ports({ fetch: () => Promise.reject(lost) }))).toMatchObject({
      outcome: 'failed',
      error: lost.message,
    });
    const blocked = new OutboundError('outbound_blocked', 'That address is private.');
    expect(await sendMessage(config, message, ports({ fetch: () => Promise.reject(blocked) }))).toMatchObject({
      outcome: 'refused',
      error: blocked.message,
    });
  });
});

describe.each([
  ['slack', 'webhook', 'invalid_blocks'],
  ['slack', 'api', 'invalid_blocks'],
  ['discord', 'webhook', 'code 50035'],
  ['discord', 'api', 'code 50035'],
  ['telegram', 'api', "Bad Request: can't parse entities: Character '-' is reserved"],
  ['teams', 'webhook', 'TriggerInputSchemaMismatch'],
] as const)('%s (%s) refuses the rich form', (platform, door, answer) => {
  it('and gets the plain one, once', async () => {
    const name = freshName();
    await planAnswers(name, { times: 1, rich: true, answer });
    const sent = await sendMessage(mockConfig(platform, name, door), await exampleMessage(), ports());
    expect(sent).toMatchObject({ outcome: 'delivered', plain: true });
    expect(sent.error).toContain('answered');
    const received = await receivedMessages(name);
    expect(received).toHaveLength(2);
    expect(received[1]?.body).toContain('Pay 1,280');
    expect(received[1]?.body).not.toContain('approve:');
  });

  it('and the plain one, too: nothing more is tried', async () => {
    const name = freshName();
    await planAnswers(name, { times: 5, answer });
    const sent = await sendMessage(mockConfig(platform, name, door), await exampleMessage(), ports());
    expect(sent).toMatchObject({ outcome: 'refused', plain: true, retry_after_ms: null });
    expect(await receivedMessages(name)).toHaveLength(2);
  });
});

it('follows a Telegram group that has become another', async () => {
  const name = freshName();
  await planAnswers(name, { times: 1, answer: 'Bad Request: group chat was upgraded to a supergroup chat' });
  const sent = await sendMessage(mockConfig('telegram', name), await exampleMessage(), ports());
  expect(sent).toMatchObject({
    outcome: 'delivered',
    plain: false,
    error: 'The chat is -1009 now: change the chat_id.',
  });
  expect((await receivedMessages('-1009')).length).toBeGreaterThan(0);
});

it('sends a message of a Discord bot under one nonce for all attempts', async () => {
  const name = freshName();
  const config = mockConfig('discord', name, 'api');
  for (const idempotencyKey of ['dlv_a', 'dlv_a', 'dlv_b']) {
    await sendMessage(config, await exampleMessage(), ports({ idempotencyKey }));
  }
  const [first, second, third] = (await receivedMessages(name)).map(({ message }) => message);
  expect(first).toMatchObject({ enforce_nonce: true, nonce: second?.nonce });
  expect(third?.nonce).not.toBe(first?.nonce);
});

it('signs what a receiver of JSON gets', async () => {
  const name = freshName();
  const config = mockConfig('generic', name) as Extract<ChatConfig, { platform: 'generic' }>;
  await sendMessage(config, await exampleMessage('result'), ports());
  const [received] = await receivedMessages(name);
  const verified = new Webhook(config.secret ?? '').verify(received?.body ?? '', received?.headers ?? {});
  expect(verified).toMatchObject({ type: 'external_agent.invoked', message: { kind: 'result' } });
});

it('mails each address under a key of its own', async () => {
  const mails: [to: string, key: string][] = [];
  const taken = new Set<string>();
  const mailer: SendPorts['mailer'] = {
    async send({ to }, key) {
      mails.push([to, key]);
      if (to.startsWith('down') && taken.size < 1) {
        return { sent: false, reason: 'the mail service answered 500', retryable: true, retry_after_ms: null };
      }
      taken.add(key);
      return { sent: true, id: `mail-${taken.size}` };
    },
  };
  const config: ChatConfig = { platform: 'email', to: ['down@example.com', 'ada@example.com'] };
  const first = await sendMessage(config, await exampleMessage(), ports({ mailer }));
  expect(first).toMatchObject({
    outcome: 'failed',
    error: '1 of 2 mails were not taken: the mail service answered 500',
  });
  const second = await sendMessage(config, await exampleMessage(), ports({ mailer }));
  expect(second).toMatchObject({ outcome: 'delivered', status: null });
  expect(mails.map(([, key]) => key)).toEqual([
    'dlv_1/down@example.com',
    'dlv_1/ada@example.com',
    'dlv_1/down@example.com',
    'dlv_1/ada@example.com',
  ]);
});

it('mails nobody where nobody is left', async () => {
  const mailer: SendPorts['mailer'] = { send: () => Promise.reject(new Error('nobody to send to')) };
  const sent = await sendMessage({ platform: 'email', to: [] }, await exampleMessage(), ports({ mailer }));
  expect(sent).toMatchObject({ outcome: 'refused', error: 'No address is left that belongs to a member.' });
});

it('says that no mail is set up', async () => {
  const config: ChatConfig = { platform: 'email', to: ['ada@example.com'] };
  expect(await sendMessage(config, await exampleMessage(), ports())).toMatchObject({
    outcome: 'refused',
    error: 'no mail is set up here',
  });
});

const hanging = (request: Request) =>
  new Promise<Response>((_, reject) => {
    request.signal.addEventListener('abort', () => reject(request.signal.reason));
  });

function secretsOf(config: ChatConfig): string[] {
  const { webhook_url, bot_token, signing_secret, secret } = config as Record<string, string | undefined>;
  return [webhook_url, bot_token, signing_secret, secret].filter((value) => value !== undefined);
}
