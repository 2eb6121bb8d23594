import { env } from 'cloudflare:workers';
import type { NotificationChannel } from '@agentflow/contracts';
import { describe, expect, it } from 'vitest';
import { api, expectProblem, rawApi, signUp } from '../../support/api.ts';
import { askedOne, getApproval } from '../../support/approvals.ts';
import {
  connect,
  discordChannel,
  type Reply,
  slackChannel,
  somebody,
  telegramChannel,
} from '../../support/chat-presses.ts';
import { planAnswers, receivedMessages } from '../../support/chat-servers.ts';
import { eventually } from '../../support/eventually.ts';

const isNoted = ({ note }: Reply) => note !== null;

describe('a callback', () => {
  it('answers what Discord asks of an endpoint', async () => {
    const channel = await discordChannel(await signUp());
    const pong = await channel.ping(false);
    expect({ status: pong.status, body: await pong.json() }).toEqual({ status: 200, body: { type: 1 } });
    expect((await channel.ping(true)).status).toBe(401);
  });

  it('is there for channels of Slack, Discord and Telegram alone', async () => {
    const owner = await signUp();
    const config = { platform: 'generic', webhook_url: 'https://example.com/' };
    const body = { name: 'Plain', config, events: ['approval.requested'] };
    const made = await api<NotificationChannel>('/notification-channels', { token: owner.token, body });
    await eventually(() => env.DB.prepare('SELECT 1 FROM subscriptions WHERE id = ?').bind(made.body.id).first());
    for (const id of [made.body.id, `nch_${'0'.repeat(26)}`, 'nch_x']) {
      const path = `/chat-callbacks/${owner.organization_id}/${id}`;
      expectProblem(await api(path, { body: {} }), 404, 'not_found');
    }
  });

  it('takes no body that is too large or of another type', async () => {
    const owner = await signUp();
    const { id } = await slackChannel(owner);
    const path = `/chat-callbacks/${owner.organization_id}/${id}`;
    const post = (body: string, type: string) => api(path, { body, headers: { 'content-type': type } });
    expectProblem(await post('x'.repeat(300_000), 'application/x-www-form-urlencoded'), 413, 'payload_too_large');
    expectProblem(await post('a=1', 'multipart/form-data'), 415, 'unsupported_media_type');
    expectProblem(await post('payload=x', 'application/x-www-form-urlencoded'), 401, 'unauthenticated');
    expectProblem(
      await api('/agents', { body: 'a=1', headers: { 'content-type': 'application/x-www-form-urlencoded' } }),
      401,
      'unauthenticated',
    );
  });

  it('knows an account only by the key that it was connected with', async () => {
    const owner = await signUp();
    const first = await slackChannel(owner);
    const other = await slackChannel(owner);
    const approval = await askedOne(owner);
    const value = `approve:${approval.id}:${approval.action_hash.slice(0, 16)}`;
    const dana = somebody();
    await connect(owner, await first.press(value, dana, isNoted));
    expect((await other.press(value, dana, isNoted)).note).toMatch(/not connected/);
    const same = await slackChannel(owner, first.key);
    expect(await same.press(value, dana, ({ updated }) => updated !== null)).toMatchObject({ note: null });
  });

  it('comes from an address that the organization lets in', async () => {
    const owner = await signUp();
    const channel = await slackChannel(owner);
    const approval = await askedOne(owner);
    const value = `approve:${approval.id}:${approval.action_hash.slice(0, 16)}`;
    const dana = somebody();
    await connect(owner, await channel.press(value, dana, isNoted));
    await env.DB.prepare('UPDATE organizations SET ip_allowlist = ? WHERE id = ?')
      .bind(JSON.stringify({ networks: ['198.51.100.0/24'] }), owner.organization_id)
      .run();
    expect((await channel.press(value, dana, isNoted)).note).toMatch(/certain addresses/);
    await env.DB.prepare('UPDATE organizations SET ip_allowlist = NULL WHERE id = ?').bind(owner.organization_id).run();
    expect((await getApproval(owner, approval.id)).status).toBe('pending');
  });
});

