import { createExecutionContext, evictDurableObject, waitOnExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import type { Execution, JsonValue } from '@agentflow/contracts';
import { beforeEach, describe, expect, it } from 'vitest';
import { type AdmissionRequest, organizationDesk } from '../../../durable-objects/organization/client.ts';
import { createApp } from '../../../workers/app.ts';
import { newId } from '../../../workers/platform/ids.ts';
import { agentEdges, agentNode, publishedAgent, runToEnd } from '../../support/agents.ts';
import { api, createKey, expectProblem, type Member, ORIGIN, signUp, withRole } from '../../support/api.ts';
import { recordedEnv } from '../../support/binding-calls.ts';
import { externalAgent, invoke } from '../../support/external-agents.ts';
import { newPolicy } from '../../support/policies.ts';

const definition = { nodes: [agentNode('start', 'trigger.manual')], edges: [] };

let owner: Member;
let agentId: string;
beforeEach(async () => {
  owner = await signUp();
  agentId = (await publishedAgent(owner, definition)).id;
});

interface Start {
  readonly who?: Partial<Pick<Member, 'token'>> & { key?: string };
  readonly agent?: string;
  readonly input?: JsonValue;
  readonly mode?: 'execute' | 'test';
  readonly headers?: Record<string, string>;
}

const start = ({ who = owner, agent = agentId, input = {}, mode = 'execute', headers = {} }: Start = {}) =>
  api<Execution>(`/agents/${agent}/${mode}`, { ...who, body: { input }, headers });

async function expectDenied(begin: Start, by: string): Promise<void> {
  expect(expectProblem(await start(begin), 403, 'policy_denied').detail).toContain(by);
}

async function expectStarted(begin: Start = {}): Promise<Execution> {
  const answer = await start(begin);
  expect(answer.status, JSON.stringify(answer.body)).toBe(202);
  return answer.body;
}

async function setDefault(value: 'allow' | 'deny'): Promise<void> {
  const set = await api('/policies/default', { method: 'PUT', token: owner.token, body: { default: value } });
  expect(set.status).toBe(200);
}

const desk = () => organizationDesk(env.ORGANIZATION, owner.organization_id);

describe('a start that policies deny', () => {
  it('is refused with the name of the policy from its answer on, also after an eviction', async () => {
    await expectStarted();
    const { id, name } = await newPolicy(owner);
    await expectDenied({}, `"${name}"`);
    await evictDurableObject(desk());
    await expectDenied({}, `"${name}"`);
    expect((await api(`/policies/${id}`, { method: 'DELETE', token: owner.token })).status).toBe(204);
    await expectStarted();
  });

  it('is one of the subjects, actions and agents that it names, and no other', async () => {
    const developer = await withRole(owner, 'developer');
    const [blocked, other] = [await createKey(owner, ['agents:execute']), await createKey(owner, ['agents:execute'])];
    const second = (await publishedAgent(owner, definition, 'Another agent')).id;
    await newPolicy(owner, {
      name: 'No developers live',
      subjects: [{ kind: 'user', roles: ['developer'] }],
      actions: ['execute'],
    });
    await newPolicy(owner, {
      name: 'Not this key',
      subjects: [{ kind: 'api_key', ids: [blocked.id] }],
      resources: { agents: [agentId] },
    });

    await expectDenied({ who: developer }, 'No developers live');
    await expectStarted({ who: developer, mode: 'test' });
    await expectStarted();
    await expectDenied({ who: { key: blocked.key } }, 'Not this key');
    await expectStarted({ who: { key: blocked.key }, agent: second });
    await expectStarted({ who: { key: other.key } });
  });

  it('is one of an agent with a tag, from the moment that it has the tag', async () => {
    await newPolicy(owner, { name: 'Nothing in production', resources: { tags: ['prod'] } });
    await expectStarted();
    const tagged = await api(`/agents/${agentId}`, { method: 'PUT', token: owner.token, body: { tags: ['prod'] } });
    expect(tagged.body).toMatchObject({ tags: ['prod'] });
    await expectDenied({}, 'Nothing in production');
    await api(`/agents/${agentId}`, { method: 'PUT', token: owner.token, body: { tags: [] } });
    await expectStarted();
  });

  it('is every one that no policy allows where the default is to deny', async () => {
    await setDefault('deny');
    await expectDenied({}, 'No policy');
    const { name } = await newPolicy(owner, { effect: 'allow', subjects: [{ kind: 'user', roles: ['owner'] }] });
    await expectStarted();
    const key = await createKey(owner, ['agents:execute']);
    await expectDenied({ who: { key: key.key } }, 'No policy');
    await newPolicy(owner, { name: 'But not today', effect: 'deny', priority: 0 });
    await expectDenied({}, 'But not today');
    expect(name).not.toBe('But not today');
  });

  it('costs nothing: no place, no count, no execution', async () => {
    const limits = { per_user: { minute: 1, hour: 1, day: 1 } };
    const set = await api('/org/rate-limits', { method: 'PUT', token: owner.token, body: limits });
    expect(set.status, JSON.stringify(set.body)).toBe(200);
    const { id } = await newPolicy(owner);
    for (let round = 0; round < 3; round++) await expectDenied({}, 'denies this');
    expect((await desk().usage()).live_executions).toBe(0);
    await api(`/policies/${id}`, { method: 'DELETE', token: owner.token });
    await expectStarted();
    expectProblem(await start(), 429, 'rate_limited');
  });

  it('is told so only when it could have started otherwise', async () => {
    const draft = await api<{ id: string }>('/agents', { token: owner.token, body: { name: 'Unpublished' } });
    await newPolicy(owner);
    expectProblem(await start({ agent: draft.body.id }), 409, 'agent_not_published');
    const reader = await createKey(owner, ['agents:read']);
    expectProblem(await start({ who: { key: reader.key } }), 403, 'forbidden');
  });

  it('still answers what was started before with the same Idempotency-Key', async () => {
    const headers = { 'idempotency-key': crypto.randomUUID() };
    const first = await expectStarted({ headers });
    await newPolicy(owner);
    const again = await start({ headers });
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(again.body.id).toBe(first.id);
  });
});

describe('a call of an external agent', () => {
  it('is judged by its id and platform as `invoke`, and never as one of a key or a person', async () => {
    const gemini = await externalAgent(owner, { platform: 'gemini' });
    const other = await externalAgent(owner, { platform: 'claude_code' });
    await newPolicy(owner, { name: 'No keys', subjects: [{ kind: 'api_key' }, { kind: 'user' }] });
    await newPolicy(owner, { name: 'Not as execute', actions: ['execute', 'test'] });
    expect((await invoke(gemini, agentId)).status).toBe(202);
    await newPolicy(owner, {
      name: 'No Gemini here',
      subjects: [{ kind: 'external_agent', platforms: ['gemini'] }],
      actions: ['invoke'],
    });
    const refused = expectProblem(await invoke(gemini, agentId), 403, 'policy_denied');
    expect(refused.detail).toContain('No Gemini here');
    expect((await invoke(other, 'Test agent')).status).toBe(202);
    await newPolicy(owner, {
      name: 'Only small orders',
      subjects: [{ kind: 'external_agent', ids: [other.id] }],
      conditions: { attribute: 'input', path: 'amount', operator: 'gt', value: 10 },
    });
    expect((await invoke(other, 'Test agent', { amount: 10 })).status).toBe(202);
    expectProblem(await invoke(other, 'Test agent', { amount: 11 }), 403, 'policy_denied');
  });
});

describe('an execution that starts others', () => {
  it('was judged with its own start: what it calls is not', async () => {
    const child = agentId;
    const nodes = [
      agentNode('start', 'trigger.manual'),
      agentNode('call', 'agent.call', { agent_id: child, input: {} }),
    ];
    const parent = await publishedAgent(owner, { nodes, edges: agentEdges('start>call') }, 'Parent');
    await newPolicy(owner, { name: 'Not directly', resources: { agents: [child] } });
    await expectDenied({ agent: child }, 'Not directly');
    expect((await runToEnd(owner, parent.id)).status).toBe('completed');
  });
});

describe('conditions', () => {
  it('on the address', async () => {
    await newPolicy(owner, {
      name: 'Office only',
      conditions: { attribute: 'ip', operator: 'not_in', value: ['203.0.113.0/24', '2001:db8::/32'] },
    });
    await expectStarted({ headers: { 'cf-connecting-ip': '203.0.113.9' } });
    await expectStarted({ headers: { 'cf-connecting-ip': '2001:db8::1' } });
    await expectDenied({ headers: { 'cf-connecting-ip': '198.51.100.1' } }, 'Office only');
  });

  it('on the hour of a timezone', async () => {
    const always = [{ days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const, from: '00:00', to: '24:00' }];
    const windows = always.map((window) => ({ ...window, days: [...window.days] }));
    const value = { timezone: 'Asia/Kathmandu', windows };
    const never = await newPolicy(owner, { conditions: { attribute: 'time', operator: 'not_within', value } });
    await expectStarted();
    await newPolicy(owner, { name: 'Always', conditions: { attribute: 'time', operator: 'within', value } });
    await expectDenied({}, 'Always');
    expect(never.is_active).toBe(true);
  });

  it('on the project', async () => {
    const project = await api<{ id: string }>('/projects', { token: owner.token, body: { name: 'Launch' } });
    await newPolicy(owner, {
      name: 'Outside projects',
      conditions: { attribute: 'project', operator: 'exists', value: false },
    });
    await expectDenied({}, 'Outside projects');
    const inside = await api(`/agents/${agentId}/execute`, {
      token: owner.token,
      body: { input: {}, project_id: project.body.id },
    });
    expect(inside.status).toBe(202);
  });

  it('on the input, of which the desk is told what policies read, in one call more once', async () => {
    await newPolicy(owner, {
      name: 'Large payments',
      conditions: {
        any: [
          { attribute: 'input', path: 'payment.amount', operator: 'gt', value: 1000 },
          { attribute: 'input', path: 'payment.countries', operator: 'contains', value: 'KP' },
        ],
      },
    });
    const payment = { payment: { amount: 10, countries: ['DE'] } };
    const calls = async () => {
      const seen: string[] = [];
      const ctx = createExecutionContext();
      const headers = { authorization: `Bearer ${owner.token}`, 'content-type': 'application/json' };
      const body = JSON.stringify({ input: payment });
      const request = new Request(`${ORIGIN}/api/v1/agents/${agentId}/execute`, { method: 'POST', headers, body });
      const response = await createApp().fetch(request, recordedEnv(seen), ctx);
      expect(response.status, await response.text()).toBe(202);
      await waitOnExecutionContext(ctx);
      return seen.filter((call) => call.startsWith('ORGANIZATION.'));
    };
    expect(await calls()).toEqual(['ORGANIZATION.admit', 'ORGANIZATION.admit']);
    expect(await calls()).toEqual(['ORGANIZATION.admit']);

    await expectDenied({ input: { payment: { amount: 1001, countries: [] } } }, 'Large payments');
    await expectDenied({ input: { payment: { amount: 1, countries: ['FR', 'KP'] } } }, 'Large payments');
    // What is missing, or no number, must not let it through.
    await expectDenied({ input: { payment: { countries: [] } } }, 'Large payments');
    await expectDenied({ input: { payment: { amount: '1', countries: [] } } }, 'Large payments');
    await expectDenied({ input: { payment: { amount: 1, countries: 'x'.repeat(10_000) } } }, 'Large payments');
    // Another path than the isolate remembers.
    await newPolicy(owner, {
      name: 'Nobody',
      conditions: { attribute: 'input', path: 'name', operator: 'eq', value: 'nobody' },
    });
    await expectDenied({ input: { ...payment, name: 'nobody' } }, 'Nobody');
    await expectStarted({ input: { ...payment, name: 'somebody' } });
  });

  it('on what the agent cost lately', async () => {
    const admit = (): Promise<string> =>
      desk()
        .admit(startRequest())
        .then((admission) => (admission.outcome === 'allow' ? admission.lease_id : Promise.reject(admission)));
    for (const cost_microusd of [100_000, 300_000]) {
      const lease_id = await admit();
      const execution = { agent_id: agentId } as Execution;
      await desk().settle({ lease_id, cost_microusd, execution });
    }
    await newPolicy(owner, {
      name: 'Cheap only',
      conditions: { attribute: 'cost_estimate_usd', operator: 'gt', value: 0.2 },
    });
    // It costs nothing in fact: a real execution of it would move the mean.
    await admit();
    const { id } = await newPolicy(owner, {
      name: 'Cheaper',
      conditions: { attribute: 'cost_estimate_usd', operator: 'gte', value: 0.2 },
    });
    await expectDenied({}, 'Cheaper');
    await evictDurableObject(desk());
    await expectDenied({}, 'Cheaper');
    expect(id).toMatch(/^pol_/);
    const unknown = (await publishedAgent(owner, definition, 'Never ran')).id;
    await expectDenied({ agent: unknown }, 'Cheap');
    // Its own budget bounds what it can cost.
    const bounded = (budget_usd: number) =>
      api(`/agents/${unknown}/execute`, { token: owner.token, body: { input: {}, budget_usd } });
    expectProblem(await bounded(0.3), 403, 'policy_denied');
    expect((await bounded(0.1)).status).toBe(202);
  });
});

function startRequest(): AdmissionRequest {
  return {
    organization_id: owner.organization_id,
    caller: { kind: 'user', user_id: owner.user_id, name: 'Owner', role: 'owner' },
    permission: 'agents:execute',
    agent_id: agentId,
    version: null,
    mode: 'live',
    execution_id: newId('execution'),
    idempotency: null,
    ip: '203.0.113.7',
  };
}
