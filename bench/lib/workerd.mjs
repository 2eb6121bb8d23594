import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { convertV4MiniflareOptions, Miniflare } from 'miniflare';

const root = path.resolve(import.meta.dirname, '../..');
const WORKER = 'bench';

/**
 * Bundles a Worker as a deploy would, and gives back the folder with its script.
 *
 * @param {string} config path of a wrangler.toml @param {string} out @param {{ minify?: boolean, assets?: string, main?: string }} [options]
 * `assets`: instead of the built UI; `main`: instead of the script that the config names
 */
export function bundle(config, out, { minify = true, assets, main } = {}) {
  const done = spawnSync(
    path.join(root, 'node_modules/.bin/wrangler'),
    [
      ...['deploy', ...(main === undefined ? [] : [main]), '--dry-run', '--config', config, '--outdir', out],
      ...(minify ? ['--minify'] : []),
      ...(assets === undefined ? [] : ['--assets', assets]),
    ],
    { cwd: root, encoding: 'utf8', env: { ...process.env, WRANGLER_SEND_METRICS: 'false', CI: 'true' } },
  );
  if (done.status !== 0) throw new Error(`the Worker did not build:\n${done.stdout}\n${done.stderr}`);
  return out;
}

/**
 * Starts a built script on workerd itself, without the dev server's proxy and log, with its state on disk: in a folder of
 * its own that goes with it, or in `state`, which stays. A workerd that dies is started again; then `onRestart` is called.
 * With `keepObjects` objects that have nothing to do stay in memory.
 *
 * @typedef {{ folder: string, script: string, objects: Record<string, string>, queues?: Record<string, string>, bindings: Record<string, string>, inspectorPort?: number, keepObjects?: boolean, state?: string, onRestart?: () => void }} Served
 * @param {Served} options
 */
export async function serve({
  folder,
  script,
  objects,
  queues = {},
  bindings,
  inspectorPort,
  keepObjects = false,
  state: kept,
  onRestart,
}) {
  const state = kept ?? mkdtempSync(path.join(tmpdir(), 'agentflow-bench-'));
  const modules = readdirSync(folder).filter((name) => /\.(js|mjs|wasm|bin)$/.test(name) && name !== script);
  const miniflare = new Miniflare({
    ...convertV4MiniflareOptions({
      name: WORKER,
      modules: [script, ...modules].map((name) => ({
        type: name.endsWith('.wasm') ? 'CompiledWasm' : name.endsWith('.bin') ? 'Data' : 'ESModule',
        path: path.join(folder, name),
        contents:
          name.endsWith('.wasm') || name.endsWith('.bin')
            ? readFileSync(path.join(folder, name))
            : readFileSync(path.join(folder, name), 'utf8'),
      })),
      modulesRoot: folder,
      compatibilityDate: '2026-10-01',
      compatibilityFlags: ['nodejs_compat'],
      bindings,
      d1Databases: { DB: 'bench' },
      r2Buckets: { VALUES: 'bench' },
      kvNamespaces: { OAUTH_KV: 'bench' },
      queueProducers: queues,
      // As wrangler.toml has it.
      queueConsumers: Object.fromEntries(
        Object.values(queues).map((name) => [name, { maxBatchSize: 100, maxBatchTimeout: 0, maxRetries: 1 }]),
      ),
      durableObjects: Object.fromEntries(
        Object.entries(objects).map(([name, className]) => [
          name,
          { className, useSQLite: true, unsafePreventEviction: keepObjects },
        ]),
      ),
      ...(inspectorPort === undefined ? {} : { inspectorPort }),
      // Log lines are read and dropped: a pipe that nobody reads would stop the runtime.
      /** @param {import('node:stream').Readable} stdout @param {import('node:stream').Readable} stderr */
      handleRuntimeStdio: (stdout, stderr) => {
        stdout.resume();
        stderr.resume();
      },
    }),
    resourcePersistencePath: state,
    ...(onRestart === undefined ? {} : { unsafeHandleRuntimeRestart: async () => onRestart() }),
  });
  const url = await miniflare.ready;
  const database = await miniflare.getD1Database('DB');
  const made = await database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'organizations'").first();
  if (made === null) await migrate(database);
  return {
    url: url.origin,
    database,
    /** @param {string} className @param {string} name of an object that has nothing to do: it leaves memory */
    evict: (className, name) => miniflare.unsafeEvictDurableObject(WORKER, className, { name }),
    stop: async () => {
      await miniflare.dispose();
      if (kept === undefined) rmSync(state, { recursive: true, force: true });
    },
  };
}

/** @param {Awaited<ReturnType<Miniflare['getD1Database']>>} database */
async function migrate(database) {
  for (const file of readdirSync(path.join(root, 'migrations'))
    .filter((name) => name.endsWith('.sql'))
    .sort()) {
    const statements = readFileSync(path.join(root, 'migrations', file), 'utf8').split('--> statement-breakpoint');
    await database.batch(statements.map((statement) => database.prepare(statement)));
  }
}
