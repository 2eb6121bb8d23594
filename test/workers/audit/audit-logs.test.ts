import { env } from 'cloudflare:workers';
import type { AuditEntry } from '@agentflow/contracts';
import { describe, expect, it } from 'vitest';
import { globalDb } from '../../../workers/db/client.ts';
import { auditRow } from '../../../workers/domains/audit/index.ts';
import { type AuditFilter, selectAuditEntries } from '../../../workers/domains/audit/queries.ts';
import { newId } from '../../../workers/platform/ids.ts';
import { api, createKey, expectProblem, type Member, rawApi, signUp, withRole } from '../../support/api.ts';

type Page = { data: AuditEntry[]; next_cursor: string | null };
const list = (who: { token: string } | { key: string }, query: Record<string, string> = {}) =>
  api<Page>(`/org/audit-logs?${new URLSearchParams(query)}`, who);
const actions = async (who: Member, query: Record<string, string> = {}) =>
  (await list(who, { limit: '100', ...query })).body.data.map(({ action }) => action);

/** Writes entries of these times straight into the log, as anything that happened then would have. */
async function write(
  owner: Member,
  entries: readonly { at: number; action?: string; actor_id?: string; actor_type?: string; user_agent?: string }[],
): Promise<void> {
  const database = globalDb(env);
  for (const { at, action = 'test.done', actor_id = owner.user_id, actor_type = 'user', user_agent = '' } of entries) {
    const origin = { actor_type, actor_id, ip: '203.0.113.7', user_agent, request_id: 'req_test' };
    const entry = { action, resource_type: 'test', resource_id: `t${at}`, details: { at } };
    await auditRow(database, owner.organization_id, origin, entry, at);
  }
}

