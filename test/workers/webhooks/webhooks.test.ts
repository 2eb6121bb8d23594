import { env } from 'cloudflare:workers';
import type { CreatedWebhook, Webhook, WebhookDetail } from '@agentflow/contracts';
import { describe, expect, inject, it } from 'vitest';
import { newId } from '../../../workers/platform/ids.ts';
import { agentNode, publishedAgent } from '../../support/agents.ts';
import { api, createKey, expectProblem, type Member, signUp, withRole } from '../../support/api.ts';
import { NOWHERE, webhookOf } from '../../support/webhooks.ts';

const list = (owner: Pick<Member, 'token'>, query = '') =>
  api<{ data: Webhook[]; next_cursor: string | null }>(`/webhooks${query}`, { token: owner.token });

const get = (owner: Pick<Member, 'token'>, id: string) => api<WebhookDetail>(`/webhooks/${id}`, { token: owner.token });

const put = (owner: Pick<Member, 'token'>, id: string, body: object, ifMatch?: string) =>
  api<WebhookDetail>(`/webhooks/${id}`, {
    method: 'PUT',
    token: owner.token,
    body,
    headers: ifMatch === undefined ? {} : { 'if-match': ifMatch },
  });

const rotate = (owner: Pick<Member, 'token'>, id: string, body: object = {}) =>
  api<CreatedWebhook>(`/webhooks/${id}/rotate-secret`, { token: owner.token, body });

async function auditRows(id: string) {
  const { results } = await env.DB.prepare('SELECT * FROM audit_logs WHERE resource_id = ? ORDER BY at, rowid')
    .bind(id)
    .all<{ action: string; details: string }>();
  return results;
}

/** Everything that D1 holds of an organization's subscriptions and their changes, as text. */
async function storedText(organizationId: string): Promise<string> {
  const rows = await Promise.all(
    ['subscriptions', 'audit_logs', 'events', 'event_outbox'].map(async (table) => {
      const all = await env.DB.prepare(`SELECT * FROM ${table} WHERE organization_id = ?`).bind(organizationId).all();
      return all.results;
    }),
  );
  return JSON.stringify(rows);
}

const AGENT = { nodes: [agentNode('start', 'trigger.manual')], edges: [] };

