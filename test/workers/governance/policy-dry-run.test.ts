import type { DescribedRequest, PolicyDraft, PolicyEvaluation } from '@agentflow/contracts';
import { policyEvaluation } from '@agentflow/contracts';
import { beforeAll, describe, expect, it } from 'vitest';
import { agentNode, publishedAgent } from '../../support/agents.ts';
import { api, createKey, expectProblem, type Member, signUp, withRole } from '../../support/api.ts';
import { newPolicy, policyDraft } from '../../support/policies.ts';

const definition = { nodes: [agentNode('start', 'trigger.manual')], edges: [] };

let owner: Member;
let stranger: Member;
let agentId: string;
beforeAll(async () => {
  owner = await signUp();
  stranger = await signUp();
  agentId = (await publishedAgent(owner, definition)).id;
  await api(`/agents/${agentId}`, { method: 'PUT', token: owner.token, body: { tags: ['prod'] } });
});

interface Asked {
  readonly drafts?: readonly { replaces?: string; policy: PolicyDraft }[];
  readonly default?: 'allow' | 'deny';
}

const ask = (request: DescribedRequest, more: Asked = {}, who: { token?: string; key?: string } = owner) =>
  api('/policies/evaluate', { ...who, body: { request, ...more } });

async function judged(request: DescribedRequest, more: Asked = {}): Promise<PolicyEvaluation> {
  const answer = await ask(request, more);
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return policyEvaluation.parse(answer.body);
}

