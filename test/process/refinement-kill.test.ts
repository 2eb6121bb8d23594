import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Proposal, RefinementStarted } from '@agentflow/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { linearAgent, prepareProduct } from '../../bench/lib/product.mjs';
import { ScriptedModel, type ScriptedTurn } from '../support/scripted-model.ts';
import { KilledWorker } from './killed-worker.ts';
import { servedProduct } from './served-product.ts';

const MODEL = 'editor';
const NOTE = 'Refunds are decided by the lead.';
const write = (name: string, content: string) => ({ name: 'write_file', arguments: { path: name, content } });
const TURNS: readonly ScriptedTurn[] = [
  { calls: [{ name: 'write_todos', arguments: { todos: [{ content: 'Write notes', status: 'in_progress' }] } }] },
  { calls: [write('knowledge/one.md', NOTE), write('knowledge/two.md', 'Two')] },
  { calls: [{ name: 'edit_file', arguments: { path: 'knowledge/two.md', old_text: 'Two', new_text: 'Second' } }] },
  { calls: [{ name: 'write_todos', arguments: { todos: [{ content: 'Write notes', status: 'completed' }] } }] },
  { text: 'There are two notes now.' },
];
/** The Worker is killed when the model has been asked so often in all, before it answers. */
const KILLS = [2, 5];

const folder = mkdtempSync(path.join(tmpdir(), 'agentflow-refinements-'));
const script = new ScriptedModel();
let asked = 0;
let worker: KilledWorker;
let product: Awaited<ReturnType<typeof prepareProduct>>;

const models = createServer((request, response) => {
  let body = '';
  request.setEncoding('utf8');
  request.on('data', (chunk: string) => {
    body += chunk;
  });
  request.on('end', () => {
    asked++;
    if (asked !== KILLS[0]) script.answer(request, response, body);
    else {
      KILLS.shift();
      worker.kill();
      response.destroy();
    }
  });
});

function call<T>(method: string, at: string, body?: unknown): Promise<T> {
  return worker.call<T>(product.token, method, at, { body });
}

beforeAll(async () => {
  script.set(MODEL, TURNS);
  await new Promise<void>((resolve) => models.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(models.address() as AddressInfo).port}`;
  const served = servedProduct(folder, host);
  const bindings = { ...served.bindings, CUSTOM_API_KEY: 'test', CUSTOM_BASE_URL: `http://${host}/v1` };
  worker = new KilledWorker({ ...served, bindings }, folder);
  await worker.start();
  product = await prepareProduct(worker.url, linearAgent(1));
}, 180_000);

afterAll(async () => {
  await worker?.stop();
  models.closeAllConnections();
  models.close();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

describe('a refinement under which workerd is killed with SIGKILL, twice', () => {
  it('goes on from what is on disk to a proposal, by one run that nobody watches', async () => {
    const started = await call<RefinementStarted>('POST', `/agents/${product.agentId}/refinements`, {
      user_prompt: 'Write down who decides refunds',
      context: { model: `custom/${MODEL}` },
    });
    let proposal: Proposal;
    do {
      await new Promise((resolve) => setTimeout(resolve, 50));
      proposal = await worker.through(() => call<Proposal>('GET', `/proposals/${started.proposal_id}`));
    } while (proposal.status === 'generating');
    expect(worker.kills).toBe(2);
    expect(proposal).toMatchObject({
      status: 'ready',
      attempts: 1,
      summary: 'There are two notes now.',
      todos: [{ content: 'Write notes', status: 'completed' }],
      changes: [
        { path: 'knowledge/one.md', change: 'added', hunks: 1 },
        { path: 'knowledge/two.md', change: 'added', hunks: 1 },
      ],
    });
    expect(proposal.generated_files).toMatchObject({ 'knowledge/one.md': NOTE, 'knowledge/two.md': 'Second' });
    // A turn whose answer was lost is asked for once more, and no other one.
    expect(asked).toBe(TURNS.length + 2);
    const { hash } = proposal;
    const approved = await call<Proposal>('POST', `/proposals/${proposal.id}/approve`, { hash });
    expect(approved).toMatchObject({ status: 'approved', decision: { draft_version: 2 } });
  });
});
