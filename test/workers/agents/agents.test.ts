import { env } from 'cloudflare:workers';
import { type Agent, agent as agentSchema, page } from '@agentflow/contracts';
import { beforeAll, describe, expect, it } from 'vitest';
import { organizationDesk } from '../../../durable-objects/organization/client.ts';
import { adding, auditOf, type Caller, newAgent, newOwner, publishedAgent, refused, withScopes } from './caller.ts';

let owner: Caller;
let stranger: Caller;
beforeAll(async () => {
  owner = await newOwner();
  stranger = await newOwner();
});

async function listed(caller: Caller, query: string): Promise<{ data: Agent[]; next_cursor: string | null }> {
  const response = await caller.call('GET', `/agents?${query}`);
  expect(response.status).toBe(200);
  return page(agentSchema).parse(await response.json());
}

/** What the organization's desk would say to a start of the agent. */
async function admission(caller: Caller, agentId: string, executionId = 'exe_01jd0000000000000000000000') {
  return organizationDesk(env.ORGANIZATION, caller.organizationId).admit({
    organization_id: caller.organizationId,
    caller: { kind: 'user', user_id: caller.userId, name: 'Owner' },
    permission: 'agents:execute',
    agent_id: agentId,
    version: null,
    mode: 'live',
    execution_id: executionId,
    idempotency: null,
    ip: '192.0.2.1',
  });
}

describe('creating', () => {
  it('makes a draft agent with an empty draft, an ETag, a location and an audit row', async () => {
    const response = await owner.call('POST', '/agents', {
      body: { name: '  Triage  ', description: 'Sorts tickets' },
    });
    expect(response.status).toBe(201);
    expect(response.headers.get('etag')).toBe('"1"');
    const created = agentSchema.parse(await response.json());
    expect(response.headers.get('location')).toBe(`/api/v1/agents/${created.id}`);
    expect(created).toMatchObject({
      name: 'Triage',
      description: 'Sorts tickets',
      status: 'draft',
      live_version: null,
      latest_version: 0,
      created_by: owner.userId,
    });
    expect(await (await owner.call('GET', `/agents/${created.id}/draft`)).json()).toEqual({ nodes: [], edges: [] });
    expect(await auditOf(owner, created.id)).toEqual([
      { action: 'agent.created', details: { name: 'Triage', nodes: 0 } },
    ]);
  });

  it('takes a definition with mistakes, and refuses one with a wrong structure', async () => {
    const broken = {
      nodes: [{ id: 'a', type: 'no.such', config: {} }],
      edges: [{ id: 'e', source: 'a', target: 'gone' }],
    };
    const created = await newAgent(owner, { definition: broken });
    expect(await (await owner.call('GET', `/agents/${created.id}/draft`)).json()).toEqual(broken);

    const wrong = { ...broken, nodes: [{ id: 'a', type: 'ai.chat', retry: { max_attempts: 99 } }] };
    const response = await owner.call('POST', '/agents', { body: { name: 'x', definition: wrong } });
    const problem = await refused(response, 422, 'validation_failed');
    expect(problem.errors?.map((error) => error.path)).toContain('definition.nodes.0.retry.max_attempts');
  });

  it.each([
    ['no name', {}],
    ['an empty name', { name: '   ' }],
    ['a long name', { name: 'x'.repeat(121) }],
    ['an unknown field', { name: 'x', status: 'active' }],
    ['a wrong type', { name: 7 }],
  ])('refuses %s', async (_case, body) => {
    await refused(await owner.call('POST', '/agents', { body }), 422, 'validation_failed');
  });

  it('answers the same Idempotency-Key with the same agent', async () => {
    const headers = { 'Idempotency-Key': crypto.randomUUID() };
    const first = await owner.call('POST', '/agents', { body: { name: 'Once' }, headers });
    const second = await owner.call('POST', '/agents', { body: { name: 'Once' }, headers });
    expect(second.headers.get('idempotency-replayed')).toBe('true');
    expect(await second.json()).toEqual(await first.json());
    const other = await owner.call('POST', '/agents', { body: { name: 'Twice' }, headers });
    await refused(other, 422, 'idempotency_key_reused');
  });
});