describe('the audit log', () => {
  it('tells who did what, on what, with what and from where', async () => {
    const owner = await signUp();
    await api('/org', {
      method: 'PUT',
      token: owner.token,
      body: { name: 'Renamed' },
      headers: { 'cf-connecting-ip': '203.0.113.7', 'user-agent': 'Browser/1', 'x-request-id': 'the-request' },
    });
    const { data } = (await list(owner, { limit: '1' })).body;
    expect(data[0]).toEqual({
      id: expect.stringMatching(/^aud_/),
      at: expect.stringMatching(/Z$/),
      actor: { type: 'user', id: owner.user_id, name: expect.stringMatching(/^Owner/) },
      action: 'organization.updated',
      resource: { type: 'organization', id: owner.organization_id },
      details: { name: 'Renamed', previous_name: expect.any(String) },
      ip: '203.0.113.7',
      user_agent: 'Browser/1',
      request_id: 'the-request',
    });
  });

  it('names people and keys, and knows that some are gone', async () => {
    const owner = await signUp();
    const maker = await createKey(owner, ['api_keys:manage', 'org:read'], { name: 'Robot' });
    await api('/org/api-keys', { key: maker.key, body: { name: 'Made by a robot', scopes: ['org:read'] } });
    const stranger = await createKey(await signUp(), ['org:read'], { name: 'Not of this house' });
    const now = Date.now();
    await write(owner, [
      { at: now + 1, actor_id: newId('user') },
      { at: now + 2, actor_id: newId('apiKey'), actor_type: 'api_key' },
      { at: now + 3, actor_id: 'system', actor_type: 'system' },
      { at: now + 4, actor_id: stranger.id, actor_type: 'api_key' },
    ]);
    const { data } = (await list(owner)).body;
    expect(data.slice(0, 5).map(({ actor }) => [actor.type, actor.name])).toEqual([
      ['api_key', null],
      ['system', null],
      ['api_key', null],
      ['user', null],
      ['api_key', 'Robot'],
    ]);
    // A key that was revoked and a person who left are still known by name.
    await api(`/org/api-keys/${maker.id}`, { method: 'DELETE', token: owner.token });
    const admin = await withRole(owner, 'admin');
    await createKey(admin, ['org:read']);
    await api(`/org/members/${admin.user_id}`, { method: 'DELETE', token: owner.token });
    const named = (await list(owner, { action: 'api_key.created' })).body.data.map(({ actor }) => actor.name);
    expect(named).toEqual(expect.arrayContaining(['Robot', 'admin']));
  });

  it('comes in pages, newest first, without a gap or a repetition', async () => {
    const owner = await signUp();
    const start = Date.now() + 1000;
    await write(
      owner,
      Array.from({ length: 7 }, (_, index) => ({ at: start + index })),
    );
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const query: Record<string, string> = { limit: '3', action: 'test', ...(cursor === null ? {} : { cursor }) };
      const { body }: { body: Page } = await list(owner, query);
      expect(body.data.length).toBeLessThanOrEqual(3);
      seen.push(...body.data.map(({ resource }) => resource.id));
      cursor = body.next_cursor;
    } while (cursor !== null);
    expect(seen).toEqual(Array.from({ length: 7 }, (_, index) => `t${start + 6 - index}`));
    expectProblem(await list(owner, { cursor: 'x' }), 422, 'validation_failed');
  });

  it('is filtered by actor, action, resource and time', async () => {
    const owner = await signUp();
    const admin = await withRole(owner, 'admin');
    const key = await createKey(admin, ['org:read']);
    await api(`/org/api-keys/${key.id}`, { method: 'DELETE', token: owner.token });
    expect(await actions(owner, { actor_id: admin.user_id })).toEqual(['api_key.created']);
    expect(await actions(owner, { action: 'api_key.revoked' })).toEqual(['api_key.revoked']);
    expect(await actions(owner, { action: 'api_key' })).toEqual(['api_key.revoked', 'api_key.created']);
    expect(await actions(owner, { action: 'api' })).toEqual([]);
    expect(await actions(owner, { action: 'api_key.' })).toEqual([]);
    expect(await actions(owner, { action: '%' })).toEqual([]);
    expect(await actions(owner, { resource_type: 'organization' })).toEqual(['organization.created']);
    expect(await actions(owner, { resource_type: 'api_key', resource_id: key.id })).toHaveLength(2);
    expect(await actions(owner, { resource_id: key.id, action: 'api_key.created', actor_id: admin.user_id })).toEqual([
      'api_key.created',
    ]);
    expect(await actions(owner, { resource_id: key.id, actor_id: owner.user_id })).toEqual(['api_key.revoked']);

    const at = Date.parse('2031-01-01T00:00:00.000Z');
    await write(owner, [{ at: at - 1 }, { at }, { at: at + 1 }]);
    const iso = (millis: number) => new Date(millis).toISOString();
    const times = async (query: Record<string, string>) =>
      (await list(owner, { action: 'test', ...query })).body.data.map((entry) => Date.parse(entry.at) - at);
    expect(await times({ from: iso(at) })).toEqual([1, 0]);
    expect(await times({ to: iso(at) })).toEqual([0, -1]);
    expect(await times({ from: iso(at), to: iso(at) })).toEqual([0]);
    expect(await times({ from: iso(at + 2) })).toEqual([]);
    expect(await times({ from: '0001-01-01T00:00:00Z', to: '9999-12-31T23:59:59Z' })).toEqual([1, 0, -1]);
    expectProblem(await list(owner, { from: 'yesterday' }), 422, 'validation_failed');
    expectProblem(await list(owner, { limit: '101' }), 422, 'validation_failed');
  });

  it('repeats a hostile user agent as text, cut to its bound', async () => {
    const owner = await signUp();
    const hostile = `<script>alert(1)</script>'; DROP TABLE audit_logs; -- {{7*7}} ${'x'.repeat(1000)}`;
    await rawApi('/org', {
      method: 'PUT',
      token: owner.token,
      body: { name: 'x' },
      headers: { 'user-agent': hostile, 'x-request-id': '"><img src=x>' },
    });
    const answer = await list(owner, { action: 'organization.updated' });
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer.body.data[0]?.user_agent).toBe(hostile.slice(0, 400));
    expect(answer.body.data[0]?.request_id).toMatch(/^req_/);
  });

  it('is for those who may read it, and each organization has its own', async () => {
    const owner = await signUp();
    const stranger = await signUp();
    expect(await actions(stranger, { actor_id: owner.user_id })).toEqual([]);
    expect(await actions(stranger, { resource_type: 'organization', resource_id: owner.organization_id })).toEqual([]);
    expect(await actions(stranger)).toEqual(['organization.created']);
    expect((await list(await withRole(owner, 'manager'))).status).toBe(200);
    expectProblem(await list(await withRole(owner, 'editor')), 403, 'forbidden');
    expectProblem(await list(await createKey(owner, ['org:read'])), 403, 'forbidden');
    const { key } = await createKey(owner, ['audit:read']);
    expect((await list({ key })).status).toBe(200);
  });

  it.each<[AuditFilter, string]>([
    [{}, 'audit_logs_organization'],
    [{ from: '2030-01-01T00:00:00Z', to: '2031-01-01T00:00:00Z' }, 'audit_logs_organization'],
    [{ action: 'agent' }, 'audit_logs_organization'],
    [{ resource_type: 'agent' }, 'audit_logs_organization'],
    [{ action: 'agent.published' }, 'audit_logs_action'],
    [{ actor_id: 'usr_1' }, 'audit_logs_actor'],
    [{ actor_id: 'usr_1', action: 'agent' }, 'audit_logs_actor'],
    [{ resource_type: 'agent', resource_id: 'agt_1' }, 'audit_logs_resource'],
  ])('reads %j in the order of an index, sorting nothing', async (filter, index) => {
    const { sql, params } = selectAuditEntries(globalDb(env), 'org_1', filter, 'aud_9', 21).toSQL();
    const plan = await env.DB.prepare(`EXPLAIN QUERY PLAN ${sql}`)
      .bind(...params)
      .all<{ detail: string }>();
    const details = plan.results.map(({ detail }) => detail).join('\n');
    expect(details).toContain(`USING INDEX ${index} (`);
    expect(details).not.toContain('TEMP B-TREE');
    expect(details).toMatch(/id<\?/);
  });
});
