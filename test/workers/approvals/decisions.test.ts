import { env } from 'cloudflare:workers';
import type { Approval, ApprovalSummary, Execution, ExecutionEvent } from '@agentflow/contracts';
import { beforeAll, describe, expect, it } from 'vitest';
import { agentEdges, agentNode, publishedAgent } from '../../support/agents.ts';
import { api, expectProblem, type Member, rawApi, signUp } from '../../support/api.ts';
import { asked, askedOne, decide, ended, getApproval, start, stepOf } from '../../support/approvals.ts';

let owner: Member;
beforeAll(async () => {
  owner = await signUp();
});

const trigger = agentNode('start', 'trigger.manual');

describe('an approval', () => {
  it('lets the execution wait, shows exactly what will be done, and goes on with that', async () => {
    const approval = await askedOne(owner);
    expect(approval).toMatchObject({
      id: expect.stringMatching(/^apr_/),
      kind: 'approval',
      title: 'Refund?',
      message: 'Refund 40 to Marta?',
      payload: { to: 'Marta', amount: 40 },
      // sha256 of {"amount":40,"to":"Marta"}: sorted keys, no spaces.
      action_hash: await sha256('{"amount":40,"to":"Marta"}'),
      status: 'pending',
      decided_by: null,
      requested_by: { type: 'user', id: owner.user_id },
      may_decide: true,
    });
    const read = await api<Execution>(`/executions/${approval.execution_id}`, { token: owner.token });
    expect(read.body).toMatchObject({ status: 'waiting', waiting_reason: 'approval' });

    const body = { decision: 'approve', comment: ' Go on ', action_hash: approval.action_hash };
    const decided = await decide(owner, approval.id, body);
    expect(decided.status, JSON.stringify(decided.body)).toBe(200);
    expect(decided.body).toMatchObject({
      status: 'approved',
      comment: 'Go on',
      decided_by: { type: 'user', id: owner.user_id },
      may_decide: false,
    });
    expect(await ended(owner, approval.execution_id)).toMatchObject({
      status: 'completed',
      output: { refunded: { to: 'Marta', amount: 40 } },
    });
    expect(await stepOf(owner, approval.execution_id, 'ask')).toMatchObject({
      handle: 'approved',
      output: {
        decision: 'approve',
        comment: 'Go on',
        payload: { to: 'Marta', amount: 40 },
        form: null,
        decided_by: { id: owner.user_id },
      },
      attempts: [{ attempt: 1, status: 'completed' }],
    });
    expect(await getApproval(owner, approval.id)).toEqual(decided.body);
  });

  it('goes the other way when it is denied, and leaves who and from where in the audit log', async () => {
    const approval = await askedOne(owner);
    await api(`/approvals/${approval.id}/decision`, {
      token: owner.token,
      headers: { 'cf-connecting-ip': '203.0.113.9' },
      body: { decision: 'deny', comment: 'too much' },
    });
    expect((await ended(owner, approval.execution_id)).output).toEqual({ kept: 'too much' });
    const log = await api<{ data: { action: string; actor: object; details: object; ip: string }[] }>(
      `/org/audit-logs?resource_type=approval&resource_id=${approval.id}`,
      { token: owner.token },
    );
    expect(log.body.data).toMatchObject([
      {
        action: 'approval.denied',
        actor: { type: 'user', id: owner.user_id },
        details: { execution_id: approval.execution_id, step_id: 'ask', action_hash: approval.action_hash },
        ip: '203.0.113.9',
      },
    ]);
    expect(JSON.stringify(log.body.data)).not.toContain('too much');
  });

  it('is told to watchers by its id', async () => {
    const approval = await askedOne(owner);
    const events = await api<{ data: ExecutionEvent[] }>(`/executions/${approval.execution_id}/events`, {
      token: owner.token,
    });
    expect(events.body.data.find(({ type }) => type === 'step.waiting')).toMatchObject({
      node_id: 'ask',
      data: { reason: 'approval', approval_id: approval.id },
    });
  });

  it('takes the first of twenty decisions, and tells the others so', async () => {
    const approval = await askedOne(owner);
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        decide(owner, approval.id, { decision: index % 2 === 0 ? 'approve' : 'deny', comment: `number ${index}` }),
      ),
    );
    const won = answers.filter(({ status }) => status === 200);
    expect(won).toHaveLength(1);
    for (const answer of answers) if (answer.status !== 200) expectProblem(answer, 409, 'approval_decided');
    const step = await stepOf(owner, approval.execution_id, 'ask');
    expect(step.output).toMatchObject({ comment: won[0]?.body.comment });
    const rows = await env.DB.prepare('SELECT count(*) AS n FROM audit_logs WHERE resource_id = ?')
      .bind(approval.id)
      .first<{ n: number }>();
    expect(rows?.n).toBe(1);
  });

  it('is not decided on something else than what was shown', async () => {
    const approval = await askedOne(owner);
    const other = await sha256('{"amount":4000,"to":"Marta"}');
    expectProblem(
      await decide(owner, approval.id, { decision: 'approve', action_hash: other }),
      409,
      'approval_changed',
    );
    expect((await getApproval(owner, approval.id)).status).toBe('pending');
    const short = await decide(owner, approval.id, { decision: 'approve', action_hash: 'abc' });
    expectProblem(short, 422, 'validation_failed');
    expect((await decide(owner, approval.id, { decision: 'approve', action_hash: approval.action_hash })).status).toBe(
      200,
    );
  });

  it('is changed by no reading of it, of its list or of its execution', async () => {
    const approval = await askedOne(owner);
    const row = () => env.DB.prepare('SELECT * FROM approvals WHERE id = ?').bind(approval.id).first();
    const before = await row();
    for (const path of [`/approvals/${approval.id}`, '/approvals', '/approvals?status=pending&mine=true']) {
      for (const method of ['GET', 'HEAD']) {
        expect((await rawApi(path, { method, token: owner.token })).status).toBe(200);
      }
    }
    for (const path of [`/approvals/${approval.id}/decision`, `/executions/${approval.execution_id}/approve`]) {
      expectProblem(
        await api(`${path}?decision=approve`, { token: owner.token, method: 'GET' }),
        405,
        'method_not_allowed',
      );
    }
    expect(await row()).toEqual(before);
    expect((await stepOf(owner, approval.execution_id, 'ask')).status).toBe('waiting');
  });

  it('refuses what it does not ask for, and a payload too large to be shown', async () => {
    const approval = await askedOne(owner);
    const problem = expectProblem(
      await decide(owner, approval.id, { decision: 'approve', form: { a: 1 } }),
      422,
      'validation_failed',
    );
    expect(problem.errors).toMatchObject([{ path: 'form' }]);
    expectProblem(await decide(owner, approval.id, { decision: 'maybe' }), 422, 'validation_failed');
    expectProblem(await decide(owner, 'apr_00000000000000000000000000', { decision: 'deny' }), 404, 'not_found');

    const agent = await publishedAgent(owner, {
      nodes: [trigger, agentNode('ask', 'human.approval', { message: 'This?', payload: '{{trigger.text}}' })],
      edges: agentEdges('start>ask'),
    });
    const large = await start(owner, agent.id, { text: 'x'.repeat(300_000) });
    expect((await ended(owner, large.id)).error).toMatchObject({ code: 'approval_too_large', node_id: 'ask' });
  });
});