describe('a Telegram bot', () => {
  const calls = async (token: string) =>
    (await receivedMessages(token)).map(({ path, message }) => ({ method: path.split('/').at(-1), ...message }));

  it('is told where presses go, and is left alone when they are switched off', async () => {
    const owner = await signUp();
    const { id, token } = await telegramChannel(owner);
    const url = `https://agentflow.test/api/v1/chat-callbacks/${owner.organization_id}/${id}`;
    const set = (await calls(token)).find(({ method }) => method === 'setWebhook');
    expect(set).toMatchObject({
      url,
      allowed_updates: ['callback_query'],
      secret_token: expect.stringMatching(/^[\w-]{43}$/),
    });
    const path = `/notification-channels/${id}`;
    const off = await api(path, { method: 'PUT', token: owner.token, body: { buttons: false } });
    expect(off.status, JSON.stringify(off.body)).toBe(200);
    await eventually(async () => (await calls(token)).some(({ method }) => method === 'deleteWebhook'));
  });

  it('of two channels goes on sending to the other one', async () => {
    const owner = await signUp();
    const first = await telegramChannel(owner);
    const { id, token } = await telegramChannel(owner, first.token);
    const approval = await askedOne(owner);
    const value = `approve:${approval.id}:${approval.action_hash.slice(0, 16)}`;
    expect((await api(`/notification-channels/${id}`, { method: 'DELETE', token: owner.token })).status).toBe(204);
    const urls = await eventually(async () => {
      const set = (await calls(token)).filter(({ method }) => method === 'setWebhook');
      return set.length === 3 ? set.map((each) => String((each as { url?: string }).url)) : null;
    });
    expect(urls.map((url) => url.split('/').at(-1))).toEqual([first.id, id, first.id]);
    expect((await calls(token)).map(({ method }) => method)).not.toContain('deleteWebhook');
    const dana = somebody();
    await connect(owner, await first.press(value, dana, isNoted));
    await first.press(value, dana, ({ updated }) => updated !== null);
  });

  it('that was told an address of the same channel elsewhere is told the new one', async () => {
    const owner = await signUp();
    const { id, token } = await telegramChannel(owner);
    const old = `https://before.example/api/v1/chat-callbacks/${owner.organization_id}/${id}`;
    await planAnswers(token, {
      times: 1,
      answer: { status: 200, body: JSON.stringify({ ok: true, result: { url: old } }) },
    });
    const body = { buttons: true };
    const again = await api(`/notification-channels/${id}`, { method: 'PUT', token: owner.token, body });
    expect(again.status, JSON.stringify(again.body)).toBe(200);
    expect((await calls(token)).filter(({ method }) => method === 'setWebhook')).toHaveLength(2);
  });

  it('that sends elsewhere, or that Telegram does not know, is a clear error, and nothing is stored', async () => {
    const owner = await signUp();
    const create = (bot_token: string) => {
      const config = { platform: 'telegram', bot_token, chat_id: '1' };
      const body = { name: 'Bot', config, events: ['approval.requested'], buttons: true };
      return api('/notification-channels', { token: owner.token, body });
    };
    const answers: [object, RegExp][] = [
      [
        { status: 200, body: JSON.stringify({ ok: true, result: { url: 'https://elsewhere.example/x' } }) },
        /elsewhere\.example/,
      ],
      [
        { status: 401, body: JSON.stringify({ ok: false, error_code: 401, description: 'Unauthorized' }) },
        /Unauthorized/,
      ],
      [{ status: 502, body: '<html>' }, /502/],
    ];
    for (const [answer, says] of answers) {
      const token = `${Date.now()}:${crypto.randomUUID()}`;
      await planAnswers(token, { times: 1, answer: answer as never });
      const problem = expectProblem(await create(token), 422, 'validation_failed');
      expect(problem.errors).toEqual([{ path: 'buttons', message: expect.stringMatching(says) }]);
      expect(JSON.stringify(problem)).not.toContain(token);
    }
    const listed = await api<{ data: unknown[] }>('/notification-channels', { token: owner.token });
    expect(listed.body.data).toEqual([]);
  });

  it('shows its secret, and no other', async () => {
    const owner = await signUp();
    const { id } = await telegramChannel(owner);
    const path = `/chat-callbacks/${owner.organization_id}/${id}`;
    const send = (headers: Record<string, string>) => rawApi(path, { body: { update_id: 1 }, headers });
    expect((await send({})).status).toBe(401);
    expect((await send({ 'x-telegram-bot-api-secret-token': '' })).status).toBe(401);
  });
});