describe('reading and changing', () => {
  it('is 404 for a stranger, for an unknown id and for something that is no id, on every route', async () => {
    const { id } = await publishedAgent(owner);
    const routes: [string, string, unknown?][] = [
      ['GET', ''],
      ['PUT', '', { name: 'mine now' }],
      ['DELETE', ''],
      ['GET', '/draft'],
      ['PUT', '/draft', adding(2)],
      ['POST', '/validate'],
      ['POST', '/validate', { definition: adding(2) }],
      ['POST', '/publish', {}],
      ['GET', '/versions'],
      ['GET', '/versions/1'],
      ['GET', '/versions/1/diff/1'],
      ['POST', '/rollback', { version: 1 }],
      ['PUT', '/status', { status: 'paused' }],
      ['GET', '/export'],
      ['GET', '/export?version=1'],
    ];
    for (const [method, path, body] of routes) {
      for (const [caller, target] of [
        [stranger, id],
        [owner, 'agt_00000000000000000000000000'],
        [owner, "x'%20OR%201=1--"],
      ] as const) {
        const response = await caller.call(method, `/agents/${target}${path}`, body === undefined ? {} : { body });
        await refused(response, 404, 'not_found');
      }
    }
    expect(await (await owner.call('GET', `/agents/${id}`)).json()).toMatchObject({ name: 'Adder', status: 'active' });
    expect((await listed(stranger, 'limit=100')).data).toEqual([]);
  });

  it('changes name and description, one revision further, and tells the audit log', async () => {
    const { id } = await newAgent(owner, { name: 'Before' });
    const response = await owner.call('PUT', `/agents/${id}`, {
      body: { name: 'After' },
      headers: { 'If-Match': '"1"' },
    });
    expect(response.status).toBe(200);
    expect(response.headers.get('etag')).toBe('"2"');
    expect(await response.json()).toMatchObject({ name: 'After', description: '' });
    expect((await auditOf(owner, id)).at(-1)).toEqual({
      action: 'agent.updated',
      details: { name_before: 'Before', name: 'After' },
    });
  });

  it('has tags, which the list is filtered by', async () => {
    const { id } = await newAgent(owner, { name: 'Tagged' });
    const tag = (tags: unknown) => owner.call('PUT', `/agents/${id}`, { body: { tags } });
    expect(await (await tag(['finance', 'prod'])).json()).toMatchObject({ name: 'Tagged', tags: ['finance', 'prod'] });
    expect((await auditOf(owner, id)).at(-1)).toEqual({
      action: 'agent.updated',
      details: { tags_before: [], tags: ['finance', 'prod'] },
    });
    // In another order they are the same.
    expect((await tag(['prod', 'finance'])).headers.get('etag')).toBe('"2"');
    for (const bad of [
      ['Prod'],
      ['prod', 'prod'],
      [''],
      'prod',
      Array.from({ length: 21 }, (_, index) => `t${index}`),
    ]) {
      await refused(await tag(bad), 422, 'validation_failed');
    }
    expect((await listed(owner, 'tag=finance')).data.map((each) => each.id)).toEqual([id]);
    expect((await listed(owner, 'tag=fin')).data).toEqual([]);
  });

  it('refuses an If-Match that no longer fits, in every form', async () => {
    const { id } = await newAgent(owner);
    await owner.call('PUT', `/agents/${id}`, { body: { name: 'Second' } });
    for (const tag of ['"1"', 'W/"2"', '2', '"22"']) {
      const response = await owner.call('PUT', `/agents/${id}`, {
        body: { name: 'Lost' },
        headers: { 'If-Match': tag },
      });
      expect(response.headers.get('etag')).toBe('"2"');
      await refused(response, 412, 'precondition_failed');
    }
    for (const tag of ['"1", "2"', '*']) {
      const response = await owner.call('PUT', `/agents/${id}`, {
        body: { name: 'Second' },
        headers: { 'If-Match': tag },
      });
      expect(response.status).toBe(200);
    }
    const gone = await owner.call('DELETE', `/agents/${id}`, { headers: { 'If-Match': '"1"' } });
    await refused(gone, 412, 'precondition_failed');
  });

  it('writes nothing for a change that changes nothing', async () => {
    const { id } = await newAgent(owner, { name: 'Same' });
    const response = await owner.call('PUT', `/agents/${id}`, { body: { name: 'Same' } });
    expect(response.headers.get('etag')).toBe('"1"');
    expect(await auditOf(owner, id)).toHaveLength(1);
  });

  it('lets one of two editors with the same ETag win', async () => {
    const { id } = await newAgent(owner);
    const answers = await Promise.all(
      ['A', 'B', 'C', 'D'].map((name) =>
        owner.call('PUT', `/agents/${id}`, { body: { name }, headers: { 'If-Match': '"1"' } }),
      ),
    );
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 412, 412, 412]);
    expect(await auditOf(owner, id)).toHaveLength(2);
  });
});

