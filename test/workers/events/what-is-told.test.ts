import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { type EventType, eventData, eventType, type JsonValue } from '@agentflow/contracts';
import { beforeEach, describe, expect, it } from 'vitest';
import { organizationDesk } from '../../../durable-objects/organization/client.ts';
import { newId } from '../../../workers/platform/ids.ts';
import { agentEdges, agentNode, publishedAgent, runToEnd } from '../../support/agents.ts';
import { api, type Member, signUp } from '../../support/api.ts';
import { askedOne, decide } from '../../support/approvals.ts';
import { eventually } from '../../support/eventually.ts';
import { externalAgent, invoke } from '../../support/external-agents.ts';

let owner: Member;
beforeEach(async () => {
  owner = await signUp();
});

const desk = () => organizationDesk(env.ORGANIZATION, owner.organization_id);

interface Told {
  readonly id: string;
  readonly type: EventType;
  readonly data: Record<string, JsonValue>;
}

/** What the list has, the oldest first, checked against the catalogue. */
async function told(family: string): Promise<Told[]> {
  const { results } = await env.DB.prepare(
    'SELECT id, type, data FROM events WHERE organization_id = ? ORDER BY at, id',
  )
    .bind(owner.organization_id)
    .all<{ id: string; type: string; data: string }>();
  return results
    .map(({ id, type, data }) => ({ id, type: eventType.parse(type), data: JSON.parse(data) }))
    .filter(({ type }) => type.startsWith(`${family}.`))
    .map((event) => ({ ...event, data: { ...event.data, ...eventData(event.type, event.data) } }));
}

const toldTypes = (family: string, count: number) =>
  eventually(async () => {
    const events = await told(family);
    return events.length >= count ? events.map(({ type }) => type) : null;
  });

const doubling = () =>
  publishedAgent(owner, {
    nodes: [
      agentNode('start', 'trigger.manual'),
      agentNode('double', 'logic.transform', { expression: '{"n": trigger.n * 2, "password": "hunter2"}' }),
    ],
    edges: agentEdges('start>double'),
  });

const failing = () =>
  publishedAgent(owner, {
    nodes: [agentNode('start', 'trigger.manual'), agentNode('end', 'logic.stop', { status: 'failed', message: 'no' })],
    edges: agentEdges('start>end'),
  });

async function subscribe(events: string[]): Promise<void> {
  const now = Date.now();
  const origin = { actor_type: 'user', actor_id: owner.user_id, ip: '', user_agent: '', request_id: '' };
  await desk().createSubscription(
    owner.organization_id,
    {
      id: newId('webhook', now),
      name: '',
      events,
      filter: { agent_ids: null, project_ids: null },
      settings: {
        kind: 'webhook',
        url: 'https://example.invalid/',
        headers: {},
        signature: 'v1',
        public_key: null,
        secret_hint: '',
        previous_secret_until: null,
        ordered: false,
        rate_per_second: null,
        timeout_seconds: 1,
        retry_seconds: [],
      },
      sealed: '',
      is_active: true,
      disabled: null,
      created_at: now,
      created_by: owner.user_id,
      updated_at: now,
      deleted_at: null,
      revision: 1,
    },
    origin,
  );
}

