import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import type { ExecutionSummary, FeedApproval, FeedEvent } from '@agentflow/contracts';
import { beforeEach, describe, expect, it } from 'vitest';
import { agentEdges, agentNode, publishedAgent, runToEnd } from '../../support/agents.ts';
import {
  api,
  createKey,
  expectProblem,
  type Member,
  rawApi,
  signInAgain,
  signUp,
  withRole,
} from '../../support/api.ts';
import { askedOne, decide } from '../../support/approvals.ts';
import { eventually } from '../../support/eventually.ts';
import { LimitedAgent } from '../executions/limited-agent.ts';
import { feedTicket, watchFeed, watchWith } from './watch-feed.ts';

let owner: Member;
beforeEach(async () => {
  owner = await signUp();
});

const deskStub = () => env.ORGANIZATION.get(env.ORGANIZATION.idFromName(owner.organization_id));
const rowsOf = (table: string) =>
  runInDurableObject(deskStub(), (_desk, { storage }) =>
    Number(storage.sql.exec(`SELECT count(*) AS n FROM ${table}`).one().n),
  );

async function doubling(): Promise<string> {
  const agent = await publishedAgent(owner, {
    nodes: [
      agentNode('start', 'trigger.manual'),
      agentNode('double', 'logic.transform', { expression: 'trigger.n * 2' }),
    ],
    edges: agentEdges('start>double'),
  });
  return agent.id;
}

/** What executions would tell, without running so many. */
function questions(count: number): FeedApproval[] {
  const requested_at = new Date(0).toISOString();
  return Array.from({ length: count }, (_, index) => ({
    id: `apr_${index}`,
    execution_id: 'exe_1',
    agent_id: 'agt_1',
    agent_name: 'Agent',
    node_name: 'Ask',
    step_id: 'ask',
    kind: 'approval',
    title: 'May I?',
    status: 'pending',
    requested_at,
  }));
}

const typesOf = (events: readonly FeedEvent[]) => events.map(({ type }) => type);
const executionOf = (event: FeedEvent) => (event.data as { execution: ExecutionSummary }).execution;

describe("the organization's feed", () => {
  it('tells a start and its end with the row that lists show', async () => {
    const agentId = await doubling();
    const feed = await watchFeed(owner);
    expect((await feed.seen('reset')).seq).toBeGreaterThan(0);
    const run = await runToEnd(owner, agentId, { n: 2 });
    const end = await feed.seen('execution.completed', run.id);
    expect(typesOf(feed.events)).toEqual(['reset', 'execution.started', 'execution.completed']);
    const seqs = feed.events.map(({ seq }) => seq);
    expect(seqs).toEqual([...seqs].sort((a, b) => a - b));
    const { input: _input, output: _output, trace_id, retry_of, parent_step, depth, ...summary } = run;
    expect(executionOf(end)).toEqual(summary);
    const { status, started_at, finished_at, duration_ms, step_count, created_at, ...told } = summary;
    expect(executionOf(feed.events[1] as FeedEvent)).toMatchObject({ ...told, status: 'running' });
  });

  it('tells of waiting, of what is asked and of the decision', async () => {
    const feed = await watchFeed(owner);
    const approval = await askedOne(owner);
    await feed.seen('approval.requested', approval.id);
    const waits = await feed.seen('execution.waiting', approval.execution_id);
    expect(executionOf(waits)).toMatchObject({ status: 'waiting', waiting_reason: 'approval' });
    expect((await decide(owner, approval.id, { decision: 'approve' })).status).toBe(200);
    await feed.seen('approval.approved', approval.id);
    await feed.seen('execution.completed', approval.execution_id);
    // Whoever reads the list because of the event finds it there.
    const { body } = await api<{ data: unknown[] }>('/approvals?status=pending', owner);
    expect(body.data).toEqual([]);
    expect(JSON.stringify(feed.events)).not.toContain('Marta');
  });

  it('tells of agents: made, published, paused, active again, archived', async () => {
    const feed = await watchFeed(owner, 'types=agent.*');
    const agentId = await doubling();
    for (const status of ['paused', 'active', 'archived']) {
      const put = await api(`/agents/${agentId}/status`, { method: 'PUT', token: owner.token, body: { status } });
      expect(put.status).toBe(200);
    }
    await feed.seen('agent.archived', agentId);
    expect(typesOf(feed.events)).toEqual([
      'reset',
      'agent.created',
      'agent.published',
      'agent.paused',
      'agent.activated',
      'agent.archived',
    ]);
  });

  it('tells a queued start when its turn comes, and what was cancelled', async () => {
    const agent = await LimitedAgent.publish(owner, { max_concurrency: 1, concurrency_policy: 'queue' });
    const feed = await watchFeed(owner, 'types=execution.*');
    const first = await agent.start('first');
    const second = await agent.start('second');
    await feed.seen('execution.queued', second.id);
    await agent.cancel(first.id);
    await feed.seen('execution.cancelled', first.id);
    await feed.seen('execution.started', second.id);
    await agent.cancel(second.id);
    await feed.seen('execution.cancelled', second.id);
  });

  it('gives only the types that were asked for', async () => {
    const agentId = await doubling();
    const feed = await watchFeed(owner, 'types=execution.completed');
    await runToEnd(owner, agentId, { n: 1 });
    const run = await runToEnd(owner, agentId, { n: 1 });
    await feed.seen('execution.completed', run.id);
    expect(typesOf(feed.events)).toEqual(['reset', 'execution.completed', 'execution.completed']);
    const refused = await api('/events/stream?types=execution.exploded', { token: owner.token });
    expect(expectProblem(refused, 422, 'validation_failed').errors).toMatchObject([{ path: 'types' }]);
  });

  it('is one sequence for all who watch', async () => {
    const agentId = await doubling();
    const [one, other] = [await watchFeed(owner), await watchFeed(await signInAgain(owner))];
    const run = await runToEnd(owner, agentId, { n: 1 });
    await Promise.all([one.seen('execution.completed', run.id), other.seen('execution.completed', run.id)]);
    expect(one.events.slice(1)).toEqual(other.events.slice(1));
  });
});

