// The same ten steps as a Mastra workflow with LibSQL storage on disk. Prints runs a second as JSON.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Mastra } from '@mastra/core';
import { createStep, createWorkflow } from '@mastra/core/workflows';
import { LibSQLStore } from '@mastra/libsql';
import { z } from 'zod';

const [total, concurrency] = process.argv.slice(2).map(Number);
const folder = mkdtempSync(join(tmpdir(), 'agentflow-mastra-'));
const shape = z.object({ n: z.number() });
let workflow = createWorkflow({ id: 'linear', inputSchema: shape, outputSchema: shape });
for (let step = 0; step < 10; step++) {
  const node = createStep({
    id: `n${step}`,
    inputSchema: shape,
    outputSchema: shape,
    execute: async ({ inputData }) => ({ n: inputData.n + 1 }),
  });
  workflow = workflow.then(node);
}
workflow.commit();
const storage = new LibSQLStore({ id: 'bench', url: `file:${join(folder, 'mastra.db')}` });
const mastra = new Mastra({ workflows: { linear: workflow }, storage, logger: false });

async function run() {
  const started = await mastra.getWorkflow('linear').createRun();
  const { status, result } = await started.start({ inputData: { n: 1 } });
  if (status !== 'success' || result.n !== 11) throw new Error(`the workflow ended as ${status}`);
}

async function drive(count) {
  let left = count;
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      while (left-- > 0) await run();
    }),
  );
}

await drive(Math.min(total, 32));
const started = performance.now();
await drive(total);
console.log(JSON.stringify({ per_second: total / ((performance.now() - started) / 1000), node: process.version }));
rmSync(folder, { recursive: true, force: true });
process.exit(0);