describe('listing', () => {
  it('pages newest first, stable while agents are added', async () => {
    const caller = await newOwner();
    const made: string[] = [];
    for (let count = 0; count < 7; count++) made.push((await newAgent(caller, { name: `Agent ${count}` })).id);
    const newestFirst = [...made].sort().reverse();

    const first = await listed(caller, 'limit=3');
    expect(first.data.map((each) => each.id)).toEqual(newestFirst.slice(0, 3));
    await newAgent(caller, { name: 'Late' });
    const second = await listed(caller, `limit=3&cursor=${first.next_cursor}`);
    const third = await listed(caller, `limit=3&cursor=${second.next_cursor}`);
    expect([...second.data, ...third.data].map((each) => each.id)).toEqual(newestFirst.slice(3));
    expect(third.next_cursor).toBeNull();
  });

  it('finds by part of the name, whatever its case, with % and _ as plain characters', async () => {
    const caller = await newOwner();
    for (const name of [
      '100% Refunds',
      '100 Refunds',
      'snake_case',
      'snakeXcase',
      'Überweisung',
      "O'Brien",
      'ПЛАТЁЖ',
    ]) {
      await newAgent(caller, { name });
    }
    const names = async (search: string) =>
      (await listed(caller, `search=${encodeURIComponent(search)}`)).data.map((each) => each.name).sort();
    expect(await names('refund')).toEqual(['100 Refunds', '100% Refunds']);
    expect(await names('100%')).toEqual(['100% Refunds']);
    expect(await names('%')).toEqual(['100% Refunds']);
    expect(await names('snake_')).toEqual(['snake_case']);
    expect(await names('überWEISUNG')).toEqual(['Überweisung']);
    expect(await names('платёж')).toEqual(['ПЛАТЁЖ']);
    expect(await names("o'b")).toEqual(["O'Brien"]);
    expect(await names("' OR 1=1 --")).toEqual([]);
    expect(await names('x'.repeat(120))).toEqual([]);
    expect(
      await names('абвгдеёжзийклмнопрстуфхцчшщъыьэюяαβγδεζηθικλμνξοπρστυφχψωàáâãäåæçèéêëìíîïðñòóôõöøùúûüýþ'),
    ).toEqual([]);
    expect(await names('')).toHaveLength(7);
  });

  it('filters by status, and shows archived agents only when asked', async () => {
    const caller = await newOwner();
    const draft = await newAgent(caller, { name: 'Draft' });
    const active = await publishedAgent(caller);
    const archived = await newAgent(caller, { name: 'Archived' });
    await caller.call('DELETE', `/agents/${archived.id}`);
    const ids = async (query: string) => (await listed(caller, query)).data.map((each) => each.id);
    expect(await ids('')).toEqual([active.id, draft.id]);
    expect(await ids('status=active')).toEqual([active.id]);
    expect(await ids('status=archived')).toEqual([archived.id]);
    expect(await ids('status=archived&search=draft')).toEqual([]);
  });

  it.each([
    'limit=0',
    'limit=101',
    'limit=x',
    'status=gone',
    'cursor=nonsense',
    'cursor=LS0',
    `search=${'x'.repeat(121)}`,
  ])('refuses %s', async (query) => {
    await refused(await owner.call('GET', `/agents?${query}`), 422, 'validation_failed');
  });
});

