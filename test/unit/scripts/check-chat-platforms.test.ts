import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { MESSAGE_KINDS } from '@agentflow/contracts';
import { expect, inject, it } from 'vitest';
import { mockApis, planAnswers, receivedMessages } from '../../support/chat-servers.ts';

const ROOT = join(import.meta.dirname, '../../..');

/** Runs the check with these variables and no others of the machine's. */
function check(variables: Record<string, string>): Promise<{ code: number | null; output: string }> {
  const { slack, discord, telegram } = mockApis();
  const child = spawn(join(ROOT, 'node_modules/.bin/node'), ['scripts/check-chat-platforms.mjs'], {
    cwd: ROOT,
    env: {
      PATH: process.env.PATH,
      SLACK_API_URL: slack,
      DISCORD_API_URL: discord,
      TELEGRAM_API_URL: telegram,
      MAIL_API_URL: inject('mailServerUrl'),
      OUTBOUND_ALLOW: new URL(inject('mailServerUrl')).host,
      ...variables,
    },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output }));
  });
}

const slackHook = (name: string) => `${inject('chatPlatformsUrl')}/slack/services/T1/B1/${name}`;

it('sends one of each kind to everything that is set, and prints no secret', async () => {
  const name = `88${Date.now()}`;
  const url = inject('chatPlatformsUrl');
  const secrets = {
    CHECK_TEAMS_WEBHOOK_URL: `${url}/teams/workflows/${name}`,
    CHECK_DISCORD_WEBHOOK_URL: `${url}/discord/api/webhooks/1/${name}`,
    CHECK_DISCORD_BOT_TOKEN: 'secret-discord-token',
    CHECK_SLACK_WEBHOOK_URL: slackHook(name),
    CHECK_SLACK_BOT_TOKEN: 'xoxb-secret-token',
    CHECK_TELEGRAM_BOT_TOKEN: `4242:${'secret-'.repeat(5)}`,
    CHECK_GENERIC_WEBHOOK_URL: `${url}/generic/${name}`,
    MAIL_API_KEY: 're_secret',
  };
  const ids = {
    CHECK_DISCORD_CHANNEL_ID: name,
    CHECK_SLACK_CHANNEL: name,
    CHECK_TELEGRAM_CHAT_ID: name,
    CHECK_EMAIL_TO: 'dana@example.com',
    MAIL_FROM: 'flows@example.com',
  };
  const { code, output } = await check({ ...secrets, ...ids });
  expect(output).toContain('Everything arrived.');
  expect(code).toBe(0);
  expect(await receivedMessages(name)).toHaveLength(7 * MESSAGE_KINDS.length);
  expect(output.match(/^ok /gm)).toHaveLength(8 * MESSAGE_KINDS.length);
  for (const secret of Object.values(secrets)) expect(output).not.toContain(secret);
});

it('fails where something did not arrive, or in its plain form alone', async () => {
  const name = `88${Date.now()}`;
  await planAnswers(name, { times: 1, rich: true, answer: 'invalid_blocks' });
  const { code, output } = await check({
    CHECK_SLACK_WEBHOOK_URL: slackHook(name),
    CHECK_TELEGRAM_BOT_TOKEN: 'no-token',
    CHECK_TELEGRAM_CHAT_ID: '1',
  });
  expect(code).toBe(1);
  expect(output).toMatch(/^FAILED {2}telegram +bot_token: must be/m);
  expect(output).toMatch(/^PLAIN +slack webhook +v1 +result +200 +delivered Slack answered 400: invalid_blocks/m);
});

it('says what it wants where nothing is set', async () => {
  const { code, output } = await check({});
  expect(code).toBe(2);
  expect(output).toContain('CHECK_SLACK_WEBHOOK_URL');
});