describe('a reconnect', () => {
  it('misses nothing and sees nothing twice, the object evicted in between', async () => {
    const agentId = await doubling();
    const first = await watchFeed(owner);
    await runToEnd(owner, agentId, { n: 1 });
    await first.seen('execution.completed');
    first.socket.close(1000);
    await first.closed;
    const missed = await runToEnd(owner, agentId, { n: 2 });
    await evictDurableObject(deskStub());
    const second = await watchFeed(owner, `after=${first.lastSeq()}`);
    await second.seen('execution.completed', missed.id);
    const later = await runToEnd(owner, agentId, { n: 3 });
    await second.seen('execution.completed', later.id);
    expect(typesOf(second.events)).toEqual([
      'execution.started',
      'execution.completed',
      'execution.started',
      'execution.completed',
    ]);
    expect(second.events[0]?.seq).toBe(first.lastSeq() + 1);
  });

  it('is told to read again what is not kept any more', async () => {
    const agentId = await doubling();
    const first = await watchFeed(owner);
    await first.seen('reset');
    first.socket.close(1000);
    await first.closed;
    // Nobody has watched for longer than events are kept.
    await runInDurableObject(deskStub(), (_desk, { storage }) => {
      storage.sql.exec('UPDATE feed_watch SET kept_until = 0');
    });
    await evictDurableObject(deskStub());
    await runDurableObjectAlarm(deskStub());
    expect(await rowsOf('feed')).toBe(0);
    await runToEnd(owner, agentId, { n: 1 });
    expect(await rowsOf('feed')).toBe(0);
    const second = await watchFeed(owner, `after=${first.lastSeq()}`);
    const reset = await second.seen('reset');
    expect(reset.seq).toBeGreaterThan(first.lastSeq());
    expect(typesOf(second.events)).toEqual(['reset']);
    const ahead = await watchFeed(owner, 'after=999999');
    await ahead.seen('reset');
  });

  it('keeps a bounded number of events', async () => {
    const feed = await watchFeed(owner);
    const first = await feed.seen('reset');
    // Acknowledged as they come: a client that does not is closed.
    feed.socket.addEventListener('message', () => feed.socket.send('{"type":"ack"}'));
    for (let page = 0; page < 12; page++) {
      await deskStub().approvalsChanged(questions(100));
      await eventually(async () => feed.events.length === (page + 1) * 100 + 1);
    }
    expect(await rowsOf('feed')).toBeLessThanOrEqual(1100);
    const late = await watchFeed(owner, `after=${first.seq}`);
    await late.seen('reset');
    expect(late.events).toHaveLength(1);
  });

  it('closes a socket that takes nothing', async () => {
    const feed = await watchFeed(owner);
    await deskStub().approvalsChanged(questions(1001));
    expect((await feed.closed).code).toBe(4408);
  });
});

describe('hibernation', () => {
  it('goes on on the same socket after the object was evicted', async () => {
    const agentId = await doubling();
    const feed = await watchFeed(owner, 'types=execution.completed');
    await feed.seen('reset');
    await evictDurableObject(deskStub(), { webSockets: 'hibernate' });
    const run = await runToEnd(owner, agentId, { n: 1 });
    await feed.seen('execution.completed', run.id);
    expect(typesOf(feed.events)).toEqual(['reset', 'execution.completed']);
    const pong = new Promise((resolve) =>
      feed.socket.addEventListener('message', ({ data }) => data === 'pong' && resolve(true)),
    );
    feed.socket.send('ping');
    await pong;
  });

  it('writes nothing while nobody watches', async () => {
    await runToEnd(owner, await doubling(), { n: 1 });
    expect(await rowsOf('feed')).toBe(0);
    expect(await rowsOf('feed_watch')).toBe(0);
  });
});

