import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import type { CreatedExternalAgent, Execution, Invoked } from '@agentflow/contracts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createApp } from '../../../workers/app.ts';
import { forgetMemberships } from '../../../workers/domains/accounts/index.ts';
import { agentEdges, agentNode, publishedAgent } from '../../support/agents.ts';
import { api, createKey, type Member, ORIGIN, signUp } from '../../support/api.ts';
import { type BoundaryCall, boundaryCalls, recordedEnv } from '../../support/binding-calls.ts';
import { eventually } from '../../support/eventually.ts';
import { externalAgent } from '../../support/external-agents.ts';
import { watchFeed } from '../events/watch-feed.ts';

/** It waits for an hour: nothing of it ends while the start is looked at. */
const definition = {
  nodes: [agentNode('start', 'trigger.manual'), agentNode('pause', 'logic.delay', { seconds: 3600 })],
  edges: agentEdges('start>pause'),
};

let owner: Member;
let agentId: string;
let waiting: string[] = [];

// The membership is cached for five seconds, which must not pass between two requests of a test.
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  owner = await signUp();
  agentId = (await publishedAgent(owner, definition)).id;
});
// Only then: the end of one is told while the next is started.
afterEach(async () => {
  vi.useRealTimers();
  for (const id of waiting) {
    const cancelled = await api(`/executions/${id}/cancel`, { method: 'POST', token: owner.token });
    expect(cancelled.status).toBe(200);
  }
  waiting = [];
});

interface Started {
  readonly execution: Execution;
  /** What the Worker asked of any of its bindings. */
  readonly worker: readonly string[];
  /** What the Worker and the objects asked of D1 and of objects until the answer, as far as it names this start. */
  readonly everybody: readonly string[];
}

/** `later` looks at what is asked after the answer. */
async function start(
  { credential, ids }: { credential: string; ids: readonly string[] },
  headers: Record<string, string> = {},
  later: (execution: Execution, calls: readonly BoundaryCall[]) => Promise<unknown> = async () => undefined,
): Promise<Started> {
  const worker: string[] = [];
  const request = new Request(`${ORIGIN}/api/v1/agents/${agentId}/execute`, {
    method: 'POST',
    headers: { authorization: `Bearer ${credential}`, 'content-type': 'application/json', ...headers },
    body: '{"input":{"n":1}}',
  });
  return boundaryCalls(async (calls) => {
    const ctx = createExecutionContext();
    const response = await createApp().fetch(request, recordedEnv(worker), ctx);
    const execution = await response.json<Execution>();
    expect(response.status, JSON.stringify(execution)).toBe(202);
    waiting.push(execution.id);
    const named = [...ids, agentId, owner.organization_id, execution.id];
    const everybody = calls.filter((call) => namesOneOf(named, call) && !isProjection(call)).map(({ text }) => text);
    await waitOnExecutionContext(ctx);
    await later(execution, calls);
    return { execution, worker, everybody };
  });
}

function namesOneOf(names: readonly string[], { parameters }: BoundaryCall): boolean {
  return parameters.some((each) => typeof each === 'string' && names.some((name) => each.includes(name)));
}

/** What the execution's alarm tells a second later, answered or not, and the list of events a moment later. */
function isProjection({ text }: BoundaryCall): boolean {
  return (
    /^(?:insert into "executions"|(?:insert into|update) "invocations"|(?:insert into|delete from) "events")/.test(
      text,
    ) || text.endsWith('.park')
  );
}

/** The desk tells D1 a second later that a key was used: that is over before the start that is looked at. */
async function keyIsTold(keyId: string): Promise<void> {
  const row = env.DB.prepare('SELECT last_used_at FROM api_keys WHERE id = ?').bind(keyId);
  await eventually(async () => (await row.first<number>('last_used_at')) !== null);
}

async function externalKeyIsTold({ id }: CreatedExternalAgent): Promise<void> {
  const row = env.DB.prepare('SELECT id FROM api_keys WHERE external_agent_id = ?').bind(id);
  await keyIsTold(String(await row.first('id')));
}

const person = () => ({ credential: owner.token, ids: [owner.user_id, owner.session_id] });
const program = async () => {
  const { id, key } = await createKey(owner, ['agents:execute']);
  await start({ credential: key, ids: [id] });
  await keyIsTold(id);
  return { credential: key, ids: [id] };
};

