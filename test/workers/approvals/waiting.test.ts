import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import type { Approval, Execution, JsonValue } from '@agentflow/contracts';
import { beforeAll, describe, expect, it } from 'vitest';
import { agentEdges, agentNode, publishedAgent } from '../../support/agents.ts';
import { api, expectProblem, type Member, signUp } from '../../support/api.ts';
import { asked, askedOne, askingAgent, decide, ended, getApproval, start, stepOf } from '../../support/approvals.ts';
import { eventually } from '../../support/eventually.ts';

let owner: Member;
beforeAll(async () => {
  owner = await signUp();
});

function stub(executionId: string) {
  return env.EXECUTION.get(env.EXECUTION.idFromName(executionId));
}

/** Changes rows of an execution's object behind its back. */
async function alter(executionId: string, sql: string): Promise<void> {
  await evictDurableObject(stub(executionId));
  await runInDurableObject(stub(executionId), (_object, state) => {
    state.storage.sql.exec(sql);
  });
  await evictDurableObject(stub(executionId));
}

/** The time of everything that waits is over. */
async function timePasses(executionId: string): Promise<void> {
  await alter(executionId, 'UPDATE steps SET wake_at = 1 WHERE wake_at IS NOT NULL');
}

async function statusIn(approvalId: string, status: Approval['status']): Promise<Approval> {
  return eventually(async () => {
    const approval = await getApproval(owner, approvalId);
    return approval.status === status ? approval : null;
  });
}

describe('when nobody decides in time', () => {
  it.each([
    ['approve', { refunded: { to: 'Marta', amount: 40 } }],
    ['deny', { kept: '' }],
  ])('the default %s is taken', async (on_timeout, output) => {
    const approval = await askedOne(owner, { timeout_seconds: 3600, on_timeout });
    const given = Date.parse(approval.expires_at ?? '') - Date.parse(approval.requested_at);
    expect(Math.round(given / 60_000)).toBe(60);
    expect(approval.on_timeout).toBe(on_timeout);
    await timePasses(approval.execution_id);
    await runDurableObjectAlarm(stub(approval.execution_id));
    expect((await ended(owner, approval.execution_id)).output).toEqual(output);
    expect((await stepOf(owner, approval.execution_id, 'ask')).output).toMatchObject({
      decision: on_timeout,
      decided_by: null,
    });
    expect(await statusIn(approval.id, 'expired')).toMatchObject({ decided_by: null, may_decide: false });
    const late = expectProblem(await decide(owner, approval.id, { decision: 'approve' }), 409, 'approval_decided');
    expect(late.detail).toContain('expired');
  });

  it('the execution fails where that is the default', async () => {
    const approval = await askedOne(owner, { timeout_seconds: 60, on_timeout: 'fail' });
    await timePasses(approval.execution_id);
    await runDurableObjectAlarm(stub(approval.execution_id));
    expect((await ended(owner, approval.execution_id)).error).toMatchObject({
      code: 'approval_timeout',
      node_id: 'ask',
    });
    await statusIn(approval.id, 'expired');
  });

  it('a decision that comes before a late alarm is too late all the same', async () => {
    const approval = await askedOne(owner, { timeout_seconds: 60, on_timeout: 'deny' });
    await timePasses(approval.execution_id);
    expectProblem(await decide(owner, approval.id, { decision: 'approve' }), 409, 'approval_decided');
    expect((await ended(owner, approval.execution_id)).output).toEqual({ kept: '' });
  });

  it('a form fails or goes on without answers', async () => {
    const withDefault = async (on_timeout: string) => {
      const config = { message: 'x', schema: { type: 'object' }, timeout_seconds: 60, on_timeout };
      const agent = await publishedAgent(owner, {
        nodes: [agentNode('start', 'trigger.manual'), agentNode('ask', 'human.form', config)],
        edges: agentEdges('start>ask'),
      });
      const { id } = await start(owner, agent.id);
      await asked(owner, id);
      await timePasses(id);
      await runDurableObjectAlarm(stub(id));
      return ended(owner, id);
    };
    expect((await withDefault('fail')).error?.code).toBe('approval_timeout');
    expect((await withDefault('continue')).output).toMatchObject({ decision: null, form: null });
  });
});

