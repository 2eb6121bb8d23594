import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { buildUi } from './build-ui.mjs';
import { ensureDemo } from './demo.mjs';
import { installPackages, missingPackage } from './install.mjs';
import { LOCAL, readJson, writeJson } from './local-files.mjs';
import { ensureSecrets } from './local-secrets.mjs';
import { freePortFrom, isFree } from './ports.mjs';
import { step } from './progress.mjs';
import { migrate, signalGroup, startServer } from './server.mjs';
import { Refusal, ROOT, seconds } from './toolchain.mjs';
import { readTickets, triageAll } from './triage.mjs';

const HELP = `Usage: npm start [-- options]

Starts AgentFlow on this machine and runs the support-ticket triage agent.

  --port <n>        Port to listen on (default: PORT, or 8787)
  --tickets <file>  Your own tickets: a JSON list of {"subject", "body", "from"?}
  --no-tickets      Start without running the triage agent
  --once            End after the table instead of staying up
  --help            Show this`;

const STATE = join(LOCAL, 'state');
const RUNNING = join(LOCAL, 'running.json');
const SECRETS = join(ROOT, '.dev.vars');
const PIECES = ['package-lock.json', 'wrangler.toml', 'migrations', 'web/index.html', 'examples/triage-agent.json'];

/** @param {readonly string[]} argv */
function readOptions(argv) {
  let values;
  try {
    ({ values } = parseArgs({
      args: [...argv],
      options: {
        port: { type: 'string' },
        tickets: { type: 'string' },
        'no-tickets': { type: 'boolean', default: false },
        once: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }));
  } catch (error) {
    throw new Refusal(`${error instanceof Error ? error.message : error}\n\n${HELP}`);
  }
  const wanted = values.port ?? process.env.PORT;
  const port = wanted === undefined || wanted === '' ? 8787 : Number(wanted);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new Refusal(`${wanted} is not a port: use 1 to 65535.`);
  return {
    port,
    tickets: values['no-tickets'] ? null : resolve(values.tickets ?? join(ROOT, 'examples/tickets.json')),
    once: values.once,
    help: values.help,
  };
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
}

/** The instance of this folder that runs already, if any; what a killed one has left behind is ended. */
function runningInstance() {
  const record = readJson(RUNNING);
  if (record === null) return null;
  if (isAlive(record.pid) && record.pid !== process.pid) return /** @type {{ url: string }} */ (record);
  if (isAlive(record.server_pid)) signalGroup(record.server_pid, 'SIGKILL');
  rmSync(RUNNING, { force: true });
  return null;
}

/** @param {number} wanted */
async function choosePort(wanted) {
  if (await isFree(wanted)) return wanted;
  const port = await freePortFrom(wanted + 1);
  if (port === null) throw new Refusal(`Port ${wanted} and the hundred after it are taken: choose one with --port.`);
  console.log(`! Port ${wanted} is taken by another program, so this runs on ${port}`);
  return port;
}

/**
 * @param {string} url
 * @param {{ email: string, password: string, agent_id: string }} demo
 */
function printLogin(url, { email, password, agent_id }) {
  console.log(`
  Open       ${url}
  E-mail     ${email}
  Password   ${password}

  The agent  ${url}/dashboard/agents/${agent_id}
  The API    ${url}/docs
`);
}

/**
 * The whole of `npm start`.
 * @param {readonly string[]} argv
 * @returns {Promise<number>} The exit code.
 */
export async function startEverything(argv) {
  const started = performance.now();
  const options = readOptions(argv);
  if (options.help) {
    console.log(HELP);
    return 0;
  }
  const lost = PIECES.find((piece) => !existsSync(join(ROOT, piece)));
  if (lost !== undefined) {
    throw new Refusal(
      `This folder is not a whole clone (${lost} is missing): run git checkout -- . or clone it again.`,
    );
  }
  const tickets = options.tickets === null ? [] : readTickets(options.tickets);
  const running = runningInstance();
  if (running !== null) {
    console.log(`AgentFlow runs already at ${running.url} (end it with Ctrl-C in its own window).`);
    return 0;
  }

  const missing = missingPackage();
  if (missing !== null) await step('Installing packages', installPackages);
  await step('Building the UI', async (note) => note(await buildUi()));
  if (ensureSecrets(SECRETS)) console.log('✓ Made .dev.vars with random keys');
  await step('Migrating the database', async (note) => note(await migrate(STATE)));

  const port = await choosePort(options.port);
  const interrupted = new AbortController();
  /** @param {NodeJS.Signals} signal */
  const interrupt = (signal) => interrupted.abort(signal);
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, interrupt);

  const server = await step('Starting the server', () =>
    startServer({ port, state: STATE, secrets: SECRETS, log: join(LOCAL, 'server.log') }),
  );
  writeJson(RUNNING, { pid: process.pid, server_pid: server.pid, url: server.url });
  /** @type {Promise<'interrupted'>} */
  const interruption = new Promise((done) => {
    if (interrupted.signal.aborted) done('interrupted');
    interrupted.signal.addEventListener('abort', () => done('interrupted'));
  });
  try {
    const work = (async () => {
      const agentFile = readFileSync(join(ROOT, 'examples/triage-agent.json'), 'utf8');
      const demo = await step('Setting up the demo organization', async (note) => {
        const made = await ensureDemo(server.url, join(LOCAL, 'demo.json'), agentFile);
        note(made.created ? 'created' : 'there already');
        return made;
      });
      const { failed } =
        tickets.length === 0 ? { failed: 0 } : await triageAll(server.url, demo.api_key, demo.agent_id, tickets);
      console.log(`\n✓ Everything is up after ${seconds(performance.now() - started)}`);
      printLogin(server.url, demo);
      return failed;
    })();
    // After an interruption nobody waits for it any more, and what it was doing fails as the server goes.
    work.catch(() => {});
    const failed = await Promise.race([work, interruption, server.ended.then(() => /** @type {const} */ ('ended'))]);
    if (failed === 'ended') throw new Refusal('The server ended by itself; .local/server.log holds its last words.');
    if (failed === 'interrupted') return 130;
    if (failed > 0) console.log(`! ${failed} tickets failed; their executions in the UI tell why`);
    if (options.once) return failed > 0 ? 1 : 0;
    console.log('  Ctrl-C ends it.');
    const end = await Promise.race([interruption, server.ended.then(() => /** @type {const} */ ('ended'))]);
    if (end === 'ended') throw new Refusal('The server ended by itself; .local/server.log holds its last words.');
    console.log('\nStopping …');
    return 0;
  } finally {
    await server.stop();
    rmSync(RUNNING, { force: true });
  }
}
