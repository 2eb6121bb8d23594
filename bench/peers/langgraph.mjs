// The ten steps of the benchmark's linear graph on LangGraph.js, in this process, with its SQLite checkpointer on disk and
// `durability: 'sync'`: each step is written before the next one begins, as ours is. Prints runs a second as JSON.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Annotation, END, START, StateGraph } from '@langchain/langgraph';
import { SqliteSaver } from '@langchain/langgraph-checkpoint-sqlite';

const [total, concurrency] = process.argv.slice(2).map(Number);
const folder = mkdtempSync(join(tmpdir(), 'agentflow-langgraph-'));
const checkpointer = SqliteSaver.fromConnString(join(folder, 'checkpoints.sqlite'));

const State = Annotation.Root({ n: Annotation() });
let graph = new StateGraph(State);
for (let step = 0; step < 10; step++) graph = graph.addNode(`n${step}`, ({ n }) => ({ n: n + 1 }));
graph.addEdge(START, 'n0');
for (let step = 1; step < 10; step++) graph.addEdge(`n${step - 1}`, `n${step}`);
graph.addEdge('n9', END);
const app = graph.compile({ checkpointer });

let thread = 0;
async function run() {
  const config = { configurable: { thread_id: `t${thread++}` }, durability: 'sync' };
  const { n } = await app.invoke({ n: 1 }, config);
  if (n !== 11) throw new Error(`the graph gave ${n}`);
}

async function drive(count) {
  let left = count;
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      while (left-- > 0) await run();
    }),
  );
}

await drive(Math.min(total, 64));
const started = performance.now();
await drive(total);
console.log(JSON.stringify({ per_second: total / ((performance.now() - started) / 1000), node: process.version }));
rmSync(folder, { recursive: true, force: true });
