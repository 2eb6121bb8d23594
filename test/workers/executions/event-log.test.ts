import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import type { ExecutionEvent } from '@agentflow/contracts';
import { beforeAll, describe, expect, it } from 'vitest';
import { EventStore } from '../../../durable-objects/execution/store/events.ts';
import { agentEdges, agentNode, publishedAgent, runToEnd } from '../../support/agents.ts';
import { api, type Member, rawApi, signUp } from '../../support/api.ts';

const WIDE = 40;

let owner: Member;
let id: string;
let all: ExecutionEvent[];

async function page(after: number, limit: number) {
  const path = `/executions/${id}/events?after=${after}&limit=${limit}`;
  return (await api<{ data: ExecutionEvent[]; next_cursor: string | null }>(path, { token: owner.token })).body;
}

const stub = () => env.EXECUTION.get(env.EXECUTION.idFromName(id));
const rows = () =>
  runInDurableObject(stub(), (_object, { storage }) =>
    storage.sql.exec<{ seq: number }>('SELECT seq FROM events ORDER BY seq').toArray(),
  );

beforeAll(async () => {
  owner = await signUp();
  const branches = Array.from({ length: WIDE }, (_, index) => `b${index}`);
  const agent = await publishedAgent(owner, {
    nodes: [
      agentNode('start', 'trigger.manual'),
      ...branches.map((name) => agentNode(name, 'logic.transform', { expression: `"${name}"` })),
      agentNode('join', 'logic.merge'),
    ],
    edges: agentEdges(...branches.flatMap((name) => [`start>${name}`, `${name}>join`])),
  });
  id = (await runToEnd(owner, agent.id)).id;
  all = (await page(0, 1000)).data;
});

describe('the event log, which has a row for each commit', () => {
  it('is read from any event on, in pages of any size', async () => {
    expect(all.map(({ seq }) => seq)).toEqual(all.map((_, index) => index + 1));
    // The start of all branches is one commit.
    expect((await rows()).length).toBeLessThan(all.length - WIDE + 2);
    for (const limit of [1, 3, all.length - 1, all.length, 1000]) {
      for (let after = 0; after <= all.length + 1; after += limit === 1 ? 1 : 7) {
        const { data, next_cursor } = await page(after, limit);
        expect(data, `${limit} after ${after}`).toEqual(all.slice(after, after + limit));
        expect(next_cursor).toBe(after + limit < all.length ? String(after + limit) : null);
      }
    }
  });

  it('is replayed to a watcher from the event after the one that it had', async () => {
    const inside = WIDE / 2;
    for (const after of [inside, inside + 1, all.length - 1]) {
      const answer = await rawApi(`/executions/${id}/events?after=${after}`, {
        token: owner.token,
        headers: { accept: 'text/event-stream' },
      });
      const ids = [...(await answer.text()).matchAll(/^id: (\d+)$/gm)].map((match) => Number(match[1]));
      expect(ids).toEqual(all.slice(after).map(({ seq }) => seq));
    }
    const socket = await rawApi(`/executions/${id}/stream?after=${inside}`, {
      token: owner.token,
      headers: { upgrade: 'websocket' },
    });
    const seen: number[] = [];
    await new Promise((resolve) => {
      socket.webSocket?.addEventListener('message', ({ data }) => {
        seen.push(JSON.parse(String(data)).seq);
      });
      socket.webSocket?.addEventListener('close', resolve);
      socket.webSocket?.accept();
    });
    expect(seen).toEqual(all.slice(inside).map(({ seq }) => seq));
  });

  it('spreads a commit over rows that storage takes', async () => {
    const text = 'é'.repeat(200_000);
    const more = [1, 2, 3, 4, 5].map((each) => ({
      seq: all.length + each,
      type: 'step.completed' as const,
      execution_id: id,
      at: new Date(each).toISOString(),
      data: { output_preview: text, each },
    }));
    const before = (await rows()).length;
    await runInDurableObject(stub(), (_object, { storage }) => new EventStore(storage.sql).append(more));
    expect((await rows()).length).toBe(before + 3);
    expect((await page(all.length, 10)).data).toEqual(more);
    expect((await page(all.length + 3, 1)).data).toEqual(more.slice(3, 4));
    await runInDurableObject(stub(), (_object, { storage }) => {
      storage.sql.exec('DELETE FROM events WHERE seq > ?', all.length);
    });
  });

  it('is the same after an eviction', async () => {
    await evictDurableObject(stub());
    expect((await page(WIDE / 2, 5)).data).toEqual(all.slice(WIDE / 2, WIDE / 2 + 5));
  });
});