describe('while it waits', () => {
  it('outlives an eviction, is decided after it, and not twice', async () => {
    const approval = await askedOne(owner);
    await evictDurableObject(stub(approval.execution_id));
    expect((await decide(owner, approval.id, { decision: 'approve' })).status).toBe(200);
    await ended(owner, approval.execution_id);
    await evictDurableObject(stub(approval.execution_id));
    expectProblem(await decide(owner, approval.id, { decision: 'deny' }), 409, 'approval_decided');
    expect(await asked(owner, approval.execution_id)).toHaveLength(1);
  });

  it('is closed by the cancelling of its execution', async () => {
    const approval = await askedOne(owner);
    await api(`/executions/${approval.execution_id}/cancel`, { method: 'POST', token: owner.token });
    await statusIn(approval.id, 'cancelled');
    expectProblem(await decide(owner, approval.id, { decision: 'approve' }), 409, 'approval_decided');
    const byExecution = await api(`/executions/${approval.execution_id}/approve`, {
      token: owner.token,
      body: { decision: 'approve' },
    });
    expectProblem(byExecution, 409, 'approval_decided');
  });

  it('is closed when another branch ends the execution', async () => {
    const agent = await publishedAgent(owner, {
      nodes: [
        agentNode('start', 'trigger.manual'),
        agentNode('ask', 'human.approval', { message: 'Go on?' }),
        agentNode('other', 'human.approval', { message: 'Stop?' }),
        agentNode('stop', 'logic.stop', { output: 'stopped' }),
      ],
      edges: agentEdges('start>ask', 'start>other', 'other:approved>stop'),
    });
    const { id } = await start(owner, agent.id);
    const both = await asked(owner, id, 2);
    const answer = await api(`/executions/${id}/approve`, {
      token: owner.token,
      body: { decision: 'approve', step_id: 'other' },
    });
    expect(answer.status).toBe(200);
    await statusIn(both.find(({ step_id }) => step_id === 'ask')?.id ?? '', 'cancelled');
  });

  it('does not use up the time limit of the execution', async () => {
    const agent = await publishedAgent(owner, {
      nodes: [agentNode('start', 'trigger.manual'), agentNode('ask', 'human.approval', { message: 'Go on?' })],
      edges: agentEdges('start>ask'),
      settings: { timeout_ms: 1000 },
    });
    const { id } = await start(owner, agent.id);
    const [approval] = await asked(owner, id);
    await alter(id, 'UPDATE execution SET deadline_at = 1');
    await runDurableObjectAlarm(stub(id));
    expect((await decide(owner, approval?.id ?? '', { decision: 'approve' })).status).toBe(200);
    expect((await ended(owner, id)).status).toBe('completed');
  });

  it('lists learn of the question and of its decision when D1 was away meanwhile', async () => {
    const agent = await askingAgent(owner);
    await env.DB.exec('ALTER TABLE approvals RENAME TO approvals_away');
    let id: string;
    try {
      ({ id } = await start(owner, agent.id));
      await eventually(async () => {
        const { body } = await api<Execution>(`/executions/${id}`, { token: owner.token });
        return body.status === 'waiting';
      });
      const answer = await api<Approval>(`/executions/${id}/approve`, {
        token: owner.token,
        body: { decision: 'deny', comment: 'no' },
      });
      expect(answer.body).toMatchObject({ status: 'denied' });
      expect((await ended(owner, id)).output).toEqual({ kept: 'no' });
    } finally {
      await env.DB.exec('ALTER TABLE approvals_away RENAME TO approvals');
    }
    await evictDurableObject(stub(id));
    const told = await eventually(async () => {
      await runDurableObjectAlarm(stub(id));
      return env.DB.prepare('SELECT id, status, comment FROM approvals WHERE execution_id = ?')
        .bind(id)
        .first<{ id: string; status: string; comment: string }>();
    });
    expect(told).toMatchObject({ status: 'denied', comment: 'no' });
    const audit = await env.DB.prepare('SELECT action FROM audit_logs WHERE resource_id = ?').bind(told.id).all();
    expect(audit.results).toEqual([{ action: 'approval.denied' }]);
  });
});

