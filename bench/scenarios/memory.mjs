import { heapBytes } from '../lib/inspector.mjs';
import { Client, drive } from '../lib/load.mjs';
import { askingAgent, prepareProduct } from '../lib/product.mjs';
import { residentBytes, withPid } from '../lib/runtime-process.mjs';

/**
 * Executions of 100 nodes that wait for a person, all kept in memory, in a runtime of their own. The heap is what counts
 * against an isolate's limit of 128 MB. The process holds an SQLite database for each besides; the floor is what it grows by
 * with bare objects that have written as many rows.
 *
 * @param {import('./bench.mjs').Bench} bench
 */
export async function memoryOfLiveObjects({ serveProduct, serveFloor, report }) {
  const FIRST = 100;
  const MORE = 300;
  console.log(`\nMemory of ${MORE} more live executions, each of 100 nodes`);
  const inspectorPort = 9341;
  /** @param {number} before @param {number} after megabytes for each hundred */
  const grown = (before, after) => (after - before) / 1e6 / (MORE / 100);
  const [kept, pid] = await withPid(() => serveProduct({ inspectorPort, keepObjects: true }));
  try {
    // Together with its trigger, the question and what follows it.
    const { token, agentId } = await prepareProduct(kept.url, askingAgent(97));
    const client = new Client(kept.url, 4);
    const start = () => ({
      method: 'POST',
      path: `/api/v1/agents/${agentId}/execute`,
      headers: { authorization: `Bearer ${token}` },
      body: '{"input":{"n":1}}',
    });
    /** @param {number} starts @param {number} live */
    const hold = async (starts, live) => {
      await drive(client, starts, 4, start, [202]);
      const waiting = "SELECT count(*) AS n FROM executions WHERE status = 'waiting'";
      for (let n = 0; n < live; n = Number((await kept.database.prepare(waiting).first())?.n)) {
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      return { heap: await heapBytes(inspectorPort), resident: residentBytes(pid) };
    };
    const before = await hold(FIRST, FIRST);
    const after = await hold(MORE, FIRST + MORE);
    client.close();
    const bare = await residentOfBareObjects(serveFloor, FIRST, MORE);
    console.log(
      `  the process grew by ${grown(before.resident, after.resident).toFixed(0)} MB for each hundred; with bare objects by ${grown(bare.before, bare.after).toFixed(0)} MB`,
    );
    const heap = grown(before.heap, after.heap);
    report('heap of 100 live executions', heap, '< 10 MB', heap < 10, ' MB');
  } finally {
    await kept.stop();
  }
}

/** @param {import('./bench.mjs').Bench['serveFloor']} serveFloor @param {number} first @param {number} more */
async function residentOfBareObjects(serveFloor, first, more) {
  const [kept, pid] = await withPid(() => serveFloor({ keepObjects: true }));
  try {
    const client = new Client(kept.url, 4);
    const authorization = `Bearer ${(await client.send({ path: '/token' })).body}`;
    const run = () => ({
      method: 'POST',
      path: '/run/org_bench/agt_bench?steps=100',
      headers: { authorization },
      body: '{"n":1}',
    });
    await drive(client, first, 4, run, [200]);
    const before = residentBytes(pid);
    await drive(client, more, 4, run, [200]);
    client.close();
    return { before, after: residentBytes(pid) };
  } finally {
    await kept.stop();
  }
}
