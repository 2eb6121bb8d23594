import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { convertV4MiniflareOptions, Miniflare } from 'miniflare';

const root = path.resolve(import.meta.dirname, '../..');

/**
 * Bundles a Worker as a deploy would, and gives back the folder with its script.
 *
 * @param {string} config path of a wrangler.toml @param {string} out @param {{ minify: boolean }} [options]
 */
export function bundle(config, out, { minify } = { minify: true }) {
  const done = spawnSync(
    path.join(root, 'node_modules/.bin/wrangler'),
    ['deploy', '--dry-run', ...(minify ? ['--minify'] : []), '--config', config, '--outdir', out],
    { cwd: root, encoding: 'utf8', env: { ...process.env, WRANGLER_SEND_METRICS: 'false', CI: 'true' } },
  );
  if (done.status !== 0) throw new Error(`the Worker did not build:\n${done.stdout}\n${done.stderr}`);
  return out;
}

/**
 * Starts a built script on workerd itself, without the dev server's proxy and log, with its state on disk.
 *
 * @param {{ folder: string, script: string, objects: Record<string, string>, bindings: Record<string, string>, inspectorPort?: number }} options
 */
export async function serve({ folder, script, objects, bindings, inspectorPort }) {
  const state = mkdtempSync(path.join(tmpdir(), 'agentflow-bench-'));
  const modules = readdirSync(folder).filter((name) => /\.(js|mjs|wasm|bin)$/.test(name) && name !== script);
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
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
      durableObjects: Object.fromEntries(
        Object.entries(objects).map(([name, className]) => [name, { className, useSQLite: true }]),
      ),
      defaultPersistRoot: state,
      ...(inspectorPort === undefined ? {} : { inspectorPort }),
      // Log lines are read and dropped: a pipe that nobody reads would stop the runtime.
      /** @param {import('node:stream').Readable} stdout @param {import('node:stream').Readable} stderr */
      handleRuntimeStdio: (stdout, stderr) => {
        stdout.resume();
        stderr.resume();
      },
    }),
  );
  const url = await miniflare.ready;
  const database = await miniflare.getD1Database('DB');
  for (const file of readdirSync(path.join(root, 'migrations'))
    .filter((name) => name.endsWith('.sql'))
    .sort()) {
    const statements = readFileSync(path.join(root, 'migrations', file), 'utf8').split('--> statement-breakpoint');
    await database.batch(statements.map((statement) => database.prepare(statement)));
  }
  return {
    url: url.origin,
    database,
    stop: async () => {
      await miniflare.dispose();
      rmSync(state, { recursive: true, force: true });
    },
  };
}
