import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import type { AgentHead } from '../../../durable-objects/organization/client.ts';
import { createApp } from '../../../workers/app.ts';
import { db } from '../../../workers/db/client.ts';
import { createAgent, getAgent, setAgentStatus, updateAgent } from '../../../workers/domains/agents/agents.ts';
import { agentHead, draftDefinition, versionDefinition } from '../../../workers/domains/agents/index.ts';
import { publishAgent } from '../../../workers/domains/agents/publish-agent.ts';
import type { Env } from '../../../workers/platform/env.ts';
import { ORIGIN } from '../../support/api.ts';
import { adding, auditOf, type Caller, newAgent, newOwner, publishedAgent } from './caller.ts';
import { contextOf } from './request-context.ts';

let owner: Caller;
let stranger: Caller;
beforeAll(async () => {
  owner = await newOwner();
  stranger = await newOwner();
});

/** The real database, with every statement that is prepared on it told to `seen`. */
function watched(seen: string[]): D1Database {
  return new Proxy(env.DB, {
    get(target, name) {
      if (name === 'prepare') {
        return (query: string) => {
          seen.push(query);
          return target.prepare(query);
        };
      }
      const member: unknown = Reflect.get(target, name);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}

interface DeskCall {
  readonly call: 'expect' | 'put';
  readonly agent_id: string;
  readonly head?: AgentHead;
  /** Revision of the agent's row at the time of the call; null while there is none. */
  readonly stored: number | null;
}

/** A desk that notes what it is told, and what D1 holds at that moment; `failing` calls are refused. */
function notingDesk(calls: DeskCall[], failing?: DeskCall['call']): Env['ORGANIZATION'] {
  const note = async (call: DeskCall['call'], agent_id: string, head?: AgentHead) => {
    const stored = await env.DB.prepare('SELECT revision FROM agents WHERE id = ?')
      .bind(agent_id)
      .first<number>('revision');
    calls.push({ call, agent_id, stored, ...(head === undefined ? {} : { head }) });
    if (call === failing) throw new Error('the desk cannot be reached');
  };
  const desk = {
    expectAgentChange: (_organizationId: string, agentId: string) => note('expect', agentId),
    putAgentHead: (_organizationId: string, head: AgentHead) => note('put', head.agent_id, head),
  };
  // Only what this domain calls: the rest of the object is not needed here.
  return { idFromName: (name: string) => name, get: () => desk } as unknown as Env['ORGANIZATION'];
}

describe('what the desk is told', () => {
  it('expects each change before the row moves, and has the new head after it', async () => {
    const calls: DeskCall[] = [];
    const ctx = contextOf(owner, { ORGANIZATION: notingDesk(calls) });
    const { id } = await createAgent(ctx, {
      name: 'Watched',
      definition: { ...adding(1), settings: { max_concurrency: 4, concurrency_policy: 'queue' } },
    });
    await publishAgent(ctx, id, {}, undefined);
    await updateAgent(ctx, id, { name: 'Renamed' }, undefined);
    await setAgentStatus(ctx, id, 'paused', undefined);
    await setAgentStatus(ctx, id, 'paused', undefined);

    expect(calls.map(({ call, stored }) => [call, stored])).toEqual([
      ['expect', null],
      ['put', 1],
      ['expect', 1],
      ['put', 2],
      ['expect', 2],
      ['put', 3],
      ['expect', 3],
      ['put', 4],
    ]);
    const head = {
      agent_id: id,
      live_version: 1,
      latest_version: 1,
      max_concurrency: 4,
      concurrency_policy: 'queue',
      tags: [],
    };
    expect(calls.flatMap((call) => call.head ?? [])).toEqual([
      {
        ...head,
        name: 'Watched',
        status: 'draft',
        live_version: null,
        latest_version: 0,
        max_concurrency: null,
        concurrency_policy: 'reject',
        revision: 1,
      },
      { ...head, name: 'Watched', status: 'active', revision: 2 },
      { ...head, name: 'Renamed', status: 'active', revision: 3 },
      { ...head, name: 'Renamed', status: 'paused', revision: 4 },
    ]);
    expect(await agentHead(db(env, owner.organizationId), owner.organizationId, id)).toEqual(calls.at(-1)?.head);
  });

  it('writes nothing when the desk cannot be told to expect it', async () => {
    const { id } = await publishedAgent(owner);
    const ctx = contextOf(owner, { ORGANIZATION: notingDesk([], 'expect') });
    await expect(setAgentStatus(ctx, id, 'paused', undefined)).rejects.toThrow('cannot be reached');
    expect(await (await owner.call('GET', `/agents/${id}`)).json()).toMatchObject({ status: 'active' });
    expect((await auditOf(owner, id)).map((row) => row.action)).toEqual(['agent.created', 'agent.published']);
  });

  it('does not call a change done that the desk has not taken', async () => {
    const { id } = await publishedAgent(owner);
    const ctx = contextOf(owner, { ORGANIZATION: notingDesk([], 'put') });
    await expect(setAgentStatus(ctx, id, 'paused', undefined)).rejects.toThrow('cannot be reached');
    // The row has moved; the expectation that stays behind makes the desk read it.
    expect(await agentHead(db(env, owner.organizationId), owner.organizationId, id)).toMatchObject({
      status: 'paused',
    });
  });
});

describe('what other domains read', () => {
  it('is theirs alone', async () => {
    const { id } = await publishedAgent(owner);
    const database = db(env, stranger.organizationId);
    expect(await versionDefinition(database, owner.organizationId, id, 1)).toEqual(adding(1));
    expect(await agentHead(database, stranger.organizationId, id)).toBeNull();
    expect(await draftDefinition(database, stranger.organizationId, id)).toBeNull();
    expect(await versionDefinition(database, stranger.organizationId, id, 1)).toBeNull();
  });

  it('follows the live version with the allowed concurrency', async () => {
    const { id } = await newAgent(owner, { definition: { ...adding(1), settings: { max_concurrency: 2 } } });
    const head = () => agentHead(db(env, owner.organizationId), owner.organizationId, id);
    expect(await head()).toMatchObject({ live_version: null, max_concurrency: null });
    await owner.call('POST', `/agents/${id}/publish`);
    expect(await head()).toMatchObject({ live_version: 1, max_concurrency: 2 });
    await owner.call('PUT', `/agents/${id}/draft`, { body: adding(2) });
    expect(await draftDefinition(db(env, owner.organizationId), owner.organizationId, id)).toEqual(adding(2));
    expect(await head()).toMatchObject({ max_concurrency: 2 });
    await owner.call('POST', `/agents/${id}/publish`);
    expect(await head()).toMatchObject({ live_version: 2, max_concurrency: null });
    await owner.call('POST', `/agents/${id}/rollback`, { body: { version: 1 } });
    expect(await head()).toMatchObject({ live_version: 1, latest_version: 2, max_concurrency: 2 });
  });

  it('reads a published definition from D1 once an isolate', async () => {
    const { id } = await publishedAgent(owner);
    const seen: string[] = [];
    const database = db({ ...env, DB: watched(seen) }, owner.organizationId);
    const first = await versionDefinition(database, owner.organizationId, id, 1);
    expect(await versionDefinition(database, owner.organizationId, id, 1)).toBe(first);
    expect(seen).toHaveLength(1);
    expect(await versionDefinition(database, owner.organizationId, id, 2)).toBeNull();
  });
});

describe('what a read costs', () => {
  it('is one query for one agent, with the organization in its condition', async () => {
    const { id } = await newAgent(owner);
    const seen: string[] = [];
    await getAgent(contextOf(owner, { DB: watched(seen) }), id);
    expect(seen).toHaveLength(1);
    expect(seen[0]).toContain('"organization_id" = ?');
  });

  it('is that one and the membership over HTTP', async () => {
    const { id } = await newAgent(owner);
    const seen: string[] = [];
    const ctx = createExecutionContext();
    const request = new Request(`${ORIGIN}/api/v1/agents/${id}`, {
      headers: { Authorization: `Bearer ${owner.credential}` },
    });
    const response = await createApp().fetch(request, { ...env, DB: watched(seen) }, ctx);
    await waitOnExecutionContext(ctx);
    expect(response.status).toBe(200);
    expect(seen.filter((query) => query.includes('from "agents"'))).toHaveLength(1);
    expect(seen.length).toBeLessThanOrEqual(2);
  });
});