describe('by its execution', () => {
  it('decides the only step that waits, and asks which when there are several', async () => {
    const agent = await publishedAgent(owner, {
      nodes: [
        trigger,
        agentNode('left', 'human.approval', { message: 'Left?' }),
        agentNode('right', 'human.approval', { message: 'Right?' }),
      ],
      edges: agentEdges('start>left', 'start>right'),
    });
    const execution = await start(owner, agent.id);
    await asked(owner, execution.id, 2);
    const approve = (body: object) =>
      api<Approval>(`/executions/${execution.id}/approve`, { token: owner.token, body });
    const problem = expectProblem(await approve({ decision: 'approve' }), 409, 'approval_ambiguous');
    expect(problem.detail).toMatch(/left, right/);
    expectProblem(await approve({ decision: 'approve', step_id: 'middle' }), 404, 'not_found');
    expect((await approve({ decision: 'deny', step_id: 'right' })).body).toMatchObject({
      step_id: 'right',
      status: 'denied',
    });
    expectProblem(await approve({ decision: 'approve', step_id: 'right' }), 409, 'approval_decided');
    expect((await approve({ decision: 'approve' })).body).toMatchObject({ step_id: 'left', status: 'approved' });
    expect((await ended(owner, execution.id)).status).toBe('completed');
    expectProblem(await approve({ decision: 'approve' }), 409, 'approval_decided');
  });

  it('asks in each round of a loop, several at once', async () => {
    const agent = await publishedAgent(owner, {
      nodes: [
        trigger,
        agentNode('each', 'logic.loop', { items: ['a', 'b', 'c'], concurrency: 2 }),
        agentNode('ask', 'human.approval', { message: 'Take {{item}}?', payload: '{{item}}' }),
        agentNode('yes', 'logic.transform', { expression: '"took " & ask.output.payload' }),
        agentNode('no', 'logic.transform', { expression: '"left " & ask.output.payload' }),
      ],
      edges: agentEdges('start>each', 'each:each>ask', 'ask:approved>yes', 'ask:denied>no'),
    });
    const execution = await start(owner, agent.id);
    const first = await asked(owner, execution.id, 2);
    expect(first.map(({ step_id }) => step_id).sort()).toEqual(['ask@0', 'ask@1']);
    expect(first.map(({ message }) => message).sort()).toEqual(['Take a?', 'Take b?']);
    const byStep = async (stepId: string, decision: string) => {
      const answer = await api<Approval>(`/executions/${execution.id}/approve`, {
        token: owner.token,
        body: { decision, step_id: stepId },
      });
      expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    };
    await byStep('ask@1', 'deny');
    await asked(owner, execution.id, 3);
    await byStep('ask@2', 'approve');
    await byStep('ask@0', 'approve');
    expect((await ended(owner, execution.id)).output).toMatchObject({ results: ['took a', 'left b', 'took c'] });
  });
});

