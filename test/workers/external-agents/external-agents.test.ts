import { env } from 'cloudflare:workers';
import type { ExternalAgent, ExternalAgentKey, PermittedAgent } from '@agentflow/contracts';
import { describe, expect, it } from 'vitest';
import { agentEdges, agentNode, publishedAgent } from '../../support/agents.ts';
import { type ApiAnswer, api, createKey, expectProblem, signUp, withRole } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { externalAgent, invoke } from '../../support/external-agents.ts';

const doubling = {
  nodes: [
    agentNode('start', 'trigger.manual'),
    agentNode('double', 'logic.transform', { expression: 'trigger.n * 2' }),
  ],
  edges: agentEdges('start>double'),
  input_schema: { type: 'object', required: ['n'], properties: { n: { type: 'number' } } },
};

const list = (token: string, query = '') =>
  api<{ data: ExternalAgent[]; next_cursor: string | null }>(`/external-agents${query}`, { token });

async function auditActions(id: string): Promise<string[]> {
  const { results } = await env.DB.prepare('SELECT action FROM audit_logs WHERE resource_id = ? ORDER BY at, rowid')
    .bind(id)
    .all<{ action: string }>();
  return results.map(({ action }) => action);
}

describe('External agents', () => {
  it('get a key that is shown once, and masked ever after', async () => {
    const owner = await signUp();
    const made = await externalAgent(owner, { name: 'Claude', platform: 'claude_code' });
    expect(made.api_key).toMatch(new RegExp(`^ea_${owner.organization_id.slice(4)}_[0-9a-z]{48}$`));
    const masked = `ea_***${made.api_key.slice(-3)}`;
    const { api_key, key_id, ...rest } = made;
    const read = await api<ExternalAgent>(`/external-agents/${made.id}`, { token: owner.token });
    expect(read.body).toEqual({ ...rest, api_key: masked });
    expect((await list(owner.token)).body.data).toEqual([read.body]);
    const keys = await api<{ data: ExternalAgentKey[] }>(`/external-agents/${made.id}/keys`, { token: owner.token });
    expect(keys.body.data).toMatchObject([{ id: key_id, masked, source: 'key', revoked_at: null }]);
    for (const table of ['api_keys', 'external_agents', 'audit_logs']) {
      const { results } = await env.DB.prepare(`SELECT * FROM ${table} WHERE organization_id = ?`)
        .bind(owner.organization_id)
        .all();
      expect(JSON.stringify(results)).not.toContain(api_key.slice(-20));
    }
    expect((await api<{ data: unknown[] }>('/org/api-keys', { token: owner.token })).body.data).toEqual([]);
  });

  it('are filtered by platform, status, name and time', async () => {
    const owner = await signUp();
    const claude = await externalAgent(owner, { name: 'Über Claude', platform: 'claude_code' });
    const gemini = await externalAgent(owner, { name: 'Gemini', platform: 'gemini' });
    await api(`/external-agents/${gemini.id}`, { method: 'PUT', token: owner.token, body: { is_active: false } });
    const ids = async (query: string) => (await list(owner.token, query)).body.data.map(({ id }) => id);
    expect(await ids('?platform=claude_code')).toEqual([claude.id]);
    expect(await ids('?status=inactive')).toEqual([gemini.id]);
    expect(await ids('?search=%C3%BCber')).toEqual([claude.id]);
    expect(await ids(`?search=${encodeURIComponent("' OR 1=1 --")}`)).toEqual([]);
    expect(await ids('?to=2020-01-01T00:00:00Z')).toEqual([]);
    const first = (await list(owner.token, '?limit=1')).body;
    expect(first.data).toHaveLength(1);
    expect(await ids(`?limit=1&cursor=${first.next_cursor}`)).toHaveLength(1);
  });

  it('are changed under their ETag, each change told by the audit log', async () => {
    const owner = await signUp();
    const { id } = await externalAgent(owner);
    const path = `/external-agents/${id}`;
    const read = await api(path, { token: owner.token });
    const etag = read.headers.get('etag') ?? '';
    const put = (body: object, ifMatch?: string) =>
      api<ExternalAgent>(path, {
        method: 'PUT',
        token: owner.token,
        body,
        headers: ifMatch === undefined ? {} : { 'if-match': ifMatch },
      });
    const renamed = await put({ name: 'Renamed', rate_limits: { minute: 5 } }, etag);
    expect(renamed.body).toMatchObject({ name: 'Renamed', rate_limits: { minute: 5, hour: null, day: null } });
    expectProblem(await put({ name: 'Late' }, etag), 412, 'precondition_failed');
    const limits = (body: object) =>
      api<ExternalAgent>(`${path}/rate-limits`, { method: 'PUT', token: owner.token, body });
    expect((await limits({ hour: 9 })).body.rate_limits).toEqual({ minute: null, hour: 9, day: null });
    expectProblem(await limits({ hour: 9, day: 3 }), 422, 'validation_failed');
    expect((await put({ name: 'Renamed' })).status).toBe(200);
    expect((await put({ is_active: false })).status).toBe(202);
    expect((await api<ExternalAgent>(path, { token: owner.token })).body.is_active).toBe(false);
    expect((await put({ is_active: true })).body.is_active).toBe(true);
    expect((await api(path, { method: 'DELETE', token: owner.token })).status).toBe(202);
    expectProblem(await api(path, { token: owner.token }), 404, 'not_found');
    expectProblem(await put({ name: 'Gone' }), 404, 'not_found');
    expect((await list(owner.token)).body.data).toEqual([]);
    expect(await auditActions(id)).toEqual([
      'external_agent.created',
      'external_agent.key_created',
      'external_agent.updated',
      'external_agent.updated',
      'external_agent.deactivated',
      'external_agent.activated',
      'external_agent.deleted',
    ]);
  });

  it.each([
    [{ platform: 'fax' }, 'platform'],
    [{ name: '' }, 'name'],
    [{ agents: [] }, 'agents'],
    [{ operations: ['administrate'] }, 'operations.0'],
    [{ rate_limits: { minute: 0 } }, 'rate_limits.minute'],
    [{ rate_limits: { minute: 100, hour: 50 } }, 'rate_limits.minute'],
    [{ rate_limits: { minute: 10, burst: 20 } }, 'rate_limits.burst'],
    [{ max_concurrency: -1 }, 'max_concurrency'],
    [{ budget: { limit_usd: -1, period: 'day' } }, 'budget.limit_usd'],
    [{ budget: { limit_usd: 1, period: 'week' } }, 'budget.period'],
    [{ recording: { redact: ['a..b'] } }, 'recording.redact.0'],
    [{ agents: ['agt_00000000000000000000000000'] }, 'agents.0'],
    [{ webhook_config: { platform: 'slack' } }, 'webhook_config.webhook_url'],
    [
      { webhook_config: { platform: 'telegram', bot_token: '123:abc', chat_id: 'not an id' } },
      'webhook_config.chat_id',
    ],
    [{ key_expires_at: '2020-01-01T00:00:00Z' }, 'key_expires_at'],
    [{ unknown: 1 }, ''],
  ])('refuse what is not valid, and store nothing (%#)', async (fields, path) => {
    const owner = await signUp();
    const body = { name: 'x', platform: 'custom', ...fields };
    const problem = expectProblem(
      await api('/external-agents', { token: owner.token, body }),
      422,
      'validation_failed',
    );
    expect(problem.errors?.map((error) => error.path)).toContain(path);
    expect((await list(owner.token)).body.data).toEqual([]);
  });

  it('get a budget with their first key, and show the one of the shortest period', async () => {
    const owner = await signUp();
    const made = await externalAgent(owner, { budget: { limit_usd: 5, period: 'month' } });
    const budget = { period: 'month', limit_usd: 5, spent_usd: 0, remaining_usd: 5, on_exceeded: 'park' };
    expect(made.budget).toMatchObject(budget);
    expect((await list(owner.token)).body.data[0]?.budget).toEqual(made.budget);
    const path = `/external-agents/${made.id}`;
    const day = { limit_usd: 1, period: 'day' };
    expect((await api(`${path}/budget`, { method: 'PUT', token: owner.token, body: day })).status).toBe(200);
    const read = await api<ExternalAgent>(path, { token: owner.token });
    expect(read.body.budget).toMatchObject({ period: 'day', limit_usd: 1 });
  });

  it('keep what opens their webhooks sealed, and show it masked', async () => {
    const owner = await signUp();
    const webhook_config = { platform: 'slack', bot_token: 'xoxb-secret-of-slack-1234', channel: '#alerts' };
    const { id, ...made } = await externalAgent(owner, { webhook_config });
    const masked = { platform: 'slack', bot_token: '***1234', channel: '#alerts' };
    expect(made.webhook_config).toEqual(masked);
    const sealed = async () =>
      (await env.DB.prepare('SELECT webhook_sealed FROM external_agents WHERE id = ?').bind(id).first())
        ?.webhook_sealed as string;
    const before = await sealed();
    expect(before).not.toContain('secret-of-slack');
    const put = (config: object) =>
      api<ExternalAgent>(`/external-agents/${id}`, {
        method: 'PUT',
        token: owner.token,
        body: { webhook_config: config },
      });
    const moved = await put({ ...masked, channel: '#other' });
    expect(moved.body.webhook_config).toEqual({ ...masked, channel: '#other' });
    expect(await sealed()).not.toBe(before);
    expectProblem(await put({ ...masked, bot_token: '***9999' }), 422, 'validation_failed');
    expectProblem(await put({ platform: 'telegram', bot_token: '***1234', chat_id: '1' }), 422, 'validation_failed');
  });

  it('may be read by whoever has external_agents:read, and changed with external_agents:write', async () => {
    const owner = await signUp();
    const developer = await withRole(owner, 'developer');
    expect((await list(developer.token)).status).toBe(200);
    const body = { name: 'x', platform: 'custom' };
    expectProblem(await api('/external-agents', { token: developer.token, body }), 403, 'forbidden');
    const manager = await withRole(owner, 'manager');
    expect((await api('/external-agents', { token: manager.token, body })).status).toBe(201);
  });
});

