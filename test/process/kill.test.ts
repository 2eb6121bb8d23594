import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { AgentDefinition, Execution, ExecutionEvent, ExecutionStep, JsonValue } from '@agentflow/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { prepareProduct } from '../../bench/lib/product.mjs';
import { CrashReport } from '../support/crash-report.ts';
import { EffectLedger } from '../support/effect-ledger.ts';
import { seeded } from '../unit/engine/scheduler/simulate.ts';
import { KilledWorker } from './killed-worker.ts';
import { servedProduct } from './served-product.ts';

const KILLS = 20;
const BOUNDARIES = ['before an effect', 'after an effect', 'at a random moment'] as const;
const EFFECTS_A_RUN = 7;

const random = seeded(4);
const report = new CrashReport();
/** The kill that comes next: at the `in`th moment of its kind. */
let armed: { boundary: (typeof BOUNDARIES)[number]; in: number } | null = null;

const ledger = new EffectLedger((moment, { label }) => {
  if (armed === null || !worker.alive) return !worker.alive;
  const { boundary } = armed;
  if (boundary !== 'at a random moment' && boundary !== `${moment} an effect`) return false;
  if (--armed.in > 0) return false;
  armed = null;
  if (boundary !== 'at a random moment') return die(boundary, label);
  setTimeout(() => die(boundary, label), random() * 60);
  return false;
});
const receiver = createServer((request, response) => ledger.answer(request.url ?? '', request, response));

let worker: KilledWorker;
let died: () => void = () => undefined;
let product: Awaited<ReturnType<typeof prepareProduct>>;
const folder = mkdtempSync(path.join(tmpdir(), 'agentflow-kill-'));

function die(boundary: string, label: string): boolean {
  if (!worker.alive) return true;
  worker.kill();
  report.hit(boundary, label);
  died();
  return true;
}

/** Branches and nested loops of effects, all of one run at once in flight where the graph allows it. */
function graph(port: number): AgentDefinition {
  const effect = (label: string) => ({
    url: `http://127.0.0.1:${port}/effect/all/plain/${label}`,
    method: 'POST' as const,
  });
  const node = (id: string, type: string, config: Record<string, JsonValue> = {}) => ({ id, type, config });
  const edge = (source: string, target: string, source_handle?: string) => ({
    id: `${source}-${target}`,
    source,
    target,
    ...(source_handle === undefined ? {} : { source_handle }),
  });
  return {
    nodes: [
      node('start', 'trigger.manual'),
      node('first', 'action.http', effect('first')),
      node('left', 'action.http', effect('left')),
      node('pause', 'logic.delay', { seconds: 0.2 }),
      node('rows', 'logic.loop', { count: 2, concurrency: 2 }),
      node('columns', 'logic.loop', { items: '{{trigger.names}}' }),
      node('cell', 'action.http', effect('cell')),
      node('join', 'logic.merge'),
      node('last', 'action.http', effect('last')),
      node('sum', 'logic.transform', { expression: '{"last": last.output.body, "rows": rows.output.results}' }),
    ],
    edges: [
      edge('start', 'first'),
      edge('first', 'left'),
      edge('first', 'rows'),
      edge('left', 'pause'),
      edge('rows', 'columns', 'each'),
      edge('columns', 'cell', 'each'),
      edge('pause', 'join'),
      edge('rows', 'join', 'out'),
      edge('join', 'last'),
      edge('last', 'sum'),
    ],
  };
}

function call<T>(method: string, at: string, body?: unknown, headers: Record<string, string> = {}): Promise<T> {
  return worker.call<T>(product.token, method, at, { body, headers });
}

/** The same start under the same key: one execution, however often the answer is lost. */
function begin(key: string): Promise<Execution> {
  const input = { names: ['a', 'b'] };
  const at = `/agents/${product.agentId}/execute`;
  return worker.through(() => call<Execution>('POST', at, { input }, { 'idempotency-key': key }));
}

async function toEnd(id: string): Promise<Execution> {
  for (;;) {
    const run = await worker.through(() => call<Execution>('GET', `/executions/${id}`));
    if (run.finished_at !== null) return run;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function outcomeOf(id: string) {
  const run = await toEnd(id);
  const { data } = await worker.through(() =>
    call<{ data: ExecutionStep[] }>('GET', `/executions/${id}/steps?limit=100`),
  );
  const steps = data.map(({ id: key, status, handle, output }) => ({ key, status, handle, output }));
  const text = JSON.stringify(steps.sort((one, other) => one.key.localeCompare(other.key)));
  return {
    execution: [run.status, JSON.stringify(run.output), run.step_count],
    steps: JSON.parse(text.replaceAll(/"until":"[^"]*"/g, '"until":""')) as unknown,
  };
}

async function expectNothingRanAgain(id: string): Promise<void> {
  const { data } = await call<{ data: ExecutionEvent[] }>('GET', `/executions/${id}/events?limit=1000`);
  expect(data.map((event) => event.seq)).toEqual(data.map((_, index) => index + 1));
  const done = new Set<string>();
  for (const { type, node_id, iteration = '' } of data) {
    const step = `${node_id}@${iteration}`;
    if (type === 'step.started') expect(done, `${step} ran again`).not.toContain(step);
    if (type === 'step.completed') done.add(step);
  }
}

beforeAll(async () => {
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const { port } = receiver.address() as AddressInfo;
  worker = new KilledWorker(servedProduct(folder, `127.0.0.1:${port}`), folder);
  await worker.start();
  product = await prepareProduct(worker.url, graph(port));
}, 180_000);

afterAll(async () => {
  await worker?.stop();
  receiver.closeAllConnections();
  receiver.close();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

describe('workerd killed with SIGKILL', () => {
  it('comes to the same end on what it left on disk', async (context) => {
    const calm = await outcomeOf((await begin('calm')).id);
    expect(calm.execution[0]).toBe('completed');

    const ids: string[] = [];
    while (worker.kills < KILLS) {
      const death = new Promise<void>((resolve) => {
        died = resolve;
      });
      armed = {
        boundary: BOUNDARIES[worker.kills % BOUNDARIES.length] ?? 'before an effect',
        in: 1 + Math.floor(random() * 3),
      };
      const waiting = worker.kills;
      const open = [...ids];
      // Runs go on by themselves only after their alarm: what is read goes on at once.
      const last = open.at(-1);
      const run = last === undefined ? null : await worker.through(() => call<Execution>('GET', `/executions/${last}`));
      if (run === null || run.finished_at !== null) ids.push((await begin(`run-${ids.length}`)).id);
      if (worker.kills === waiting) {
        const id = ids.at(-1) ?? '';
        await Promise.race([death, toEnd(id)]);
      }
      await worker.revived;
    }
    armed = null;
    for (const id of ids) {
      expect(await outcomeOf(id), id).toEqual(calm);
      await expectNothingRanAgain(id);
      const effects = ledger.effectsOf('all').filter(({ key }) => key.startsWith(`${id}:`));
      expect(effects.map(({ made }) => made)).toEqual(Array.from({ length: EFFECTS_A_RUN }, () => true));
    }
    report.close(context, { 'before an effect': 6, 'after an effect': 6, 'at a random moment': 6 });
    expect(report.count).toBe(KILLS);
  }, 180_000);
});