describe('executions', () => {
  it('tell their end once, whatever it was', async () => {
    const [good, bad] = [await doubling(), await failing()];
    const done = await runToEnd(owner, good.id, { n: 2 });
    await runToEnd(owner, bad.id, {});
    expect(await toldTypes('execution', 2)).toEqual(['execution.completed', 'execution.failed']);
    const [completed] = await told('execution');
    expect(completed?.data).toMatchObject({
      execution_id: done.id,
      agent_id: good.id,
      status: 'completed',
      triggered_by: { id: owner.user_id },
      output_preview: '{"n":4,"password":"[redacted]"}',
      finished_at: done.finished_at,
    });
  });

  it('tell their begin where somebody wants to know it, before their end', async () => {
    const agent = await doubling();
    await runToEnd(owner, agent.id, { n: 1 });
    await subscribe(['workflow.started']);
    const run = await runToEnd(owner, agent.id, { n: 2 });
    expect(await toldTypes('execution', 3)).toHaveLength(3);
    const started = (await told('execution')).filter(({ type }) => type === 'execution.started');
    expect(started.map(({ data }) => data.execution_id)).toEqual([run.id]);
    expect(started[0]?.data).toMatchObject({ status: 'running', finished_at: null, output_preview: null });
  });

  it('tell that they began while they wait for a person', async () => {
    await subscribe(['execution.*']);
    const approval = await askedOne(owner);
    expect(await toldTypes('execution', 1)).toEqual(['execution.started']);
    const [started] = await told('execution');
    expect(started?.data).toMatchObject({ execution_id: approval.execution_id });
    const object = env.EXECUTION.get(env.EXECUTION.idFromName(approval.execution_id));
    await evictDurableObject(object);
    await decide(owner, approval.id, { decision: 'approve' });
    expect(await toldTypes('execution', 2)).toEqual(['execution.started', 'execution.completed']);
  });

  it('of tests tell nothing', async () => {
    await subscribe(['*']);
    const agent = await doubling();
    const test = await api<{ id: string }>(`/agents/${agent.id}/test`, {
      token: owner.token,
      body: { input: { n: 1 } },
      headers: { prefer: 'wait=10' },
    });
    expect(test.status).toBeLessThan(300);
    const live = await runToEnd(owner, agent.id, { n: 1 });
    await toldTypes('execution', 2);
    expect(new Set((await told('execution')).map(({ data }) => data.execution_id))).toEqual(new Set([live.id]));
  });
});

describe('approvals', () => {
  it('tell the question and the decision', async () => {
    const approval = await askedOne(owner);
    await decide(owner, approval.id, { decision: 'deny', comment: 'too much' });
    expect(await toldTypes('approval', 2)).toEqual(['approval.requested', 'approval.denied']);
    const [requested, denied] = await told('approval');
    expect(requested?.data).toMatchObject({
      approval_id: approval.id,
      action_hash: approval.action_hash,
      title: approval.title,
      decided_by: null,
    });
    expect(denied?.data).toMatchObject({ status: 'denied', comment: 'too much', decided_by: { id: owner.user_id } });
  });
});

describe('agents', () => {
  it('tell what becomes of them', async () => {
    const agent = await doubling();
    const put = (status: string) =>
      api(`/agents/${agent.id}/status`, { method: 'PUT', token: owner.token, body: { status } });
    expect((await put('paused')).status).toBe(200);
    expect((await put('active')).status).toBe(200);
    expect((await api(`/agents/${agent.id}`, { method: 'DELETE', token: owner.token })).status).toBeLessThan(300);
    expect(await toldTypes('agent', 5)).toEqual([
      'agent.created',
      'agent.published',
      'agent.paused',
      'agent.activated',
      'agent.archived',
    ]);
  });
});

describe('calls of external agents', () => {
  it('tell their result without what is redacted, and the list keeps no result', async () => {
    const agent = await doubling();
    const outside = await externalAgent(owner, { recording: { payloads: true, redact: ['n'] } });
    const { body } = await invoke(outside, agent.id, { n: 4 }, { wait: 10 });
    expect(await toldTypes('external_agent', 1)).toEqual(['external_agent.invoked']);
    const [invoked] = await told('external_agent');
    expect(invoked?.data).toMatchObject({
      external_agent_id: outside.id,
      invocation_id: body.invocation_id,
      agent_id: agent.id,
      status: 'success',
      door: 'rest',
      result: null,
      result_truncated: true,
    });
  });
});

describe('what was not told because an instance died', () => {
  it('is told by the alarm', async () => {
    const agent = await doubling();
    await toldTypes('agent', 2);
    const event = { id: newId('event'), type: 'agent.handoff', at: 1, data: JSON.stringify({ agent_id: agent.id }) };
    await runInDurableObject(desk(), (_desk, { storage }) => {
      storage.sql.exec('INSERT INTO events (id, type, at, data) VALUES (?, ?, ?, ?)', ...Object.values(event));
    });
    await evictDurableObject(desk());
    await runInDurableObject(desk(), (_desk, { storage }) => storage.setAlarm(Date.now() + 3_600_000));
    await runDurableObjectAlarm(desk());
    const row = await env.DB.prepare('SELECT type FROM events WHERE id = ?').bind(event.id).first();
    expect(row).toEqual({ type: 'agent.handoff' });
    const left = await runInDurableObject(desk(), (_desk, { storage }) =>
      storage.sql.exec('SELECT 1 FROM events').toArray(),
    );
    expect(left).toEqual([]);
  });
});
