import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Agent, CreatedWebhook, OrganizationEvent } from '@agentflow/contracts';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { linearAgent, prepareProduct } from '../../bench/lib/product.mjs';
import { type Got, Receiver, type Treatment } from '../support/receiver.ts';
import { KilledWorker } from './killed-worker.ts';
import { servedProduct } from './served-product.ts';

const EVENTS = 60;
const AT_A_TIME = 6;
const failing: Treatment = { kind: 'answer', status: 500 };
const fine: Treatment = { kind: 'answer', status: 204 };

/** Receivers, each on a port of its own: what one does is not held against the others' host. */
const TARGETS: Record<string, { readonly ordered: boolean; readonly plan: readonly Treatment[] }> = {
  plain: { ordered: false, plan: [fine] },
  ordered: { ordered: true, plan: [fine] },
  slow: { ordered: false, plan: [{ kind: 'slow', ms: 60 }] },
  'slow and ordered': { ordered: true, plan: [{ kind: 'slow', ms: 15 }] },
  'failing at first': { ordered: false, plan: [failing, failing, failing, fine] },
};

const folder = mkdtempSync(path.join(tmpdir(), 'agentflow-webhooks-'));
let worker: KilledWorker;
let product: Awaited<ReturnType<typeof prepareProduct>>;
let arrived = 0;
/** The Worker is killed when so many deliveries have arrived in all. */
const KILLS = [60, 170];

const receivers = new Map(
  Object.keys(TARGETS).map((name) => [
    name,
    new Receiver(() => {
      arrived++;
      const next = KILLS[0];
      if (next === undefined || arrived < next || !worker.alive) return;
      KILLS.shift();
      worker.kill();
    }),
  ]),
);

function call<T>(method: string, at: string, body?: unknown): Promise<T> {
  return worker.call<T>(product.token, method, at, { body });
}

async function all<T>(ask: () => Promise<T | null>): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (answer !== null) return answer;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const idOf = (got: Got) => got.headers['webhook-id'] ?? '';

beforeAll(async () => {
  for (const [name, receiver] of receivers) {
    receiver.plan('all', TARGETS[name]?.plan ?? []);
    await new Promise<void>((resolve) => receiver.server.listen(0, '127.0.0.1', resolve));
  }
  const hosts = [...receivers.values()].map(({ server }) => `127.0.0.1:${(server.address() as AddressInfo).port}`);
  worker = new KilledWorker(servedProduct(folder, hosts.join(',')), folder);
  await worker.start();
  product = await prepareProduct(worker.url, linearAgent(1));
}, 180_000);

afterAll(async () => {
  await worker?.stop();
  for (const { server } of receivers.values()) {
    server.closeAllConnections();
    server.close();
  }
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

describe('deliveries of a workerd that is killed with SIGKILL, twice', () => {
  it('all arrive, twice only with the same id, and in order where that was asked for', async () => {
    const secrets = new Map<string, string>();
    for (const [name, { server }] of receivers) {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook/all`;
      const fields = { ordered: TARGETS[name]?.ordered, retry_seconds: [1, 1, 1, 1, 1, 1, 1, 1] };
      const made = await call<CreatedWebhook>('POST', '/webhooks', { url, events: ['agent.created'], ...fields });
      secrets.set(name, made.secret);
    }
    const names = Array.from({ length: EVENTS }, (_, index) => `Agent ${index}`);
    const waiting = [...names];
    const agents: Agent[] = [];
    const make = async () => {
      for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
        agents.push(await worker.through(() => call<Agent>('POST', '/agents', { name })));
      }
    };
    await Promise.all(Array.from({ length: AT_A_TIME }, make));

    // What happened is what the list of events tells: of every agent that was answered for, and of those whose answer was lost.
    const listed = async () => {
      const { data } = await call<{ data: OrganizationEvent[] }>('GET', '/events?type=agent.created&limit=100');
      return data.filter((event) => event.data.agent_id !== product.agentId);
    };
    const events = await all(async () => {
      const told = await worker.through(listed);
      const ids = new Set(told.map((event) => event.data.agent_id));
      const arrivedAtAll = [...receivers.values()].every((receiver) => {
        const arrived = new Set(receiver.gotBy('all').map(idOf));
        return told.every(({ id }) => arrived.has(id));
      });
      return arrivedAtAll && agents.every(({ id }) => ids.has(id)) ? told : null;
    });
    expect(agents).toHaveLength(EVENTS);
    for (const [name, receiver] of receivers) {
      const verifier = new StandardWebhook(secrets.get(name) ?? '');
      const bodies = new Map<string, string>();
      for (const got of receiver.gotBy('all')) {
        verifier.verify(got.body, got.headers);
        expect(JSON.parse(got.body).id).toBe(idOf(got));
        expect(bodies.get(idOf(got)) ?? got.body).toBe(got.body);
        bodies.set(idOf(got), got.body);
      }
      expect([...bodies.keys()].sort(), name).toEqual(events.map(({ id }) => id).sort());
    }
    expect(worker.kills).toBe(2);
    const order = (name: string) => [...new Set(receivers.get(name)?.gotBy('all').map(idOf))];
    expect(order('slow and ordered')).toEqual(order('ordered'));
    for (const name of ['ordered', 'slow and ordered']) {
      const ids = receivers.get(name)?.gotBy('all').map(idOf) ?? [];
      // One that comes again comes before the next one.
      expect(
        ids.filter((id, index) => id !== ids[index - 1]),
        name,
      ).toEqual(order(name));
    }
  }, 180_000);
});
