import { env } from 'cloudflare:workers';
import type { OrganizationOverview } from '@agentflow/contracts';
import { beforeEach, expect, it } from 'vitest';
import { newId } from '../../../workers/platform/ids.ts';
import { agentEdges, agentNode, publishedAgent } from '../../support/agents.ts';
import { api, expectProblem, type Member, signUp } from '../../support/api.ts';
import { boundaryCalls } from '../../support/binding-calls.ts';

const HOUR = 3_600_000;
/** Where the day of the tests begins: two and a half hours ago. */
const START = Date.now() - 2.5 * HOUR;

let owner: Member;
let agentId: string;
beforeEach(async () => {
  owner = await signUp();
  const nodes = [agentNode('start', 'trigger.manual')];
  agentId = (await publishedAgent(owner, { nodes, edges: agentEdges() })).id;
});

/** A row as its object would have written it. */
async function ran(at: number, status: string, { mode = 'live', cost = 0, member = owner } = {}): Promise<void> {
  await env.DB.prepare(
    `INSERT INTO executions (id, organization_id, agent_id, agent_name, mode, status, trigger, actor_type, actor_id,
      actor_name, input_tokens, output_tokens, cost_microusd, step_count, created_at, revision)
      VALUES (?, ?, ?, 'Agent', ?, ?, 'manual', 'user', 'usr_1', 'Ada', 0, 0, ?, 0, ?, 1)`,
  )
    .bind(newId('execution', at), member.organization_id, agentId, mode, status, cost, at)
    .run();
}

const read = (query = `?from=${new Date(START).toISOString()}`) =>
  api<OrganizationOverview>(`/org/overview${query}`, { token: owner.token });

it('counts the day by hours, beside the same hours of the day before', async () => {
  await ran(START + 1000, 'completed', { cost: 2_000_000 });
  await ran(START + 1.5 * HOUR, 'failed');
  await ran(START + 1.6 * HOUR, 'cancelled');
  await ran(START + 2.2 * HOUR, 'running');
  await ran(START + 2.3 * HOUR, 'completed', { mode: 'test', cost: 500_000 });
  await ran(START - 24 * HOUR + 1000, 'completed', { cost: 250_000 });
  // Not yet come as far, and before the day before.
  await ran(START - 20 * HOUR, 'completed');
  await ran(START - 25 * HOUR, 'completed');
  await ran(START - 25 * HOUR, 'waiting');
  const stranger = await signUp();
  await ran(START + 1000, 'completed', { cost: 9_000_000, member: stranger });
  const { status, body } = await read();
  expect(status, JSON.stringify(body)).toBe(200);
  expect(body).toEqual({
    from: new Date(START).toISOString(),
    runs: 4,
    runs_before: 1,
    runs_by_hour: [1, 2, 1],
    ...{ completed: 1, failed: 1, cancelled: 1 },
    ...{ running: 1, queued: 0, waiting: 1 },
    cost_usd: 2.5,
    cost_usd_before: 0.25,
  });
});

it('is empty for a new organization, in UTC where nothing is said, and refuses days that are over', async () => {
  const { body } = await read('');
  expect(body).toMatchObject({ runs: 0, runs_before: 0, cost_usd: 0, running: 0 });
  expect(body.from).toMatch(/T00:00:00\.000Z$/);
  for (const at of [Date.now() - 26 * HOUR, Date.now() + HOUR]) {
    expectProblem(await read(`?from=${new Date(at).toISOString()}`), 422, 'validation_failed');
  }
});

it('is one batch of two queries, each by an index that begins with the organization', async () => {
  const statements = await boundaryCalls(async (calls) => {
    await read();
    return calls.filter(({ text }) => text.includes('"executions"'));
  });
  expect(statements).toHaveLength(2);
  const indexes = await Promise.all(
    statements.map(async ({ text, parameters }) => {
      const plan = await env.DB.prepare(`EXPLAIN QUERY PLAN ${text}`)
        .bind(...parameters)
        .all<{ detail: string }>();
      return plan.results.map(({ detail }) => detail).join(' ');
    }),
  );
  expect(indexes[0]).toContain('INDEX executions_organization (organization_id=? AND id>?)');
  expect(indexes[1]).toContain('INDEX executions_status (organization_id=? AND status=?)');
});