describe('Their keys', () => {
  it('rotate with an overlap, in which both work, or without one', async () => {
    const owner = await signUp();
    const agent = await publishedAgent(owner, doubling);
    const first = await externalAgent(owner);
    const rotate = (body: object) =>
      api<ExternalAgentKey & { api_key: string }>(`/external-agents/${first.id}/keys/rotate`, {
        token: owner.token,
        body,
      });
    const second = (await rotate({ overlap_seconds: 60 })).body;
    const works = async (api_key: string) => (await invoke({ id: first.id, api_key }, agent.id, { n: 1 })).status;
    expect(await works(first.api_key)).toBe(202);
    expect(await works(second.api_key)).toBe(202);
    expectProblem(await rotate({ key_id: first.key_id }), 409, 'conflict');
    const third = (await rotate({ overlap_seconds: 0 })).body;
    expect(await works(second.api_key)).toBe(401);
    expect(await works(third.api_key)).toBe(202);
    await api(`/external-agents/${first.id}/keys/${third.id}`, { method: 'DELETE', token: owner.token });
    await api(`/external-agents/${first.id}/keys/${first.key_id}`, { method: 'DELETE', token: owner.token });
    expect(await works(third.api_key)).toBe(401);
    const fourth = (await rotate({})).body;
    expect(await works(fourth.api_key)).toBe(202);
    expect(await auditActions(first.id)).toEqual([
      'external_agent.created',
      'external_agent.key_created',
      'external_agent.key_created',
      'external_agent.key_rotated',
      'external_agent.key_created',
      'external_agent.key_rotated',
      'external_agent.key_revoked',
      'external_agent.key_revoked',
      'external_agent.key_created',
    ]);
    await eventually(async () => {
      const { body } = await api<{ data: { type: string }[] }>('/events', { token: owner.token });
      return body.data.filter(({ type }) => type === 'external_agent.key_revoked').length === 2;
    });
  });

  it('are theirs alone: not to be revoked or rotated as API keys, nor the other way round', async () => {
    const owner = await signUp();
    const outside = await externalAgent(owner);
    const own = await createKey(owner, ['agents:read']);
    const { token } = owner;
    const remove = (path: string) => api(path, { method: 'DELETE', token });
    expectProblem(await remove(`/org/api-keys/${outside.key_id}`), 404, 'not_found');
    expectProblem(await remove(`/external-agents/${outside.id}/keys/${own.id}`), 404, 'not_found');
    expectProblem(await api(`/org/api-keys/${outside.key_id}/rotate`, { token, body: {} }), 404, 'not_found');
    const other = await externalAgent(owner);
    expectProblem(await remove(`/external-agents/${other.id}/keys/${outside.key_id}`), 404, 'not_found');
  });

  it('open the agents of their scope, and others are as if they were not there', async () => {
    const owner = await signUp();
    const inside = await publishedAgent(owner, doubling, 'Inside');
    const beyond = await publishedAgent(owner, doubling, 'Beyond');
    const outside = await externalAgent(owner, { agents: [inside.id] });
    expect((await invoke(outside, inside.id, { n: 4 }, { wait: 20 })).body).toMatchObject({
      status: 'success',
      output: 8,
    });
    expect((await invoke(outside, 'Inside', { n: 4 })).status).toBe(202);
    for (const name of [beyond.id, 'Beyond']) {
      const problem = expectProblem(await invoke(outside, name, { n: 4 }), 404, 'not_found');
      expect(problem.detail).toBe(`There is no agent ${name}.`);
    }
    const path = `/external-agents/${outside.id}/agents`;
    const permitted = await api<{ data: PermittedAgent[] }>(path, { key: outside.api_key });
    expect(permitted.body.data).toEqual([
      { id: inside.id, name: 'Inside', description: '', input_schema: doubling.input_schema },
    ]);
    expect((await api(path, { token: owner.token })).body).toEqual(permitted.body);
    const another = await externalAgent(owner);
    expectProblem(await api(path, { key: another.api_key }), 404, 'not_found');
  });

  it('must belong to the external agent that the header and the path name', async () => {
    const owner = await signUp();
    const agent = await publishedAgent(owner, doubling);
    const [one, two] = [await externalAgent(owner), await externalAgent(owner)];
    const named = (caller: typeof one, id: string) =>
      invoke(caller, agent.id, { n: 1 }, { headers: { 'x-external-agent-id': id } });
    expect((await named(one, one.id)).status).toBe(202);
    expectProblem(await named(one, two.id), 403, 'external_agent_mismatch');
    expectProblem(await invoke({ id: two.id, api_key: one.api_key }, agent.id, { n: 1 }), 404, 'not_found');
    expectProblem(await named({ ...two, api_key: one.api_key }, one.id), 404, 'not_found');
    const dead = { ...one, api_key: `${one.api_key.slice(0, -4)}0000` };
    for (const wrong of [dead, { ...one, api_key: 'ea_x' }, { ...one, api_key: one.api_key.slice(0, -1) }]) {
      expectProblem(await named(wrong, two.id), 401, 'unauthenticated');
    }
  });

  it('are refused from the moment that the agent is deactivated, and taken again afterwards', async () => {
    const owner = await signUp();
    const agent = await publishedAgent(owner, doubling);
    const outside = await externalAgent(owner);
    const set = (is_active: boolean): Promise<ApiAnswer<unknown>> =>
      api(`/external-agents/${outside.id}`, { method: 'PUT', token: owner.token, body: { is_active } });
    await set(false);
    expectProblem(await invoke(outside, agent.id, { n: 1 }), 403, 'external_agent_inactive');
    await set(true);
    expect((await invoke(outside, agent.id, { n: 1 })).status).toBe(202);
  });
});