/** A call by an external agent; `everybody` is what names the organization or its agents until the answer. */
async function call(outside: CreatedExternalAgent, agent: string) {
  const worker: string[] = [];
  const request = new Request(`${ORIGIN}/api/v1/external-agents/${outside.id}/invoke`, {
    method: 'POST',
    headers: { authorization: `Bearer ${outside.api_key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ agent_id: agent, input: { n: 1 } }),
  });
  return boundaryCalls(async (calls) => {
    const ctx = createExecutionContext();
    const response = await createApp().fetch(request, recordedEnv(worker), ctx);
    const body = await response.json<Invoked>();
    const execution = response.status === 202 ? body.execution : null;
    if (execution !== null) waiting.push(execution.id);
    const named = [outside.id, agentId, owner.organization_id, ...(execution === null ? [] : [execution.id])];
    const everybody = calls.filter((each) => namesOneOf(named, each) && !isProjection(each)).map(({ text }) => text);
    await waitOnExecutionContext(ctx);
    return { status: response.status, execution, worker, everybody };
  });
}

describe('a call by an external agent', () => {
  it('is two object calls and no query, recorded afterwards', async () => {
    const outside = await externalAgent(owner);
    await call(outside, agentId);
    await externalKeyIsTold(outside);
    const { status, execution, worker, everybody } = await call(outside, agentId);
    expect(status).toBe(202);
    expect(worker).toEqual(['ORGANIZATION.admit', 'EXECUTION.start']);
    expect(everybody).toEqual([`${owner.organization_id}.admit`, `${execution?.id}.start`]);
    await eventually(async () => {
      const row = env.DB.prepare('SELECT id FROM invocations WHERE execution_id = ?').bind(execution?.id);
      return (await row.first('id')) !== null;
    });
  });

  it('is one object call and no query where it is refused', async () => {
    const outside = await externalAgent(owner, { rate_limits: { day: 1 } });
    expect((await call(outside, agentId)).status).toBe(202);
    await externalKeyIsTold(outside);
    // The first refusal in an hour is told as an event, after its answer.
    await call(outside, agentId);
    await eventually(() =>
      env.DB.prepare(
        "SELECT 1 FROM events WHERE type = 'external_agent.throttled' AND data ->> '$.external_agent_id' = ?",
      )
        .bind(outside.id)
        .first(),
    );
    const { status, worker, everybody } = await call(outside, agentId);
    expect(status).toBe(429);
    expect(worker).toEqual(['ORGANIZATION.admit']);
    expect(everybody).toEqual([`${owner.organization_id}.admit`]);
  });
});

describe('a start', () => {
  it.each([
    { by: 'an API key', caller: program, headers: {} },
    { by: 'an API key with an idempotency key', caller: program, headers: { 'idempotency-key': 'once' } },
    { by: 'a person', caller: person, headers: {} },
  ])('by $by is two object calls and no query', async ({ caller, headers }) => {
    const known = await caller();
    await start(known);
    const { execution, worker, everybody } = await start(known, headers);
    expect(worker).toEqual(['ORGANIZATION.admit', 'EXECUTION.start']);
    expect(everybody).toEqual([`${owner.organization_id}.admit`, `${execution.id}.start`]);
  });

  it('asks no more while somebody watches', async () => {
    const known = await person();
    await start(known);
    const feed = await watchFeed(owner);
    const { execution, worker, everybody } = await start(known);
    await feed.seen('execution.started', execution.id);
    expect(worker).toEqual(['ORGANIZATION.admit', 'EXECUTION.start']);
    expect(everybody).toEqual([`${owner.organization_id}.admit`, `${execution.id}.start`]);
    feed.socket.close(1000);
  });

  it('reads the version once an isolate, and a membership once in five seconds', async () => {
    forgetMemberships();
    const cold = await start(person(), {}, (execution, calls) =>
      // Were what objects ask not seen here, the tests above could not fail.
      eventually(async () => calls.some((call) => isProjection(call) && call.parameters.includes(execution.id))),
    );
    const tables = cold.everybody.map((text) => /from "(\w+)"/.exec(text)?.[1]).filter((table) => table !== undefined);
    expect(tables).toEqual(['sessions', 'agent_versions']);
    expect((await start(person())).worker).toEqual(['ORGANIZATION.admit', 'EXECUTION.start']);
  });
});
