import { spawn } from 'node:child_process';
import { createWriteStream, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fingerprint } from './fingerprint.mjs';
import { readJson, writeJson } from './local-files.mjs';
import { anyFreePort } from './ports.mjs';
import { lastLines, Refusal, ROOT, runTool, toolchainNode, toolEntry, toolEnvironment } from './toolchain.mjs';

const READY_WITHIN_MS = 60_000;
const STOP_WITHIN_MS = 6_000;

/**
 * Brings a local D1 up to the newest migration.
 * @param {string} state Folder that holds the local databases and objects.
 * @returns {Promise<'migrated' | 'unchanged'>}
 */
export async function migrate(state) {
  const migrations = fingerprint(['migrations']);
  const record = join(state, 'migrated.json');
  if (readJson(record)?.migrations === migrations) return 'unchanged';
  const { code, output } = await runTool(
    'wrangler',
    ['d1', 'migrations', 'apply', 'agentflow', '--local', '--persist-to', state],
    { env: { CI: 'true' } },
  );
  if (code !== 0) throw new Refusal(`The database could not be migrated:\n${lastLines(output)}`);
  writeJson(record, { migrations });
  return 'migrated';
}

/**
 * @typedef {object} Server
 * @property {string} url `http://localhost:<port>`
 * @property {number} port
 * @property {number} pid
 * @property {Promise<number>} ended Settles with the exit code, however it ended.
 * @property {() => Promise<void>} stop Ends it and everything it started; safe to call twice.
 */

/**
 * Starts the Worker and the UI on one origin and waits until every dependency is ready.
 * @param {object} options
 * @param {number} options.port
 * @param {string} options.state Folder that holds the local databases and objects.
 * @param {string} options.secrets File with the Worker's secrets.
 * @param {string} options.log File that takes what the server prints.
 * @param {Record<string, string>} [options.variables] Worker variables on top of wrangler.toml's.
 * @param {string} [options.registry] Folder through which it is found by `startPages`.
 * @returns {Promise<Server>}
 */
export async function startServer({ port, state, secrets, log, variables = {}, registry }) {
  const args = [
    'dev',
    '--local',
    ...['--persist-to', state],
    ...['--env-file', secrets],
    ...Object.entries(variables).flatMap(([name, value]) => ['--var', `${name}:${value}`]),
  ];
  return startWrangler({ args, port, log, cwd: ROOT, registry });
}

/**
 * Serves the built UI as the Pages project of web/wrangler.toml, in front of a server that was started with the same
 * `registry`.
 * @param {object} options
 * @param {number} options.port
 * @param {string} options.state Folder that wrangler may write to.
 * @param {string} options.registry
 * @param {string} options.log File that takes what it prints.
 * @returns {Promise<Server>}
 */
export function startPages({ port, state, registry, log }) {
  return startWrangler({ args: ['pages', 'dev', '--persist-to', state], port, log, cwd: join(ROOT, 'web'), registry });
}

/**
 * @param {{ args: readonly string[], port: number, log: string, cwd: string, registry: string | undefined }} options
 * @returns {Promise<Server>}
 */
async function startWrangler({ args, port, log, cwd, registry }) {
  mkdirSync(dirname(log), { recursive: true });
  const child = spawn(
    toolchainNode(),
    [
      toolEntry('wrangler'),
      ...args,
      ...['--ip', 'localhost'],
      ...['--port', String(port)],
      ...['--inspector-port', String(await anyFreePort())],
      ...['--show-interactive-dev-session', 'false'],
    ],
    {
      cwd,
      env: toolEnvironment({
        NO_COLOR: '1',
        ...(registry === undefined ? {} : { WRANGLER_REGISTRY_PATH: registry }),
      }),
      stdio: ['ignore', 'pipe', 'pipe'],
      // Its own process group, so that stopping it reaches the runtime that it starts in turn.
      detached: process.platform !== 'win32',
    },
  );
  const file = createWriteStream(log);
  child.stdout.pipe(file, { end: false });
  child.stderr.pipe(file, { end: false });
  /** @type {Promise<number>} */
  const ended = new Promise((resolve) => {
    child.once('error', () => resolve(1));
    child.once('close', (code) => file.end(() => resolve(code ?? 1)));
  });
  const pid = child.pid;
  if (pid === undefined) throw new Refusal('The server could not be started: wrangler did not run.');

  // Its own group outlives this process, unless it is told.
  const killGroup = () => signalGroup(pid, 'SIGKILL');
  process.once('exit', killGroup);
  void ended.then(() => process.off('exit', killGroup));

  /** @type {Promise<void> | undefined} */
  let stopping;
  const stop = () => {
    stopping ??= stopGroup(pid, ended);
    return stopping;
  };
  const url = `http://localhost:${port}`;
  try {
    await untilReady(url, ended);
  } catch (error) {
    await stop();
    const words = lastLines(readFileSync(log, 'utf8'));
    throw error instanceof Refusal ? new Refusal(`${error.message} Its last words:\n${words}`) : error;
  }
  return { url, port, pid, ended, stop };
}

/**
 * @param {string} url
 * @param {Promise<number>} ended
 */
async function untilReady(url, ended) {
  let over = false;
  void ended.then(() => {
    over = true;
  });
  const deadline = performance.now() + READY_WITHIN_MS;
  let last = 'no answer';
  while (performance.now() < deadline) {
    if (over) throw new Refusal('The server ended while it was starting.');
    try {
      const answer = await fetch(`${url}/ready`, { signal: AbortSignal.timeout(5_000) });
      if (answer.ok) return;
      last = `${answer.status} ${(await answer.text()).slice(0, 300)}`;
    } catch {
      // Nobody listens yet.
    }
    await delay(150);
  }
  throw new Refusal(`The server was not ready within ${READY_WITHIN_MS / 1000} s (${last}).`);
}

/**
 * Ends a process group, first politely.
 * @param {number} pid Its leader.
 * @param {Promise<unknown>} ended
 */
async function stopGroup(pid, ended) {
  signalGroup(pid, 'SIGTERM');
  const polite = await Promise.race([ended.then(() => true), delay(STOP_WITHIN_MS, false, { ref: false })]);
  if (!polite) signalGroup(pid, 'SIGKILL');
  await ended;
  // The runtime can outlive the leader that started it.
  signalGroup(pid, 'SIGKILL');
}

/**
 * @param {number} pid
 * @param {NodeJS.Signals} signal
 */
export function signalGroup(pid, signal) {
  if (process.platform === 'win32') {
    spawn('taskkill', ['/pid', String(pid), '/T', '/F'], { stdio: 'ignore' });
    return;
  }
  try {
    process.kill(-pid, signal);
  } catch {
    // The group is gone already.
  }
}
