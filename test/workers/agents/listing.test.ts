import { env } from 'cloudflare:workers';
import { type Execution, type ExecutionSummary, type ListedAgent, listedAgent, page } from '@agentflow/contracts';
import { beforeAll, describe, expect, it } from 'vitest';
import { db } from '../../../workers/db/client.ts';
import { listAgents } from '../../../workers/domains/agents/list-agents.ts';
import { selectAgentStats, selectAgents } from '../../../workers/domains/agents/list-queries.ts';
import { projectExecution } from '../../../workers/domains/executions/index.ts';
import { newId } from '../../../workers/platform/ids.ts';
import { runToEnd } from '../../support/agents.ts';
import { recordedEnv } from '../../support/binding-calls.ts';
import { eventually } from '../../support/eventually.ts';
import { adding, type Caller, newAgent, newOwner, publishedAgent } from './caller.ts';
import { contextOf } from './request-context.ts';

const DAY = 86_400_000;

async function listed(caller: Caller, query: string): Promise<{ data: ListedAgent[]; next_cursor: string | null }> {
  const response = await caller.call('GET', `/agents?${query}`);
  expect(response.status).toBe(200);
  return page(listedAgent).parse(await response.json());
}

const names = ({ data }: { data: ListedAgent[] }) => data.map(({ name }) => name);

type Told = Partial<ExecutionSummary> & { agent_id: string };

/** Tells D1 of an execution as its object does. */
async function told(caller: Caller, summary: Told, revision = 1, at = Date.now()): Promise<string> {
  const id = summary.id ?? newId('execution', at);
  const time = new Date(at).toISOString();
  await projectExecution(env, {
    revision,
    cost_microusd: 0,
    costs: [],
    summary: {
      id,
      organization_id: caller.organizationId,
      agent_name: 'Adder',
      version: 1,
      mode: 'live',
      status: 'completed',
      waiting_reason: null,
      trigger: 'manual',
      triggered_by: { type: 'user', id: caller.userId, name: 'Owner' },
      parent_execution_id: null,
      root_execution_id: null,
      project_id: null,
      error: null,
      input_tokens: 0,
      output_tokens: 0,
      cost_usd: 0,
      step_count: 2,
      created_at: time,
      started_at: time,
      finished_at: time,
      duration_ms: 0,
      ...summary,
    },
  });
  return id;
}

async function statsOf(caller: Caller, agentId: string) {
  const { data } = await listed(caller, 'include=stats&limit=100');
  const stats = data.find(({ id }) => id === agentId)?.stats;
  if (stats === undefined) throw new Error('the agent is not listed with statistics');
  return stats;
}