describe('what is approved', () => {
  it('does not run when other bytes are stored than those that were shown', async () => {
    const approval = await askedOne(owner);
    await alter(approval.execution_id, `UPDATE approvals SET payload = '{"amount":4000,"to":"Mallory"}'`);
    expectProblem(await decide(owner, approval.id, { decision: 'approve' }), 409, 'approval_changed');
    expect((await stepOf(owner, approval.execution_id, 'ask')).status).toBe('waiting');
  });

  it('is checked again when a step goes on with it, and each question of a step is one of its own', async () => {
    const approval = await askedOne(owner);
    const { execution_id: id } = approval;
    const resume = "UPDATE approvals SET ask = json_set(ask, '$.then', 'resume')";
    await alter(id, resume);
    expect((await decide(owner, approval.id, { decision: 'approve' })).status).toBe(200);
    // Asked to go on, this node asks again.
    const both = await asked(owner, id, 2);
    expect(new Set(both.map((each) => each.id)).size).toBe(2);
    const step = await stepOf(owner, id, 'ask');
    expect(step).toMatchObject({ status: 'waiting', attempts: [{ status: 'completed' }, { attempt: 2 }] });

    // Its bytes change in the instant between decision and run.
    const second = both.find((each) => each.id !== approval.id);
    await alter(id, resume);
    await runInDurableObject(stub(id), (_object, state) => {
      state.storage.sql.exec(`CREATE TRIGGER meddle AFTER UPDATE OF status ON approvals
        BEGIN UPDATE approvals SET payload = '"other"' WHERE id = new.id; END`);
    });
    expect((await decide(owner, second?.id ?? '', { decision: 'approve' })).status).toBe(200);
    expect((await ended(owner, id)).error).toMatchObject({ code: 'approval_changed', node_id: 'ask' });
  });

  it.each([
    ['approve', 2],
    ['deny', 2],
    ['fail', 1],
  ])('a step that goes on by a decision takes the default %s when its time is over', async (on_timeout, questions) => {
    const approval = await askedOne(owner, { timeout_seconds: 60, on_timeout });
    const { execution_id: id } = approval;
    await alter(
      id,
      `UPDATE approvals SET ask = json_set(ask, '$.then', 'resume');
       UPDATE steps SET wake_at = 1, progress = '{"kind":"wait","due":null}' WHERE key = 'ask'`,
    );
    await runDurableObjectAlarm(stub(id));
    await statusIn(approval.id, 'expired');
    const all = await asked(owner, id, questions);
    expect(all).toHaveLength(questions);
    const step = await stepOf(owner, id, 'ask');
    expect(step.status).toBe(on_timeout === 'fail' ? 'failed' : 'waiting');
  });
});

describe('a test run', () => {
  it('asks too, and says that it is one', async () => {
    const agent = await askingAgent(owner);
    const input: JsonValue = { customer: 'Marta', amount: 1 };
    const { body } = await api<Execution>(`/agents/${agent.id}/test`, { token: owner.token, body: { input } });
    const [approval] = await asked(owner, body.id);
    expect(approval).toMatchObject({ mode: 'test', status: 'pending' });
    await decide(owner, approval?.id ?? '', { decision: 'approve' });
    expect((await ended(owner, body.id)).status).toBe('completed');
  });
});