describe('server-sent events', () => {
  it('carry ids, go on after Last-Event-ID, and are there as a page too', async () => {
    const agentId = await doubling();
    const { key } = await createKey(owner, ['executions:read', 'agents:execute']);
    const stream = async (headers: Record<string, string>) => {
      const response = await rawApi('/events/stream', { key, headers: { accept: 'text/event-stream', ...headers } });
      expect(response.headers.get('content-type')).toBe('text/event-stream');
      const reader = (response.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream()).getReader();
      let text = '';
      const until = async (wanted: string) => {
        while (!text.includes(wanted)) text += (await reader.read()).value ?? '';
        return text;
      };
      return { until, stop: () => reader.cancel() };
    };
    const first = await stream({});
    const begun = await first.until('\n\n');
    const id = /^id: (\d+)\nevent: reset\n/.exec(begun)?.[1] ?? '';
    await runToEnd(owner, agentId, { n: 1 });
    await first.until('event: execution.completed');
    await first.stop();
    const second = await stream({ 'last-event-id': id });
    expect(await second.until('event: execution.completed')).not.toContain('event: reset');
    await second.stop();
    const kept = await api<{ data: FeedEvent[] }>(`/events/stream?after=${id}`, { key });
    expect(typesOf(kept.body.data)).toEqual(['execution.started', 'execution.completed']);
  });
});

describe('who may watch', () => {
  it('sees what their permissions read, and nothing of another organization', async () => {
    const agentId = await doubling();
    const stranger = await signUp();
    const strange = await watchFeed(stranger);
    const { key } = await createKey(owner, ['agents:read']);
    const agentsOnly = await watchWith('', { authorization: `Bearer ${key}` });
    const viewer = await watchFeed(await withRole(owner, 'viewer'));
    const run = await runToEnd(owner, agentId, { n: 1 });
    await viewer.seen('execution.completed', run.id);
    const paused = { method: 'PUT', token: owner.token, body: { status: 'paused' } };
    expect((await api(`/agents/${agentId}/status`, paused)).status).toBe(200);
    await agentsOnly.seen('agent.paused', agentId);
    expect(typesOf(agentsOnly.events)).toEqual(['reset', 'agent.paused']);
    const own = await api<{ id: string }>('/agents', { token: stranger.token, body: { name: 'Of the stranger' } });
    await strange.seen('agent.created', own.body.id);
    expect(typesOf(strange.events)).toEqual(['reset', 'agent.created']);
  });

  it('has to show a credential or a ticket of this feed', async () => {
    const connect = async (query: string, headers: Record<string, string> = {}) => {
      const response = await rawApi(`/events/stream${query}`, { headers: { upgrade: 'websocket', ...headers } });
      response.webSocket?.accept();
      response.webSocket?.close();
      return response.status;
    };
    const bearer = (credential: string) => connect('', { authorization: `Bearer ${credential}` });
    expect(await connect('')).toBe(401);
    expect(await connect('?ticket=x')).toBe(401);
    expect(await connect(`?ticket=${owner.token}`)).toBe(401);
    const run = await runToEnd(owner, await doubling(), { n: 1 });
    const other = await api<{ ticket: string }>(`/executions/${run.id}/stream-ticket`, {
      method: 'POST',
      token: owner.token,
    });
    expect(await connect(`?ticket=${other.body.ticket}`)).toBe(401);
    const nothing = (await createKey(owner, ['org:read'])).key;
    expect(await bearer(nothing)).toBe(403);
    expectProblem(await api('/events/stream-ticket', { method: 'POST', key: nothing }), 403, 'forbidden');
    expect(await connect(`?ticket=${await feedTicket(owner)}`)).toBe(101);
    expect(await bearer(owner.token)).toBe(101);
  });

  it('is let go when the key is revoked, the role changes or the addresses do', async () => {
    const { id, key } = await createKey(owner, ['agents:read']);
    const program = await watchWith('', { authorization: `Bearer ${key}` });
    const viewer = await withRole(owner, 'viewer');
    const [person, another] = [await watchFeed(viewer), await watchFeed(owner)];
    expect((await api(`/org/api-keys/${id}`, { method: 'DELETE', token: owner.token })).status).toBe(204);
    expect((await program.closed).code).toBe(4401);
    const role = { method: 'PUT', token: owner.token, body: { role: 'developer' } };
    expect((await api(`/org/members/${viewer.user_id}/role`, role)).status).toBe(200);
    expect((await person.closed).code).toBe(4401);
    const agentId = await doubling();
    await another.seen('agent.published', agentId);
    await deskStub().setIpAllowlist(
      owner.organization_id,
      { entries: [], expected: null },
      { actor_type: 'user', actor_id: owner.user_id, ip: '', user_agent: '', request_id: '' },
    );
    expect((await another.closed).code).toBe(4401);
  });

  it('may not hold more than so many connections', async () => {
    const feeds = await Promise.all(Array.from({ length: 20 }, () => watchFeed(owner)));
    const path = `/events/stream?ticket=${await feedTicket(owner)}`;
    const refused = await api(path, { headers: { upgrade: 'websocket' } });
    expectProblem(refused, 429, 'rate_limited');
    expect(refused.headers.get('retry-after')).not.toBeNull();
    await watchFeed(await withRole(owner, 'viewer'));
    for (const { socket } of feeds) socket.close(1000);
  });
});