describe('Webhooks', () => {
  it('are made with what is asked for, and standards for the rest', async () => {
    const owner = await signUp();
    const made = await webhookOf(owner, { events: ['execution.failed', 'agent.*', 'execution.failed'] });
    expect(made).toMatchObject({
      url: NOWHERE,
      description: '',
      events: ['execution.failed', 'agent.*'],
      filter: { agent_ids: null, project_ids: null },
      headers: {},
      signature: 'v1',
      public_key: null,
      previous_secret_until: null,
      rate_per_second: null,
      ordered: false,
      timeout_seconds: 15,
      retry_seconds: [5, 60, 300, 1800, 7200, 28_800, 86_400],
      is_active: true,
      disabled: null,
      created_by: owner.user_id,
    });
    const { secret, ...shown } = made;
    const { health, ...read } = (await get(owner, made.id)).body;
    expect(read).toEqual(shown);
    expect(health).toEqual({
      pending: 0,
      failed: 0,
      delivered: 0,
      last_success_at: null,
      failing_since: null,
      last_error: null,
      paused_until: null,
    });
    expect((await list(owner)).body.data).toEqual([shown]);
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(made.secret_hint).toBe(`***${secret.slice(-4)}`);
  });

  it('show their secret once, and keep it and the values of headers out of everything that is stored', async () => {
    const owner = await signUp();
    const own = `whsec_${btoa('a secret of 32 bytes, of my own.')}`;
    const headers = { Authorization: 'Bearer token-of-the-receiver', 'x-tenant': 'short' };
    const url = 'https://hooks.example.com/in?code=opens-the-door';
    const made = await webhookOf(owner, { secret: own, headers, url });
    expect(made).toMatchObject({ secret: own, headers: { Authorization: '***iver', 'x-tenant': '***' } });
    const rotated = await rotate(owner, made.id);
    expect(rotated.body.secret).toMatch(/^whsec_/);
    const answers = JSON.stringify([await list(owner), await get(owner, made.id)]);
    const stored = await storedText(owner.organization_id);
    for (const secret of [own.slice(6), rotated.body.secret.slice(6), 'token-of-the-receiver']) {
      expect(answers).not.toContain(secret);
      expect(stored).not.toContain(secret);
    }
    expect(JSON.stringify(await auditRows(made.id))).not.toContain('opens-the-door');
    const { results } = await env.DB.prepare('SELECT sealed FROM subscriptions WHERE id = ?').bind(made.id).all();
    expect(results).toEqual([{ sealed: expect.stringMatching(/^1\.[\w-]+\.[\w-]+$/) }]);
  });

  it('with Ed25519 show their public key always and the private one never', async () => {
    const owner = await signUp();
    const made = await webhookOf(owner, { signature: 'v1a' });
    expect(made.public_key).toMatch(/^whpk_[A-Za-z0-9+/]{43}=$/);
    expect(made.secret).toBe(made.public_key);
    const rotated = await rotate(owner, made.id, { overlap_seconds: 60 });
    expect(rotated.body.public_key).not.toBe(made.public_key);
    expect((await get(owner, made.id)).body.public_key).toBe(rotated.body.public_key);
    const problem = expectProblem(
      await rotate(owner, made.id, { secret: `whsec_${btoa('a secret of 32 bytes, of my own.')}` }),
      422,
      'validation_failed',
    );
    expect(problem.errors?.[0]?.path).toBe('secret');
    expect(JSON.stringify([made, rotated.body])).not.toContain('whsk_');
    expect(await storedText(owner.organization_id)).not.toContain('whsk_');
  });

  it('change under their ETag; what is left out and what comes back masked stays', async () => {
    const owner = await signUp();
    const made = await webhookOf(owner, { headers: { Authorization: 'Bearer token-of-the-receiver' }, events: ['*'] });
    const etag = (await get(owner, made.id)).headers.get('etag') ?? '';
    const { secret, ...shown } = made;
    const changed = await put(
      owner,
      made.id,
      { description: 'Orders', headers: { ...made.headers, 'x-tenant': 'seven' }, ordered: true },
      etag,
    );
    expect(changed.body).toMatchObject({
      ...shown,
      description: 'Orders',
      headers: { Authorization: '***iver', 'x-tenant': '***' },
      ordered: true,
      updated_at: expect.any(String),
    });
    expectProblem(await put(owner, made.id, { description: 'Late' }, etag), 412, 'precondition_failed');
    const now = changed.headers.get('etag') ?? '';
    const same = await put(owner, made.id, { headers: changed.body.headers, description: 'Orders' }, now);
    expect(same.headers.get('etag')).toBe(now);
    const forged = expectProblem(
      await put(owner, made.id, { headers: { Authorization: '***abcd' } }),
      422,
      'validation_failed',
    );
    expect(forged.errors?.[0]?.path).toBe('headers.Authorization');
    expect((await put(owner, made.id, { headers: {} })).body.headers).toEqual({});
    expect((await put(owner, made.id, { is_active: false })).body.is_active).toBe(false);
    expect((await put(owner, made.id, { is_active: true })).body.is_active).toBe(true);
    expect((await api(`/webhooks/${made.id}`, { method: 'DELETE', token: owner.token })).status).toBe(204);
    expectProblem(await get(owner, made.id), 404, 'not_found');
    expectProblem(await put(owner, made.id, { description: 'Gone' }), 404, 'not_found');
    expectProblem(await rotate(owner, made.id), 404, 'not_found');
    expectProblem(await api(`/webhooks/${made.id}/deliveries`, { token: owner.token }), 404, 'not_found');
    expect((await list(owner)).body.data).toEqual([]);
    expect((await auditRows(made.id)).map(({ action }) => action)).toEqual([
      'webhook.created',
      'webhook.updated',
      'webhook.updated',
      'webhook.deactivated',
      'webhook.activated',
      'webhook.deleted',
    ]);
  });

  it('rotate their secret with an overlap, or without one, and not without end', async () => {
    const owner = await signUp();
    const { id, secret } = await webhookOf(owner);
    const first = await rotate(owner, id, { overlap_seconds: 3600 });
    expect(first.body.secret).not.toBe(secret);
    const until = Date.parse(String(first.body.previous_secret_until));
    expect(until).toBeGreaterThan(Date.now());
    expect(until).toBeLessThanOrEqual(Date.now() + 3_600_000);
    expectProblem(await rotate(owner, id, { secret }), 422, 'validation_failed');
    await rotate(owner, id);
    await rotate(owner, id);
    expectProblem(await rotate(owner, id), 409, 'conflict');
    const last = await rotate(owner, id, {
      overlap_seconds: 0,
      secret: first.body.secret.replace(/^.{12}/, 'whsec_AAAAAA'),
    });
    expect(last.body.previous_secret_until).toBeNull();
    expect((await rotate(owner, id, { secret })).status).toBe(200);
    const actions = (await auditRows(id)).map(({ action }) => action);
    expect(actions).toEqual(['webhook.created', ...Array.from({ length: 5 }, () => 'webhook.secret_rotated')]);
  });

  it('are answered again with the same Idempotency-Key', async () => {
    const owner = await signUp();
    const headers = { 'idempotency-key': 'once' };
    const body = { url: NOWHERE, events: ['*'] };
    const first = await api<CreatedWebhook>('/webhooks', { token: owner.token, body, headers });
    const second = await api<CreatedWebhook>('/webhooks', { token: owner.token, body, headers });
    expect(second.body).toEqual(first.body);
    expect(second.headers.get('idempotency-replayed')).toBe('true');
    expect((await list(owner)).body.data).toHaveLength(1);
  });

  it('are listed by page, status and event', async () => {
    const owner = await signUp();
    const all = await webhookOf(owner, { events: ['*'] });
    const family = await webhookOf(owner, { events: ['execution.*'] });
    const alias = await webhookOf(owner, { events: ['workflow.failed'], is_active: false });
    const aliases = await webhookOf(owner, { events: ['workflow.*'] });
    const other = await webhookOf(owner, { events: ['member.joined'] });
    const ids = async (query: string) => (await list(owner, query)).body.data.map(({ id }) => id).sort();
    const sorted = (...webhooks: CreatedWebhook[]) => webhooks.map(({ id }) => id).sort();
    expect(await ids('?event=execution.failed')).toEqual(sorted(all, family, alias, aliases));
    expect(await ids('?event=agent.failed')).toEqual(sorted(all, family, alias, aliases));
    expect(await ids('?event=execution.cancelled')).toEqual(sorted(all, family));
    expect(await ids('?event=member.joined')).toEqual(sorted(all, other));
    expect(await ids(`?event=${encodeURIComponent("' OR 1=1")}`)).toEqual([]);
    expect(await ids('?status=inactive')).toEqual([alias.id]);
    const first = (await list(owner, '?limit=3')).body;
    const rest = (await list(owner, `?limit=3&cursor=${first.next_cursor}`)).body;
    expect([...first.data, ...rest.data].map(({ id }) => id)).toEqual((await ids('')).reverse());
    expect(rest.next_cursor).toBeNull();
    expectProblem(await list(owner, '?cursor=x'), 422, 'validation_failed');
  });

  it('are read with webhooks:read, changed with webhooks:manage, and nobody else’s', async () => {
    const owner = await signUp();
    const { id } = await webhookOf(owner);
    const { key } = await createKey(owner, ['webhooks:read']);
    expect((await api(`/webhooks/${id}`, { key })).status).toBe(200);
    expectProblem(await api(`/webhooks/${id}`, { method: 'DELETE', key }), 403, 'forbidden');
    expectProblem(await api(`/webhooks/${id}/test`, { key, body: {} }), 403, 'forbidden');
    const viewer = await withRole(owner, 'viewer');
    expectProblem(
      await api('/webhooks', { token: viewer.token, body: { url: NOWHERE, events: ['*'] } }),
      403,
      'forbidden',
    );
    const stranger = await signUp();
    expectProblem(await get(stranger, id), 404, 'not_found');
    expectProblem(await put(stranger, id, { description: 'Mine' }), 404, 'not_found');
    expectProblem(await rotate(stranger, id), 404, 'not_found');
    expectProblem(await api(`/webhooks/${id}`, { method: 'DELETE', token: stranger.token }), 404, 'not_found');
    expectProblem(
      await api(`/webhooks/${id}/recover`, { token: stranger.token, body: { since: '2026-01-01T00:00:00Z' } }),
      404,
      'not_found',
    );
    expect((await list(stranger)).body.data).toEqual([]);
    expectProblem(await get(owner, newId('webhook')), 404, 'not_found');
  });

  it('are a hundred at most', async () => {
    const owner = await signUp();
    for (let made = 0; made < 100; made++) await webhookOf(owner);
    const problem = expectProblem(
      await api('/webhooks', { token: owner.token, body: { url: NOWHERE, events: ['*'] } }),
      409,
      'limit_reached',
    );
    expect(problem.detail).toContain('100');
    const { body } = await list(owner);
    await api(`/webhooks/${body.data[0]?.id}`, { method: 'DELETE', token: owner.token });
    await webhookOf(owner);
  });
});

