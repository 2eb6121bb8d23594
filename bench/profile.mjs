import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { whileProfiling } from './lib/inspector.mjs';
import { Client, drive } from './lib/load.mjs';
import { linearAgent, OBJECTS, prepareProduct, QUEUES, tickingAgent, watchExecution } from './lib/product.mjs';
import { startReceivers } from './lib/receivers.mjs';
import { slowServer } from './lib/slow-server.mjs';
import { bundle, serve } from './lib/workerd.mjs';

/**
 * `node bench/profile.mjs read|run|refuse|watch|deliver`: where the CPU time of the built script goes under load, by function. For people who
 * look for the next thing to make faster; promises nothing.
 */
const scenario = process.argv[2] ?? 'run';
const INSPECTOR_PORT = 9339;
const root = path.resolve(import.meta.dirname, '..');
const folder = bundle('wrangler.toml', path.join(root, '.local/bench/profile'), { minify: false });
const slow = await slowServer(100);
const { receivers, stop } = await startReceivers(
  scenario === 'deliver' ? Array.from({ length: 20 }, () => ({ wait: 0, dead: false })) : [],
);
const product = await serve({
  folder,
  script: 'index.js',
  objects: OBJECTS,
  queues: QUEUES,
  bindings: {
    ENVIRONMENT: 'local',
    LOG_LEVEL: 'warn',
    OUTBOUND_ALLOW: [slow.host, ...receivers.map(({ host }) => host)].join(','),
    AUTH_KEYS: `bench1:${randomBytes(48).toString('base64')}`,
    VAULT_KEYS: `bench1:${randomBytes(32).toString('base64')}`,
  },
  inspectorPort: INSPECTOR_PORT,
});
try {
  const setup = await prepareProduct(product.url, linearAgent(10));
  const client = new Client(product.url, 16);
  const authorization = `Bearer ${setup.token}`;
  const made = await client.send({
    method: 'POST',
    path: '/api/v1/external-agents',
    headers: { authorization },
    body: JSON.stringify({ name: 'Refused', platform: 'custom', rate_limits: { day: 1 } }),
  });
  for (const { url } of receivers) {
    const body = JSON.stringify({ url, events: ['execution.completed'] });
    await client.send({ method: 'POST', path: '/api/v1/webhooks', headers: { authorization }, body });
  }
  const outside = JSON.parse(made.body);
  const refused = () => ({
    method: 'POST',
    path: `/api/v1/external-agents/${outside.id}/invoke`,
    headers: { authorization: `Bearer ${outside.api_key}` },
    body: JSON.stringify({ agent_id: setup.agentId, input: { n: 1 } }),
  });
  const call =
    scenario === 'refuse'
      ? refused
      : scenario === 'read'
        ? () => ({ path: `/api/v1/agents/${setup.agentId}`, headers: { authorization } })
        : () => ({
            method: 'POST',
            path: `/api/v1/agents/${setup.agentId}/execute`,
            headers: { authorization, prefer: 'wait=30' },
            body: '{"input":{"n":1}}',
          });
  await drive(client, 200, 16, call, [200, 202, 429]);
  const profile = await whileProfiling(INSPECTOR_PORT, async () => {
    if (scenario === 'watch') await watchExecution(product.url, setup.token, tickingAgent(60, slow.beat), 1000);
    else await drive(client, { run: 600, deliver: 200 }[scenario] ?? 4000, 16, call, [200, 429]);
    while (receivers.some(({ arrivals }) => arrivals.length < 400))
      await new Promise((resolve) => setTimeout(resolve, 50));
  });
  client.close();
  const byFunction = new Map();
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  profile.samples.forEach((id, index) => {
    const frame = nodes.get(id)?.callFrame;
    if (frame === undefined) return;
    const { functionName, url, lineNumber } = frame;
    const name = `${functionName || '(anonymous)'} ${path.basename(url)}:${lineNumber + 1}`;
    byFunction.set(name, (byFunction.get(name) ?? 0) + (profile.timeDeltas[index] ?? 0));
  });
  const total = [...byFunction.values()].reduce((sum, time) => sum + time, 0);
  for (const [name, time] of [...byFunction].sort((a, b) => b[1] - a[1]).slice(0, 45)) {
    console.log(
      `${((100 * time) / total).toFixed(1).padStart(5)} %  ${(time / 1000).toFixed(0).padStart(6)} ms  ${name}`,
    );
  }
} finally {
  slow.stop();
  stop();
  await product.stop();
}