describe('statistics', () => {
  let owner: Caller;
  beforeAll(async () => {
    owner = await newOwner();
  });

  it('tell the trigger, the last run and how runs of the day ended; without being asked for, nothing', async () => {
    const agent = await publishedAgent(owner, adding(1));
    const execution: Execution = await runToEnd({ token: owner.credential }, agent.id, { n: 1 });
    const stats = await eventually(async () => {
      const now = await statsOf(owner, agent.id);
      return now.success_rate !== null && now;
    });
    expect(stats.success_rate).toBe(1);
    expect(stats.triggers).toEqual(['trigger.manual']);
    expect(stats.last_execution).toEqual({
      id: execution.id,
      status: 'completed',
      mode: 'live',
      created_at: execution.created_at,
    });
    expect(stats.days).toHaveLength(14);
    expect(stats.days.at(-1)).toEqual({
      date: execution.finished_at?.slice(0, 10),
      completed: 1,
      failed: 0,
      cancelled: 0,
    });
    expect((await listed(owner, '')).data.find(({ id }) => id === agent.id)).not.toHaveProperty('stats');
  });

  it('count an execution once, at its end, however often it is told', async () => {
    const agent = await newAgent(owner);
    const running: Told = { agent_id: agent.id, status: 'running', finished_at: null, duration_ms: null };
    const id = await told(owner, running, 1);
    await told(owner, { agent_id: agent.id, id, status: 'failed' }, 3);
    await told(owner, { agent_id: agent.id, id, status: 'failed' }, 3);
    await told(owner, { agent_id: agent.id, id, status: 'failed', step_count: 5 }, 4);
    await told(owner, { ...running, id }, 2);
    await told(owner, { agent_id: agent.id, status: 'cancelled' });
    // Ids of one millisecond have no order.
    await told(owner, { agent_id: agent.id, mode: 'test', version: null }, 1, Date.now() + 1);
    const stats = await statsOf(owner, agent.id);
    expect(stats.days.at(-1)).toMatchObject({ completed: 0, failed: 1, cancelled: 1 });
    expect(stats.success_rate).toBe(0);
    expect(stats.last_execution).toMatchObject({ mode: 'test' });
  });

  it('go back fourteen days, and outlive the rows that retention deletes', async () => {
    const agent = await newAgent(owner);
    const now = Date.now();
    await told(owner, { agent_id: agent.id }, 1, now - 13 * DAY);
    await told(owner, { agent_id: agent.id }, 1, now - 14 * DAY);
    await env.DB.prepare('DELETE FROM executions WHERE organization_id = ? AND agent_id = ?')
      .bind(owner.organizationId, agent.id)
      .run();
    const stats = await statsOf(owner, agent.id);
    expect(stats.days.map(({ completed }) => completed)).toEqual([1, ...new Array(13).fill(0)]);
    expect(stats.last_execution).toBeNull();
  });

  it('say nothing of success where nothing was decided', async () => {
    const agent = await newAgent(owner);
    expect(await statsOf(owner, agent.id)).toMatchObject({ success_rate: null, last_execution: null, triggers: [] });
  });
});

describe('what a page costs', () => {
  it('is two statements, whatever the number of agents and of their executions', async () => {
    const owner = await newOwner();
    const agents = await Promise.all(['A', 'B', 'C', 'D', 'E'].map((name) => newAgent(owner, { name })));
    const runs = 5000;
    const { results } = await env.DB.prepare(
      `INSERT INTO executions (id, organization_id, agent_id, agent_name, mode, status, trigger, actor_type, actor_id, actor_name,
        input_tokens, output_tokens, cost_microusd, step_count, created_at, finished_at, revision)
      SELECT 'exe_' || printf('%010d', n) || ?1, ?1, json_extract(?2, '$[' || (n % 5) || ']'), 'A', 'live', 'completed', 'manual',
        'user', 'usr_1', 'Owner', 0, 0, 0, 1, ?3, ?3 - (n % 10) * ?4, 1
      FROM (WITH RECURSIVE counted(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < ?5) SELECT n FROM counted)`,
    )
      .bind(owner.organizationId, JSON.stringify(agents.map(({ id }) => id)), Date.now(), DAY, runs)
      .run();
    expect(results).toEqual([]);

    const calls: string[] = [];
    const context = contextOf(owner, { DB: recordedEnv(calls).DB });
    const { data } = await listAgents(context, { limit: 20, include: 'stats' });
    expect(calls.filter((call) => call === 'DB.prepare')).toHaveLength(2);
    const counted = data.flatMap(({ stats }) => stats?.days ?? []).reduce((sum, { completed }) => sum + completed, 0);
    expect(counted).toBe(runs);

    const { sql, params } = selectAgentStats(
      db(env, owner.organizationId),
      owner.organizationId,
      agents.map(({ id }) => id),
      0,
    ).toSQL();
    const { meta } = await env.DB.prepare(sql)
      .bind(...params)
      .run();
    expect(meta.rows_read).toBeLessThan(200);
  });

  const planOf = async ({ sql, params }: { sql: string; params: unknown[] }) => {
    const plan = await env.DB.prepare(`EXPLAIN QUERY PLAN ${sql}`)
      .bind(...params)
      .all<{ detail: string }>();
    return plan.results.map(({ detail }) => detail).join('\n');
  };

  it('seeks days and last executions in their indexes', async () => {
    const plan = await planOf(selectAgentStats(db(env, 'org_1'), 'org_1', ['agt_1'], 0).toSQL());
    expect(plan).toContain(
      'SEARCH agent_days USING INDEX sqlite_autoindex_agent_days_1 (organization_id=? AND agent_id=? AND day>?)',
    );
    expect(plan).toMatch(
      /SEARCH executions USING (COVERING )?INDEX executions_agent \(organization_id=\? AND agent_id=\?\)/,
    );
    expect(plan).not.toContain('SCAN executions');
  });

  it('seeks the agents of a project one by one', async () => {
    const filter = {
      status: undefined,
      search: undefined,
      tag: undefined,
      trigger: undefined,
      after: undefined,
      limit: 21,
    };
    const statement = selectAgents(db(env, 'org_1'), 'org_1', { ...filter, projectId: 'prj_1', sort: 'last_run' });
    const plan = await planOf(statement.toSQL());
    expect(plan).toContain('executions_project_agent (organization_id=? AND project_id=? AND agent_id=?)');
    expect(plan).toContain('INDEX executions_agent (organization_id=? AND agent_id=?)');
  });
});