describe('What is not valid', () => {
  const SECRET = `whsec_${btoa('a secret of 32 bytes, of my own.')}`;

  it.each([
    [{ url: 'ftp://example.com/' }, 'url'],
    [{ url: 'not a url' }, 'url'],
    [{ url: 'https://user:password@example.com/' }, 'url'],
    [{ url: 'http://127.0.0.1/' }, 'url'],
    [{ url: 'http://2130706433/' }, 'url'],
    [{ url: 'http://[::ffff:10.0.0.1]/' }, 'url'],
    [{ url: 'http://169.254.169.254/latest' }, 'url'],
    [{ url: 'https://metadata.google.internal/' }, 'url'],
    [{ url: 'https://localhost/' }, 'url'],
    [{ url: 'https://example.com:25/' }, 'url'],
    [{ events: [] }, 'events'],
    [{ events: ['execution.exploded'] }, 'events.0'],
    [{ events: ['*', 'nothing.*'] }, 'events.1'],
    [{ filter: { agent_ids: [] } }, 'filter.agent_ids'],
    [{ filter: { agent_ids: ['agt_00000000000000000000000000'] } }, 'filter.agent_ids.0'],
    [{ filter: { project_ids: ['prj_00000000000000000000000000'] } }, 'filter.project_ids.0'],
    [{ filter: { teams: [] } }, 'filter'],
    [{ headers: { 'webhook-id': 'mine' } }, 'headers.webhook-id'],
    [{ headers: { Host: 'example.com' } }, 'headers.Host'],
    [{ headers: { 'X-A': 'one\r\nX-B: two' } }, 'headers.X-A'],
    [{ headers: { 'not a name': 'x' } }, 'headers.not a name'],
    [{ headers: { 'X-A': 'one', 'x-a': 'two' } }, 'headers'],
    [{ headers: { 'X-A': '***abcd' } }, 'headers.X-A'],
    [{ secret: 'whsec_c2hvcnQ=' }, 'secret'],
    [{ secret: 'too short' }, 'secret'],
    [{ secret: SECRET.slice(0, -1) }, 'secret'],
    [{ signature: 'v1a', secret: SECRET }, 'secret'],
    [{ signature: 'v2' }, 'signature'],
    [{ rate_per_second: 0 }, 'rate_per_second'],
    [{ timeout_seconds: 31 }, 'timeout_seconds'],
    [{ retry_seconds: [0] }, 'retry_seconds.0'],
    [{ retry_seconds: Array.from({ length: 13 }, () => 5) }, 'retry_seconds'],
    [{ description: 'x'.repeat(401) }, 'description'],
    [{ unknown: 1 }, ''],
  ])('is refused with its place, and stores nothing (%j)', async (fields, path) => {
    const owner = await signUp();
    const body = { url: NOWHERE, events: ['*'], ...fields };
    const problem = expectProblem(await api('/webhooks', { token: owner.token, body }), 422, 'validation_failed');
    expect(problem.errors?.map((error) => error.path)).toContain(path);
    expect((await list(owner)).body.data).toEqual([]);
    expect(await storedText(owner.organization_id)).not.toContain('webhook.created');
  });

  it('changes nothing either', async () => {
    const owner = await signUp();
    const { id } = await webhookOf(owner);
    const before = (await get(owner, id)).body;
    for (const body of [
      { url: 'http://10.0.0.1/' },
      { events: ['nothing.*'] },
      { filter: { agent_ids: ['agt_00000000000000000000000000'] } },
      { headers: { 'content-length': '1' } },
      { secret: SECRET },
      { signature: 'v1a' },
    ]) {
      expectProblem(await put(owner, id, body), 422, 'validation_failed');
    }
    expectProblem(await rotate(owner, id, { overlap_seconds: -1 }), 422, 'validation_failed');
    expectProblem(await rotate(owner, id, { overlap_seconds: 8 * 86_400 }), 422, 'validation_failed');
    expect((await get(owner, id)).body).toEqual(before);
  });

  it('is an agent of somebody else in a filter', async () => {
    const owner = await signUp();
    const mine = await publishedAgent(owner, AGENT);
    const theirs = await publishedAgent(await signUp(), AGENT);
    await webhookOf(owner, { filter: { agent_ids: [mine.id] } });
    const body = { url: NOWHERE, events: ['*'], filter: { agent_ids: [mine.id, theirs.id] } };
    const problem = expectProblem(await api('/webhooks', { token: owner.token, body }), 422, 'validation_failed');
    expect(problem.errors).toEqual([{ path: 'filter.agent_ids.1', message: `There is no agent ${theirs.id}.` }]);
  });

  it('is a URL that the operator has not let through, and not one that they have', async () => {
    const owner = await signUp();
    await webhookOf(owner, { url: `${inject('targetUrl')}/echo` });
    const { port } = new URL(inject('targetUrl'));
    const body = { url: `http://127.0.0.1:${Number(port) + 1}/echo`, events: ['*'] };
    expectProblem(await api('/webhooks', { token: owner.token, body }), 422, 'validation_failed');
  });
});
