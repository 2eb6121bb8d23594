const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
/** A statement of D1 takes 2 MB of text at most. */
const ROWS_PER_STATEMENT = 1000;
const DAY_MS = 24 * 3_600_000;
/** Every tenth call led to other executions. */
const PARENTS = 10;
const CHILDREN = 5;

/** An id's body: its time, and a number where others have chance. @param {number} at @param {number} number */
function idBody(at, number) {
  let time = '';
  for (let rest = at, digit = 0; digit < 10; digit++, rest = Math.floor(rest / 32))
    time = ALPHABET.charAt(rest % 32) + time;
  return time + String(number).padStart(16, '0');
}

/**
 * Calls of the last thirty days, straight into D1: of fifty external agents, each with its execution and what it touched,
 * one in twenty refused.
 *
 * @param {import('@cloudflare/workers-types').D1Database} database
 * @param {{ organizationId: string, agentId: string }} setup @param {number} total
 * @returns {Promise<{ ids: string[], externalAgents: string[] }>} of calls that were allowed, those first that led to most
 */
export async function addInvocations(database, { organizationId, agentId }, total) {
  const now = Date.now();
  const externalAgents = Array.from({ length: 50 }, (_, index) => `ext_${idBody(now - 31 * DAY_MS, index)}`);
  /** @type {string[]} */
  const ids = [];
  /** @type {string[]} */
  const parents = [];
  for (let from = 0; from < total; from += ROWS_PER_STATEMENT) {
    const rows = Array.from({ length: Math.min(ROWS_PER_STATEMENT, total - from) }, (_, index) => {
      const number = from + index;
      const at = Math.floor(now - 30 * DAY_MS + (number * 30 * DAY_MS) / total);
      return { body: idBody(at, number), at, ext: externalAgents[number % 50], refused: number % 20 === 7 ? 1 : 0 };
    });
    const children = rows
      .filter(({ refused }, index) => refused === 0 && index % PARENTS === 0)
      .flatMap(({ body, at }) =>
        Array.from({ length: CHILDREN }, (_, child) => ({
          body: `${idBody(at + child + 1, from).slice(0, 10)}${body.slice(11)}${child}`,
          root: body,
          at: at + child + 1,
        })),
      );
    for (const { body, refused } of rows) if (refused === 0) ids.push(`inv_${body}`);
    for (const { root } of children) if (parents.at(-1) !== `inv_${root}`) parents.push(`inv_${root}`);
    await database.batch([
      database
        .prepare(
          `INSERT INTO invocations (id, organization_id, external_agent_id, external_agent_name, platform, door, agent_id, agent_name,
            execution_id, status, error_code, request_payload, request_state, response_payload, response_state, latency_ms,
            cost_microusd, count, created_at, finished_at, webhook_delivery_status, webhook_delivery_attempts, revision)
          SELECT 'inv_' || (value ->> 'body'), ?1, value ->> 'ext', 'Outside', 'custom', 'rest', ?2, 'Bench',
            CASE value ->> 'refused' WHEN 0 THEN 'exe_' || (value ->> 'body') END,
            CASE value ->> 'refused' WHEN 0 THEN 'success' ELSE 'throttled' END,
            CASE value ->> 'refused' WHEN 0 THEN NULL ELSE 'rate_limited' END,
            '{"message":"Where is my order?"}', 'whole', '{"answer":"On its way."}', 'whole', 40, 120, 1, value ->> 'at',
            (value ->> 'at') + 40, 'none', 0, 1 FROM json_each(?3)`,
        )
        .bind(organizationId, agentId, JSON.stringify(rows)),
      ...[rows.filter(({ refused }) => refused === 0), children].map((made) =>
        database
          .prepare(
            `INSERT INTO executions (id, organization_id, agent_id, agent_name, version, mode, status, trigger, parent_execution_id,
              root_execution_id, actor_type, actor_id, actor_name, input_tokens, output_tokens, cost_microusd, step_count,
              created_at, started_at, finished_at, revision)
            SELECT 'exe_' || (value ->> 'body'), ?1, ?2, 'Bench', 1, 'live', 'completed', 'external', 'exe_' || (value ->> 'root'),
              'exe_' || (value ->> 'root'), 'external_agent', 'ext', 'Outside', 10, 5, 20, 4, value ->> 'at', value ->> 'at',
              (value ->> 'at') + 40, 1 FROM json_each(?3)`,
          )
          .bind(organizationId, agentId, JSON.stringify(made)),
      ),
      database
        .prepare(
          `INSERT INTO execution_touches (execution_id, organization_id, touches, revision)
          SELECT 'exe_' || (value ->> 'body'), ?1, ?2, 1 FROM json_each(?3)`,
        )
        .bind(organizationId, TOUCHES, JSON.stringify([...rows.filter(({ refused }) => refused === 0), ...children])),
    ]);
  }
  return { ids: [...parents, ...ids], externalAgents };
}

const touch = {
  status: 'success',
  count: 1,
  failed: 0,
  input_tokens: 10,
  output_tokens: 5,
  cost_microusd: 20,
  started_at: 1,
  duration_ms: 30,
  detail: null,
};
const TOUCHES = JSON.stringify({
  entries: [
    { ...touch, type: 'model', name: 'openai/gpt-4o-mini', step_id: 'ask' },
    { ...touch, type: 'tool', name: 'GET api.example.com', step_id: 'read' },
    { ...touch, type: 'delivery', name: 'POST hooks.example.com', step_id: 'tell' },
  ],
  truncated: false,
});
