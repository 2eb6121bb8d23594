import { env } from 'cloudflare:workers';
import {
  type ChannelTestResult,
  type Delivery,
  MESSAGE_KINDS,
  type MessagePreview,
  type NotificationChannel,
} from '@agentflow/contracts';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { memberAddresses } from '../../../workers/domains/notifications/index.ts';
import { type ApiAnswer, api, expectProblem, type Member, signUp, withRole } from '../../support/api.ts';
import { mockConfig, planAnswers, receivedMessages } from '../../support/chat-servers.ts';
import { eventually } from '../../support/eventually.ts';

let owner: Member;
beforeAll(async () => {
  owner = await signUp();
});

const url = () => `${inject('toolServerUrl')}/echo/T000/B000/secret-of-the-hook`;
const slack = () => ({ platform: 'slack', webhook_url: url() });
const events = ['execution.failed'];

const create = (body: object, { token }: Member = owner) =>
  api<NotificationChannel>('/notification-channels', { token, body: { name: 'Operations', events, ...body } });
const put = (id: string, body: object, headers: Record<string, string> = {}, { token }: Member = owner) =>
  api<NotificationChannel>(`/notification-channels/${id}`, { method: 'PUT', token, body, headers });

async function made(body: object): Promise<NotificationChannel> {
  const answer = await create(body);
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return answer.body;
}

async function stored(): Promise<number> {
  const row = await env.DB.prepare('SELECT count(*) AS n FROM subscriptions WHERE organization_id = ?')
    .bind(owner.organization_id)
    .first<{ n: number }>();
  return row?.n ?? 0;
}

function pathsOf(answer: ApiAnswer<unknown>): string[] {
  return (expectProblem(answer, 422, 'validation_failed').errors ?? []).map(({ path }) => path);
}