describe('a dry run', () => {
  it('explains which policy decides, and how each condition comes out', async () => {
    const allow = await newPolicy(owner, { name: 'All may', effect: 'allow', priority: 50 });
    const deny = await newPolicy(owner, {
      name: 'Large transfers',
      resources: { tags: ['prod'] },
      conditions: {
        all: [
          { attribute: 'input', path: 'amount', operator: 'gt', value: 100 },
          { not: { attribute: 'ip', operator: 'in', value: ['203.0.113.0/24'] } },
        ],
      },
    });
    const request: DescribedRequest = {
      subject: { kind: 'user', id: owner.user_id },
      agent_id: agentId,
      ip: '198.51.100.1',
      at: '2026-01-14T11:00:00Z',
      input: { amount: 500, secret: 'not told back' },
    };
    const answer = await judged(request);
    expect(answer).toMatchObject({
      decision: 'deny',
      decided_by: { id: deny.id, name: 'Large transfers' },
      reason: expect.stringContaining('Large transfers'),
      default: 'allow',
      request: {
        subject: { kind: 'user', id: owner.user_id, role: 'owner' },
        action: 'execute',
        agent_id: agentId,
        agent_tags: ['prod'],
      },
      policies: [
        { id: allow.id, holds: true, decides: false, condition: 'true' },
        {
          id: deny.id,
          holds: true,
          decides: true,
          conditions: [
            { path: 'conditions.all.0', outcome: 'true', actual: 500 },
            { path: 'conditions.all.1.not', outcome: 'false', actual: '198.51.100.1' },
          ],
        },
      ],
    });
    expect(JSON.stringify(answer)).not.toContain('not told back');

    expect(await judged({ ...request, input: { amount: 1 } })).toMatchObject({
      decision: 'allow',
      decided_by: { id: allow.id },
    });
    expect(await judged({ ...request, input: {} })).toMatchObject({
      decision: 'deny',
      reason: expect.stringContaining("can't be told"),
    });
    expect(await judged({ ...request, agent_tags: [] })).toMatchObject({ decision: 'allow' });
  });

  it('judges drafts beside saved policies and in their places, and stores nothing', async () => {
    const own = await signUp();
    const agent = await publishedAgent(own, definition);
    const saved = await newPolicy(own, { name: 'Saved' });
    const request: DescribedRequest = { subject: { kind: 'user', role: 'viewer' }, agent_id: agent.id };
    const evaluate = async (more: Asked) => (await ask(request, more, own)).body as unknown as PolicyEvaluation;
    expect(await evaluate({})).toMatchObject({ decision: 'deny', decided_by: { id: saved.id } });
    const owners = policyDraft({ name: 'Saved', subjects: [{ kind: 'user', roles: ['owner'] }] });
    const replaced = await evaluate({ drafts: [{ replaces: saved.id, policy: owners }] });
    expect(replaced).toMatchObject({
      decision: 'allow',
      decided_by: null,
      policies: [{ id: saved.id, subject_matches: false, holds: false }],
    });
    const added = await evaluate({ drafts: [{ policy: policyDraft({ name: 'Draft', priority: 9 }) }] });
    expect(added).toMatchObject({ decision: 'deny', decided_by: { id: null, name: 'Draft' } });
    const off = policyDraft({ is_active: false });
    expect(await evaluate({ drafts: [{ replaces: saved.id, policy: off }], default: 'deny' })).toMatchObject({
      decision: 'deny',
      decided_by: null,
      default: 'deny',
      policies: [],
    });
    const { body } = await api<{ data: unknown[] }>('/policies', { token: own.token });
    expect(body.data).toEqual([saved]);
  });

  it('judges what an execution began with', async () => {
    const started = await api<{ id: string }>(`/agents/${agentId}/execute`, {
      token: owner.token,
      body: { input: { amount: 7 } },
    });
    expect(started.status).toBe(202);
    const exact = policyDraft({
      name: 'Seven',
      conditions: { attribute: 'input', path: 'amount', operator: 'eq', value: 7 },
    });
    const answer = await judged({ execution_id: started.body.id, ip: '203.0.113.1' }, { drafts: [{ policy: exact }] });
    expect(answer).toMatchObject({
      decision: 'deny',
      decided_by: { name: 'Seven' },
      request: { subject: { kind: 'user', id: owner.user_id, role: 'owner' }, action: 'execute', agent_id: agentId },
    });
    // What is said goes before what the execution has.
    const other = await judged(
      { execution_id: started.body.id, ip: '203.0.113.1', input: { amount: 8 } },
      { drafts: [{ policy: exact }] },
    );
    expect(other.policies.find(({ name }) => name === 'Seven')).toMatchObject({ holds: false });

    const blind = await createKey(owner, ['governance:read']);
    expectProblem(await ask({ execution_id: started.body.id }, {}, { key: blind.key }), 403, 'forbidden');
  });

  it('refuses what nobody has here, and does not tell whether others have it', async () => {
    const foreign = await publishedAgent(stranger, definition);
    const run = await api<{ id: string }>(`/agents/${foreign.id}/execute`, { token: stranger.token, body: {} });
    const good: DescribedRequest = { subject: { kind: 'user', role: 'owner' }, agent_id: agentId };
    const bad: [request: DescribedRequest, path: string][] = [
      [{ ...good, agent_id: foreign.id }, 'request.agent_id'],
      [{ execution_id: run.body.id }, 'request.execution_id'],
      [{ ...good, subject: { kind: 'user', id: stranger.user_id } }, 'request.subject.id'],
      [{ ...good, subject: { kind: 'api_key', id: `key_${'0'.repeat(26)}` } }, 'request.subject.id'],
      [{ ...good, subject: { kind: 'external_agent', id: `ext_${'0'.repeat(26)}` } }, 'request.subject.id'],
      [{ ...good, project_id: `prj_${'0'.repeat(26)}` }, 'request.project_id'],
      [{ agent_id: agentId }, 'request.subject'],
      [{ subject: { kind: 'user' } }, 'request.agent_id'],
      [{ ...good, ip: 'somewhere' }, 'request.ip'],
    ];
    for (const [request, path] of bad) {
      const problem = expectProblem(await ask(request), 422, 'validation_failed');
      expect(
        problem.errors?.map((each) => each.path),
        JSON.stringify(problem),
      ).toEqual([path]);
    }
    const draft = policyDraft({ resources: { agents: [foreign.id] } });
    const problem = expectProblem(await ask(good, { drafts: [{ policy: draft }] }), 422, 'validation_failed');
    expect(problem.errors?.map((each) => each.path)).toEqual(['drafts.0.policy.resources.agents.0']);
  });

  it('is for those who read policies', async () => {
    const viewer = await withRole(owner, 'viewer');
    expectProblem(await ask({}, {}, viewer), 403, 'forbidden');
    const developer = await withRole(owner, 'developer');
    const request: DescribedRequest = { subject: { kind: 'external_agent', platform: 'gemini' }, agent_id: agentId };
    const answer = await ask(request, {}, developer);
    expect(answer.body).toMatchObject({ request: { action: 'invoke', subject: { platform: 'gemini' } } });
  });
});
