import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { apiClient, must } from './api-client.mjs';
import { layOut } from './table.mjs';
import { Refusal, seconds } from './toolchain.mjs';

/** @typedef {{ subject: string, body: string, from?: string }} Ticket */

const AT_ONCE = 8;
const WAIT_SECONDS = 30;
const GIVE_UP_AFTER_MS = 120_000;

/**
 * Reads tickets: a JSON list of {subject, body, from?}.
 * @param {string} path
 * @returns {Ticket[]}
 */
export function readTickets(path) {
  let value;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new Refusal(`${path} could not be read as JSON: ${error instanceof Error ? error.message : error}`);
  }
  const tickets = Array.isArray(value) ? value : value?.tickets;
  if (!Array.isArray(tickets) || tickets.length === 0) {
    throw new Refusal(`${path} must hold a JSON list of tickets, each {"subject": …, "body": …, "from"?: …}.`);
  }
  return tickets.map((each, at) => {
    const { subject = '', body, from } = each ?? {};
    if (typeof body !== 'string' || typeof subject !== 'string' || (from !== undefined && typeof from !== 'string')) {
      throw new Refusal(`Ticket ${at + 1} of ${path} must have a text as "body"; "subject" and "from" are texts too.`);
    }
    return { subject, body, ...(from === undefined ? {} : { from }) };
  });
}

/** @typedef {{ ticket: Ticket, execution: any, ms: number }} Triaged */

/**
 * @param {ReturnType<typeof apiClient>} call
 * @param {string} agentId
 * @param {Ticket} ticket
 * @returns {Promise<Triaged>}
 */
async function triage(call, agentId, ticket) {
  const started = performance.now();
  const what = `The execution for "${ticket.subject}"`;
  const execute = () =>
    call('POST', `/agents/${agentId}/execute`, { input: ticket }, { Prefer: `wait=${WAIT_SECONDS}` });
  let answer = await execute();
  while (answer.status === 429 && performance.now() - started < GIVE_UP_AFTER_MS) {
    await delay(1000 * Number(answer.headers.get('retry-after') ?? 1));
    answer = await execute();
  }
  let execution = must(answer, what, [200, 202]);
  while (!['completed', 'failed', 'cancelled'].includes(execution.status)) {
    if (performance.now() - started > GIVE_UP_AFTER_MS) {
      throw new Refusal(`${what} (${execution.id}) is still ${execution.status} after ${GIVE_UP_AFTER_MS / 1000} s.`);
    }
    await delay(250);
    execution = must(await call('GET', `/executions/${execution.id}`), what);
  }
  return { ticket, execution, ms: performance.now() - started };
}

/** @param {number} usd */
function dollars(usd) {
  return usd === 0 ? '$0' : `$${usd.toFixed(usd < 0.01 ? 5 : 4)}`;
}

/** @param {number} width */
function ticketTable(width) {
  return layOut(
    [
      { title: 'ticket', width: 3, flexible: true },
      { title: 'summary', width: 7, flexible: true, dropBelow: 100 },
      { title: 'category', width: 16 },
      { title: 'priority', width: 8 },
      { title: 'route', width: 17 },
      { title: 'tokens', width: 6, align: 'right' },
      { title: 'cost', width: 8, align: 'right', dropBelow: 80 },
      { title: 'time', width: 7, align: 'right', dropBelow: 72 },
    ],
    width,
  );
}

/** @param {Triaged} triaged */
function cellsOf({ ticket, execution, ms }) {
  const { output, error, input_tokens, output_tokens, cost_usd, duration_ms, status } = execution;
  const decided = typeof output === 'object' && output !== null && !Array.isArray(output) ? output : {};
  const outcome = status === 'completed' ? String(decided.summary ?? '') : `${status}: ${error?.message ?? ''}`;
  return [
    ticket.subject || '(no subject)',
    outcome,
    String(decided.category ?? '–'),
    String(decided.priority ?? '–'),
    String(decided.route ?? status),
    String(input_tokens + output_tokens),
    dollars(cost_usd),
    `${Math.round(duration_ms ?? ms)} ms`,
  ];
}

/**
 * Runs the agent on every ticket and prints the table of what it decided, line by line as answers come.
 * @param {string} url
 * @param {string} key API key.
 * @param {string} agentId
 * @param {readonly Ticket[]} tickets
 * @returns {Promise<{ failed: number }>}
 */
export async function triageAll(url, key, agentId, tickets) {
  const call = apiClient(url, key);
  const started = performance.now();
  const table = ticketTable(process.stdout.columns ?? 140);
  console.log(`\n${table.head}\n${table.rule}`);
  /** @type {(Triaged | undefined)[]} */
  const results = Array.from({ length: tickets.length });
  let next = 0;
  let printed = 0;
  const work = async () => {
    for (let at = next++; at < tickets.length; at = next++) {
      results[at] = await triage(call, agentId, /** @type {Ticket} */ (tickets[at]));
      // In the order of the file: a line waits for those before it.
      for (let line = results[printed]; line !== undefined; line = results[printed]) {
        console.log(table.row(cellsOf(line)));
        printed++;
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  const executions = results.flatMap((each) => (each === undefined ? [] : [each.execution]));
  /** @param {(execution: any) => number} of */
  const sum = (of) => executions.reduce((total, each) => total + of(each), 0);
  const failed = executions.filter(({ status }) => status !== 'completed').length;
  const routes = new Map();
  for (const { output } of executions) routes.set(output?.route, (routes.get(output?.route) ?? 0) + 1);
  const shares = [...routes].sort((one, other) => other[1] - one[1]).map(([route, count]) => `${route} ${count}`);
  console.log(table.rule);
  console.log(
    `${executions.length - failed} of ${tickets.length} tickets triaged in ${seconds(performance.now() - started)}: ` +
      `${sum((each) => each.input_tokens + each.output_tokens)} tokens, ${dollars(sum((each) => each.cost_usd))}`,
  );
  console.log(`Routes: ${shares.join(', ')}`);
  return { failed };
}