describe('a notification channel', () => {
  it('is made, listed, changed and deleted; what opens the chat is never shown, nor in the audit log', async () => {
    const channel = await made({ config: slack(), filter: { agent_ids: null, project_ids: null } });
    expect(channel).toMatchObject({ name: 'Operations', platform: 'slack', events, buttons: false, is_active: true });
    expect(channel.config.webhook_url).toBe(`${inject('toolServerUrl')}/***hook`);
    expect(channel.callback_url).toBeNull();
    const listed = await eventually(async () => {
      const { body } = await api<{ data: NotificationChannel[] }>('/notification-channels', { token: owner.token });
      return body.data.find(({ id }) => id === channel.id) ?? null;
    });
    expect(listed).toEqual(channel);
    const renamed = await put(channel.id, { name: 'Night shift', config: channel.config });
    expect(renamed.body).toMatchObject({ name: 'Night shift', config: channel.config });
    const row = await eventually(async () => {
      const found = await env.DB.prepare('SELECT sealed, name FROM subscriptions WHERE id = ?')
        .bind(channel.id)
        .first();
      return found?.name === 'Night shift' ? found : null;
    });
    expect(row.sealed).not.toContain('secret-of-the-hook');
    const path = `/notification-channels/${channel.id}`;
    expect((await api(path, { method: 'DELETE', token: owner.token })).status).toBe(204);
    expectProblem(await api(path, { token: owner.token }), 404, 'not_found');
    const audit = await eventually(async () => {
      const { results } = await env.DB.prepare('SELECT * FROM audit_logs WHERE resource_id = ? ORDER BY id')
        .bind(channel.id)
        .all();
      return results.length === 3 ? results : null;
    });
    expect(audit.map(({ action }) => action)).toEqual([
      'notification_channel.created',
      'notification_channel.updated',
      'notification_channel.deleted',
    ]);
    expect(JSON.stringify(audit)).not.toContain('secret-of-the-hook');
  });

  it('keeps its secrets when they come back masked, and takes no other mask', async () => {
    const config = { platform: 'slack', bot_token: 'xoxb-0123456789', channel: '#ops', signing_secret: 'a'.repeat(32) };
    const { id, config: shown } = await made({ config, buttons: true });
    expect(shown).toEqual({ ...config, bot_token: '***6789', signing_secret: '***aaaa' });
    const moved = await put(id, { config: { ...shown, channel: '#night' } });
    expect(moved.body.config).toEqual({ ...shown, channel: '#night' });
    expect(pathsOf(await put(id, { config: { ...shown, bot_token: '***0000' } }))).toEqual(['config.bot_token']);
    expect(pathsOf(await put(id, { config: { platform: 'telegram', bot_token: '***6789', chat_id: '1' } }))).toEqual([
      'config.bot_token',
    ]);
    expect(moved.body.callback_url).toBe(`https://agentflow.test/api/v1/chat-callbacks/${owner.organization_id}/${id}`);
  });

  it('is changed by one at a time', async () => {
    const channel = await made({ config: slack() });
    const path = `/notification-channels/${channel.id}`;
    const etag = (await api(path, { token: owner.token })).headers.get('etag') ?? '';
    const changed = await put(channel.id, { is_active: false }, { 'If-Match': etag });
    expect(changed.body.is_active).toBe(false);
    expectProblem(await put(channel.id, { is_active: true }, { 'If-Match': etag }), 412, 'precondition_failed');
    expect(changed.headers.get('etag')).not.toBe(etag);
    const same = await put(channel.id, { config: channel.config });
    expect(same.headers.get('etag')).toBe(changed.headers.get('etag'));
  });

  const broken: [string, object, string[]][] = [
    ['no address', { config: { platform: 'slack' } }, ['config.webhook_url']],
    ['an unknown platform', { config: { platform: 'pager' } }, ['config.platform']],
    ['an unknown field', { config: { platform: 'telegram', bot_token: '123:abcdef', chat_id: '1', x: 1 } }, ['config']],
    [
      'a private address',
      { config: { platform: 'generic', webhook_url: 'http://10.0.0.1/hook' } },
      ['config.webhook_url'],
    ],
    ['a bot without a channel', { config: { platform: 'slack', bot_token: 'xoxb-1234567' } }, ['config.channel']],
    [
      'a token of another kind',
      { config: { platform: 'slack', bot_token: 'xoxz-1234567', channel: '#a' } },
      ['config.bot_token'],
    ],
    ['an address of nobody', { config: { platform: 'email', to: ['nobody@example.com'] } }, ['config.to.0']],
    ['no events', { config: { platform: 'generic', webhook_url: 'https://example.com/' }, events: [] }, ['events']],
    [
      'an unknown event',
      { config: { platform: 'generic', webhook_url: 'https://example.com/' }, events: ['x.y'] },
      ['events.0'],
    ],
    ['an unknown agent', { filter: { agent_ids: [`agt_${'0'.repeat(26)}`] } }, ['filter.agent_ids.0']],
    ['an open expression', { templates: { result: 'So {{event.data' } }, ['templates.result']],
    ['a broken expression', { templates: { failure: '{{event.data.}}' } }, ['templates.failure']],
    ['a name that is not there', { templates: { budget: '{{env.TOKEN}}' } }, ['templates.budget']],
    ['an unknown kind of message', { templates: { other: 'x' } }, ['templates']],
    ['buttons without what verifies them', { buttons: true }, ['config.signing_secret']],
    [
      'buttons where there are none',
      { config: { platform: 'generic', webhook_url: 'https://example.com/' }, buttons: true },
      ['buttons'],
    ],
  ];
  it.each(broken)('is refused with %s, and nothing is stored', async (_name, body, paths) => {
    const before = await stored();
    expect(pathsOf(await create({ config: slack(), ...body }))).toEqual(paths);
    expect(await stored()).toBe(before);
  });

  it('of e-mail goes to members, asked again whenever it is sent', async () => {
    const member = await withRole(owner, 'viewer');
    const config = { platform: 'email', to: [member.email.toUpperCase(), owner.email] };
    const channel = await made({ config });
    expect(await memberAddresses(env, owner.organization_id, config.to)).toEqual(config.to);
    await api(`/org/members/${member.user_id}`, { method: 'DELETE', token: owner.token });
    expect(await memberAddresses(env, owner.organization_id, config.to)).toEqual([owner.email]);
    expect((await put(channel.id, { is_active: false })).status).toBe(200);
    expect(pathsOf(await put(channel.id, { config }))).toEqual(['config.to.0']);
  });

  it('is not there for strangers, whatever they ask', async () => {
    const stranger = await signUp();
    const { id } = await made({ config: slack() });
    const path = `/notification-channels/${id}`;
    const { token } = stranger;
    expectProblem(await api(path, { token }), 404, 'not_found');
    expectProblem(await put(id, { name: 'Mine' }, {}, stranger), 404, 'not_found');
    expectProblem(await api(`${path}/test`, { token, body: {} }), 404, 'not_found');
    expectProblem(await api(`${path}/deliveries`, { token }), 404, 'not_found');
    expectProblem(await api(path, { method: 'DELETE', token }), 404, 'not_found');
    expect((await api<{ data: unknown[] }>('/notification-channels', { token })).body.data).toEqual([]);
    const viewer = await withRole(owner, 'viewer');
    expectProblem(await api(path, { token: viewer.token }), 403, 'forbidden');
    const developer = await withRole(owner, 'developer');
    expectProblem(await put(id, { name: 'Mine' }, {}, developer), 403, 'forbidden');
  });
});