describe('a form', () => {
  const schema = {
    type: 'object',
    properties: { severity: { type: 'string', enum: ['low', 'high'] }, hours: { type: 'integer', minimum: 1 } },
    required: ['severity'],
    additionalProperties: false,
  };

  it('takes answers that fit its schema, and nothing else', async () => {
    const agent = await publishedAgent(owner, {
      nodes: [
        trigger,
        agentNode('ask', 'human.form', { message: 'How bad is {{trigger.what}}?', schema }),
        agentNode('after', 'logic.transform', { expression: 'ask.output.form.severity' }),
      ],
      edges: agentEdges('start>ask', 'ask>after'),
    });
    const execution = await start(owner, agent.id, { what: 'it' });
    const [only] = await asked(owner, execution.id);
    const approval = await getApproval(owner, only?.id ?? '');
    expect(approval).toMatchObject({ kind: 'form', message: 'How bad is it?', form_schema: schema, payload: null });
    for (const [form, path] of [
      [{ severity: 'medium' }, 'form.severity'],
      [{ hours: 2 }, 'form.severity'],
      [{ severity: 'low', hours: 0 }, 'form.hours'],
      [{ severity: 'low', other: 1 }, 'form.other'],
      [undefined, 'form'],
    ] as const) {
      const problem = expectProblem(
        await decide(owner, approval.id, { decision: 'approve', form }),
        422,
        'validation_failed',
      );
      expect(problem.errors?.map((each) => each.path)).toContain(path);
    }
    const denied = await decide(owner, approval.id, { decision: 'deny', form: { severity: 'low' } });
    expect(expectProblem(denied, 422, 'validation_failed').errors).toMatchObject([{ path: 'decision' }]);
    expect((await getApproval(owner, approval.id)).status).toBe('pending');

    const sent = await decide(owner, approval.id, { decision: 'approve', form: { severity: 'high', hours: 3 } });
    expect(sent.body).toMatchObject({ status: 'approved', form: { severity: 'high', hours: 3 } });
    expect((await ended(owner, execution.id)).output).toBe('high');
  });

  it('is refused at publishing when its schema is none', async () => {
    const definition = {
      nodes: [trigger, agentNode('ask', 'human.form', { message: 'x', schema: { type: 'objekt' } })],
      edges: agentEdges('start>ask'),
    };
    const created = await api<{ id: string }>('/agents', { token: owner.token, body: { name: 'Form', definition } });
    const published = await api(`/agents/${created.body.id}/publish`, { token: owner.token, body: {} });
    const problem = expectProblem(published, 422, 'definition_invalid');
    expect(JSON.stringify(problem.errors)).toContain('schema.type');
  });
});

describe('the list', () => {
  it('filters by status, pages, and leaves payloads to the single one', async () => {
    const own = await signUp();
    const first = await askedOne(own);
    const second = await askedOne(own);
    await decide(own, first.id, { decision: 'approve' });
    const list = async (query: string) =>
      (
        await api<{ data: ApprovalSummary[]; next_cursor: string | null }>(`/approvals${query}`, {
          token: own.token,
        })
      ).body;
    expect((await list('')).data.map(({ id }) => id)).toEqual([second.id, first.id]);
    expect((await list('?status=pending')).data.map(({ id }) => id)).toEqual([second.id]);
    expect((await list('?status=decided')).data.map(({ id }) => id)).toEqual([first.id]);
    expect((await list('?status=approved')).data.map(({ id }) => id)).toEqual([first.id]);
    expect((await list('?status=denied')).data).toEqual([]);
    const page = await list('?limit=1');
    expect(page.data.map(({ id }) => id)).toEqual([second.id]);
    expect((await list(`?limit=1&cursor=${page.next_cursor}`)).data.map(({ id }) => id)).toEqual([first.id]);
    expect(page.data[0]).not.toHaveProperty('payload');
    expectProblem(await api('/approvals?status=odd', { token: own.token }), 422, 'validation_failed');
  });
});

async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