describe('status', () => {
  const set = (id: string, status: string) => owner.call('PUT', `/agents/${id}/status`, { body: { status } });

  it('needs a published version to be active or paused', async () => {
    const { id } = await newAgent(owner);
    await refused(await set(id, 'active'), 409, 'agent_not_published');
    await refused(await set(id, 'paused'), 409, 'agent_not_published');
    await refused(await set(id, 'draft'), 422, 'validation_failed');
  });

  it('pauses, activates, archives and restores; the desk admits accordingly at once', async () => {
    const { id } = await publishedAgent(owner);
    const desk = async (executionId: string) => {
      const answer = await admission(owner, id, executionId);
      return answer.outcome === 'deny' ? answer.code : answer.outcome;
    };
    expect(await desk('exe_01jd0000000000000000000001')).toBe('allow');
    expect(await (await set(id, 'paused')).json()).toMatchObject({ status: 'paused', live_version: 1 });
    expect(await desk('exe_01jd0000000000000000000002')).toBe('agent_paused');
    expect(await (await set(id, 'active')).json()).toMatchObject({ status: 'active' });
    expect(await desk('exe_01jd0000000000000000000003')).toBe('allow');

    const removed = await owner.call('DELETE', `/agents/${id}`);
    expect([removed.status, await removed.text()]).toEqual([204, '']);
    expect((await owner.call('DELETE', `/agents/${id}`)).status).toBe(204);
    expect(await desk('exe_01jd0000000000000000000004')).toBe('agent_archived');
    expect(await (await set(id, 'paused')).json()).toMatchObject({ status: 'paused' });
    expect(await desk('exe_01jd0000000000000000000005')).toBe('agent_paused');
    expect((await auditOf(owner, id)).map((row) => row.action)).toEqual([
      'agent.created',
      'agent.published',
      'agent.paused',
      'agent.activated',
      'agent.archived',
      'agent.paused',
    ]);
  });

  it('keeps an archived agent as it was until it is restored', async () => {
    const { id } = await newAgent(owner, { definition: adding(1) });
    await owner.call('DELETE', `/agents/${id}`);
    for (const [method, path, body] of [
      ['PUT', '', { name: 'New' }],
      ['PUT', '/draft', adding(2)],
      ['POST', '/publish', {}],
      ['POST', '/rollback', { version: 1 }],
    ] as const) {
      await refused(await owner.call(method, `/agents/${id}${path}`, { body }), 409, 'agent_archived');
    }
    expect((await owner.call('GET', `/agents/${id}/draft`)).status).toBe(200);
    await refused(await set(id, 'active'), 409, 'agent_not_published');
    expect(await (await set(id, 'paused')).json()).toMatchObject({ status: 'draft' });
    expect((await auditOf(owner, id)).at(-1)?.action).toBe('agent.restored');
    expect((await owner.call('POST', `/agents/${id}/publish`, { body: {} })).status).toBe(200);
  });
});

describe('permissions', () => {
  it('separates reading, writing and publishing', async () => {
    const { id } = await publishedAgent(owner);
    const reader = await withScopes(owner, ['agents:read']);
    const writer = await withScopes(owner, ['agents:write']);
    const status = async (caller: Caller, method: string, path: string, body?: unknown) =>
      (await caller.call(method, path, body === undefined ? {} : { body })).status;

    expect(await status(reader, 'GET', `/agents/${id}/export`)).toBe(200);
    expect(await status(reader, 'POST', `/agents/${id}/validate`)).toBe(200);
    expect(await status(reader, 'PUT', `/agents/${id}/draft`, adding(3))).toBe(403);
    expect(await status(writer, 'GET', `/agents/${id}`)).toBe(403);
    expect(await status(writer, 'PUT', `/agents/${id}/draft`, adding(3))).toBe(200);
    for (const [method, path, body] of [
      ['POST', '/publish', {}],
      ['POST', '/rollback', { version: 1 }],
      ['PUT', '/status', { status: 'paused' }],
      ['DELETE', '', undefined],
    ] as const) {
      expect(await status(writer, method, `/agents/${id}${path}`, body)).toBe(403);
    }
  });
});