describe('sorting and filters', () => {
  let owner: Caller;
  beforeAll(async () => {
    owner = await newOwner();
    for (const name of ['beta', 'Alpha', 'Gämma', 'alpha']) await newAgent(owner, { name, definition: adding(1) });
  });

  it.each([
    ['name', ['Alpha', 'alpha', 'beta', 'Gämma']],
    ['newest', ['alpha', 'Gämma', 'Alpha', 'beta']],
  ])('pages through the order by %s without losing or repeating one', async (sort, expected) => {
    const found: string[] = [];
    let cursor = '';
    do {
      const answer = await listed(owner, `sort=${sort}&limit=1${cursor}`);
      found.push(...names(answer));
      cursor = answer.next_cursor === null ? '' : `&cursor=${answer.next_cursor}`;
    } while (cursor !== '');
    expect(found).toEqual(expected);
  });

  it('puts first what was changed last, and what ran last', async () => {
    const { data } = await listed(owner, 'sort=name');
    const [, , beta, gamma] = data;
    if (beta === undefined || gamma === undefined) throw new Error('agents are missing');
    await owner.call('PUT', `/agents/${beta.id}`, { body: { description: 'Changed' } });
    expect(names(await listed(owner, 'sort=updated'))[0]).toBe('beta');
    await told(owner, { agent_id: gamma.id });
    const byRun = await listed(owner, 'sort=last_run&limit=1');
    expect(names(byRun)).toEqual(['Gämma']);
    expect(names(await listed(owner, `sort=last_run&cursor=${byRun.next_cursor}`))).toHaveLength(3);
  });

  it('finds agents by what starts them, in the live version once there is one', async () => {
    const node = { id: 'hook', type: 'trigger.webhook', config: {} };
    const agent = await newAgent(owner, { name: 'Hooked', definition: { nodes: [node], edges: [] } });
    expect(names(await listed(owner, 'trigger=trigger.webhook'))).toEqual(['Hooked']);
    expect(names(await listed(owner, 'trigger=trigger.manual'))).not.toContain('Hooked');
    await owner.call('PUT', `/agents/${agent.id}/draft`, { body: adding(1) });
    expect(names(await listed(owner, 'trigger=trigger.webhook'))).toEqual([]);
    expect((await owner.call('GET', '/agents?trigger=trigger.unknown')).status).toBe(422);
  });

  it('finds agents by the project that they ran in, and nobody else’s', async () => {
    const project = await (await owner.call('POST', '/projects', { body: { name: 'Launch' } })).json<{ id: string }>();
    const [agent] = (await listed(owner, 'search=beta')).data;
    if (agent === undefined) throw new Error('the agent is missing');
    await told(owner, { agent_id: agent.id, project_id: project.id });
    expect(names(await listed(owner, `project_id=${project.id}`))).toEqual(['beta']);
    const stranger = await newOwner();
    expect(names(await listed(stranger, `project_id=${project.id}&include=stats`))).toEqual([]);
  });
});