describe('a preview', () => {
  it('shows the message of a template, or what is wrong with it, and sends nothing', async () => {
    const preview = (body: object) =>
      api<MessagePreview>('/notification-channels/preview', {
        token: owner.token,
        body: { platform: 'slack', ...body },
      });
    const templated = await preview({ kind: 'failure', templates: { failure: '{{event.data.agent_name}} is down' } });
    expect(templated.body).toMatchObject({ platform: 'slack', kind: 'failure', problems: [] });
    expect(templated.body.text).toContain('Invoice reader is down');
    expect(JSON.stringify(templated.body.payload)).toContain('Invoice reader is down');
    const broken = await preview({ kind: 'failure', templates: { failure: '{{$sum("x")}}' } });
    expect(broken.body.problems.map(({ path }) => path)).toEqual(['templates.failure']);
    const buttons = await preview({ kind: 'approval', buttons: true });
    expect(JSON.stringify(buttons.body.payload)).toMatch(/approve:apr_.*deny:apr_/);
  });
});

describe('a test of a channel', () => {
  const CONFIGS = [
    mockConfigOf('teams'),
    mockConfigOf('discord', 'api'),
    mockConfigOf('slack', 'api'),
    mockConfigOf('telegram'),
    mockConfigOf('generic'),
  ] as const;

  it.each(MESSAGE_KINDS.flatMap((kind) => CONFIGS.map((made) => [made.platform, kind, made] as const)))(
    'on %s sends a %s exactly as its preview shows it',
    async (platform, kind, { configOf }) => {
      const name = platform === 'teams' || platform === 'generic' ? crypto.randomUUID() : digits();
      const config = {
        ...configOf(name),
        ...(platform === 'telegram' ? { bot_token: `${digits()}:${crypto.randomUUID()}` } : {}),
      };
      const buttons = ['slack', 'discord', 'telegram'].includes(platform);
      const templates = { [kind]: 'On {{event.timestamp}}: <b>*{{event.data.agent_name}}*</b> @everyone' };
      const { id } = await made({ config, templates, buttons });
      const answer = await api<ChannelTestResult>(`/notification-channels/${id}/test`, {
        token: owner.token,
        body: { kind },
      });
      expect(answer.status, JSON.stringify(answer.body)).toBe(200);
      const { delivery, preview } = answer.body;
      expect(delivery, JSON.stringify(delivery)).toMatchObject({ status: 'delivered', is_test: true });
      expect(preview).toMatchObject({ platform, kind, problems: [] });
      const [sent, ...others] = await receivedMessages(name);
      expect(others).toEqual([]);
      // What makes a second attempt harmless is the call's, not the message's.
      const { nonce: _nonce, enforce_nonce: _enforced, ...message } = sent?.message ?? {};
      expect(message).toEqual(preview.payload);
      const listed = await api<{ data: Delivery[] }>(`/notification-channels/${id}/deliveries`, { token: owner.token });
      expect(listed.body.data.map((each) => each.id)).toEqual([delivery.id]);
      const secret = 'bot_token' in config ? String(config.bot_token) : name;
      expect(JSON.stringify(answer.body)).not.toContain(
        platform === 'teams' || platform === 'generic' ? `/${name}` : secret,
      );
    },
  );

  it('tells what the platform says', async () => {
    const name = digits();
    const { id } = await made({ config: mockConfig('slack', name, 'api') });
    await planAnswers(name, { times: 1, answer: 'not_in_channel' });
    const answer = await api<ChannelTestResult>(`/notification-channels/${id}/test`, { token: owner.token, body: {} });
    expect(answer.body.delivery).toMatchObject({ status: 'failed' });
    expect(answer.body.delivery.last_error).toContain('not_in_channel');
  });

  it('by e-mail reaches nobody who is no member any more', async () => {
    const member = await withRole(owner, 'viewer');
    const { id } = await made({ config: { platform: 'email', to: [member.email] } });
    await api(`/org/members/${member.user_id}`, { method: 'DELETE', token: owner.token });
    const answer = await api<ChannelTestResult>(`/notification-channels/${id}/test`, { token: owner.token, body: {} });
    expect(answer.body.delivery).toMatchObject({ status: 'failed' });
    expect(answer.body.delivery.last_error).toMatch(/mail|member/);
  });
});

function mockConfigOf(platform: Parameters<typeof mockConfig>[0], door: 'webhook' | 'api' = 'webhook') {
  return { platform, configOf: (name: string) => mockConfig(platform, name, door) };
}

function digits(): string {
  return String(Math.floor(1e11 + Math.random() * 8e11));
}
