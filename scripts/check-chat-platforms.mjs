// Sends one sample of each kind of message to real chats and says what came of it: `npm run check:chats`, once a week by
// a person. Addresses and tokens come from environment variables and are never printed.
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { CHAT_VARIABLES, chatTargets } from './lib/chat-targets.mjs';
import { ROOT } from './lib/toolchain.mjs';

const KINDS = ['result', 'failure', 'approval', 'budget', 'notice'];
const TIMEOUT_MS = 15_000;
const LONGEST_WAIT_MS = 60_000;

const RUNTIME = 'data:text/javascript,export class WorkerEntrypoint {}; export class DurableObject {};';
registerHooks({
  resolve: (specifier, context, next) =>
    specifier.startsWith('cloudflare:') ? { url: RUNTIME, shortCircuit: true } : next(specifier, context),
});

/** Modules of the Worker, whose types are those of its runtime. @param {string} path @returns {Promise<any>} */
const load = (path) => import(pathToFileURL(join(ROOT, path)).href);

const targets = chatTargets(process.env);
if (targets.length === 0) {
  console.error(`Nothing to check: set some of ${CHAT_VARIABLES.join(', ')}.`);
  process.exit(2);
}

const { chatConfig } = await load('packages/contracts/src/index.ts');
const { chatApis, configProblems, exampleEvent, messageOf, sendMessage } = await load('workers/chat/index.ts');
const { createMailer } = await load('workers/platform/mail.ts');

const run = Date.now().toString(36);
// Without a key, mails of a local mode would be kept instead of sent.
const mailer = process.env.MAIL_API_KEY ? createMailer({ ...process.env, ENVIRONMENT: 'local' }) : null;

/** @param {import('./lib/chat-targets.mjs').ChatTarget} target @param {string} kind */
async function send({ name, config }, kind) {
  const options = {
    organizationId: 'org_sample',
    templates: {},
    publicUrl: 'https://agentflow.example',
    buttons: true,
  };
  const { message } = await messageOf({ ...exampleEvent(kind), at: Date.now() }, options);
  const ports = {
    fetch: (/** @type {Request} */ request) => fetch(request),
    mailer,
    apis: chatApis(process.env),
    idempotencyKey: `${run}/${name}/${kind}`,
    timeout_ms: TIMEOUT_MS,
  };
  const sent = await sendMessage(config, message, ports);
  if (sent.outcome !== 'rate_limited' || (sent.retry_after_ms ?? 0) > LONGEST_WAIT_MS) return sent;
  await wait(sent.retry_after_ms ?? 1000);
  return await sendMessage(config, message, ports);
}

/** @param {{ outcome: string, plain: boolean }} sent */
function verdictOf({ outcome, plain }) {
  if (outcome !== 'delivered') return 'FAILED';
  return plain ? 'PLAIN' : 'ok';
}

/** @param {string} text @param {readonly string[]} secrets */
const masked = (text, secrets) => secrets.reduce((rest, secret) => rest.replaceAll(secret, '***'), text);

let bad = 0;
for (const target of targets) {
  const parsed = chatConfig.safeParse(target.config);
  const problems = parsed.success
    ? configProblems(parsed.data)
    : parsed.error.issues.map((/** @type {{ path: string[], message: string }} */ { path, message }) => ({
        path: path.join('.'),
        message,
      }));
  for (const { path, message } of problems) {
    bad += 1;
    console.log(`FAILED  ${target.name.padEnd(16)} ${path}: ${message}`);
  }
  for (const kind of problems.length > 0 ? [] : KINDS) {
    const sent = await send(target, kind);
    const verdict = verdictOf(sent);
    if (verdict !== 'ok') bad += 1;
    const answer = sent.status === null ? '' : `${sent.status}`;
    const line = `${verdict.padEnd(7)} ${target.name.padEnd(16)} v${sent.adapter_version}  ${kind.padEnd(9)} ${answer.padEnd(4)} ${sent.outcome} ${sent.error ?? ''}`;
    console.log(masked(line.trimEnd(), target.secrets));
  }
}
console.log(bad === 0 ? '\nEverything arrived.' : `\n${bad} did not arrive as they should.`);
process.exit(bad === 0 ? 0 : 1);
