import { env } from 'cloudflare:workers';
import { MESSAGE_KINDS } from '@agentflow/contracts';
import { expect, inject, it } from 'vitest';
import { chatApis, exampleEvent, messageOf, sendMessage } from '../../../workers/chat/index.ts';
import { createMailer } from '../../../workers/platform/mail.ts';
import { guardedFetch } from '../../../workers/platform/outbound.ts';
import { mockConfig, receivedMessages } from '../../support/chat-servers.ts';
import { HOSTILE_TEXTS } from '../../unit/chat/hostile-texts.ts';

const OPTIONS = { organizationId: 'org_1', templates: {}, publicUrl: 'https://flows.example', buttons: true };

const PORTS = {
  fetch: (request: Request) => guardedFetch(env, request),
  mailer: null,
  apis: chatApis(env),
  idempotencyKey: 'dlv_1',
  timeout_ms: 15_000,
};

it.each([
  ['teams', 'webhook'],
  ['discord', 'webhook'],
  ['discord', 'api'],
  ['slack', 'webhook'],
  ['slack', 'api'],
  ['telegram', 'api'],
  ['generic', 'webhook'],
] as const)(
  'the Worker itself reaches %s (%s) through the guard, with every kind and every hostile text',
  async (platform, door) => {
    const name = `99${crypto.getRandomValues(new Uint32Array(1))[0]}`;
    const config = mockConfig(platform, name, door);
    const messages = await Promise.all(
      MESSAGE_KINDS.map(async (kind) => (await messageOf(exampleEvent(kind), OPTIONS)).message),
    );
    const hostile = HOSTILE_TEXTS.map(([, text]) => ({ ...messages[0], title: text, text }) as (typeof messages)[0]);
    for (const message of [...messages, ...hostile]) {
      const sent = await sendMessage(config, message, PORTS);
      expect(sent).toMatchObject({ outcome: 'delivered', plain: false });
    }
    expect(await receivedMessages(name)).toHaveLength(MESSAGE_KINDS.length + HOSTILE_TEXTS.length);
  },
);

it('an address that the guard forbids is refused, and nothing is sent', async () => {
  const { message } = await messageOf(exampleEvent('notice'), OPTIONS);
  const config = { platform: 'generic', webhook_url: 'http://10.0.0.1/hook' } as const;
  const sent = await sendMessage(config, message, PORTS);
  expect(sent).toMatchObject({ outcome: 'refused', status: null });
});

it('mails through the mail service, in one line of subject', async () => {
  const url = inject('mailServerUrl');
  const to = `chat-${crypto.randomUUID()}@example.com`;
  const mail = { MAIL_API_KEY: 're_test', MAIL_FROM: 'AgentFlow <flows@example.com>', MAIL_API_URL: url };
  const mailer = createMailer({ ...env, ...mail, OUTBOUND_ALLOW: new URL(url).host });
  const { message } = await messageOf(exampleEvent('result'), OPTIONS);
  const title = 'A title\r\nBcc: everybody@example.com';
  const config = { platform: 'email', to: [to] } as const;
  const sent = await sendMessage({ ...config, to: [to] }, { ...message, title }, { ...PORTS, mailer });
  expect(sent).toMatchObject({ outcome: 'delivered', error: null });
  const mails = (await (await fetch(`${url}/sent?to=${encodeURIComponent(to)}`)).json()) as {
    subject: string;
    to: string[];
  }[];
  expect(mails).toMatchObject([{ to: [to], subject: 'A title Bcc: everybody@example.com' }]);
});
