import { env } from 'cloudflare:workers';
import type { OrganizationEvent } from '@agentflow/contracts';
import { beforeAll, describe, expect, it } from 'vitest';
import type { LoggedEvent } from '../../../durable-objects/organization/client.ts';
import { newId } from '../../../workers/platform/ids.ts';
import { api, createKey, expectProblem, type Member, signUp, withRole } from '../../support/api.ts';
import { boundaryCalls } from '../../support/binding-calls.ts';
import { listEvents, logged } from '../../support/events.ts';
import { externalAgent } from '../../support/external-agents.ts';

interface Page {
  readonly data: OrganizationEvent[];
  readonly next_cursor: string | null;
}

function list(caller: { readonly token?: string; readonly key?: string }, query: Record<string, string> = {}) {
  return api<Page>(`/events?${new URLSearchParams(query)}`, caller);
}
const idsOf = ({ body }: { body: Page }) => body.data.map(({ id }) => id);

describe('Events', () => {
  const [agent_id, project_id] = [newId('agent'), newId('project')];
  const began = Date.now() - 3_600_000;
  let owner: Member;
  let completed: LoggedEvent;
  let failed: LoggedEvent;
  let paused: LoggedEvent;
  let overrun: LoggedEvent;
  let joined: LoggedEvent;

  beforeAll(async () => {
    owner = await signUp();
    completed = logged('execution.completed', { agent_id, project_id }, began);
    failed = logged('execution.failed', { agent_id, project_id: null }, began + 1000);
    paused = logged('agent.paused', { agent_id }, began + 2000);
    overrun = logged('budget.overrun', { scope: 'project', id: project_id }, began + 3000);
    joined = logged('member.joined', {}, began + 4000);
    await listEvents(owner, [joined, overrun, completed, failed, paused]);
    await listEvents(await signUp(), [logged('execution.failed', { agent_id, project_id })]);
  });

  it('are listed newest first, page by page', async () => {
    const all = await list(owner);
    expect(idsOf(all)).toEqual([joined, overrun, paused, failed, completed].map(({ id }) => id));
    expect(all.body.data[3]).toEqual({
      id: failed.id,
      type: 'execution.failed',
      version: 1,
      timestamp: new Date(failed.at).toISOString(),
      organization_id: owner.organization_id,
      data: failed.data,
    });
    for (const query of [{}, { type: 'execution.*,agent.*,budget.*,member.*' }]) {
      const first = await list(owner, { ...query, limit: '2' });
      const rest = await list(owner, { ...query, limit: '3', cursor: String(first.body.next_cursor) });
      expect([...first.body.data, ...rest.body.data]).toEqual(all.body.data);
      expect(rest.body.next_cursor).toBeNull();
    }
    expect((await list(await signUp())).body.data).toEqual([]);
  });

  interface Filtered {
    readonly by: string;
    readonly plan: RegExp;
    readonly query: Record<string, string>;
    readonly found: () => readonly LoggedEvent[];
  }
  const seek = (index: string, columns: string) =>
    new RegExp(`^SEARCH events USING INDEX ${index} \\(organization_id=\\?${columns}\\)$`, 'm');
  const byType =
    /CORRELATED LIST SUBQUERY \d+\n *SEARCH events USING COVERING INDEX events_type \(organization_id=\? AND type=\?( AND id[<>]\?)*\)/m;
  const from = new Date(began + 1000).toISOString();
  const to = new Date(began + 2000).toISOString();
  const filters: readonly Filtered[] = [
    {
      by: 'agent',
      plan: seek('events_agent', ' AND agent_id=\\?'),
      query: { agent_id },
      found: () => [paused, failed, completed],
    },
    {
      by: 'project',
      plan: seek('events_project', ' AND project_id=\\?'),
      query: { project_id },
      found: () => [overrun, completed],
    },
    {
      by: 'time',
      plan: seek('sqlite_autoindex_events_1', ' AND id>\\? AND id<\\?'),
      query: { from, to },
      found: () => [paused, failed],
    },
    { by: 'type', plan: byType, query: { type: 'budget.overrun' }, found: () => [overrun] },
    {
      by: 'types and a family',
      plan: byType,
      query: { type: 'member.joined, execution.*' },
      found: () => [joined, failed, completed],
    },
    { by: 'alias', plan: byType, query: { type: 'workflow.failed,agent.failed' }, found: () => [failed] },
    { by: 'type and time', plan: byType, query: { type: 'execution.*', from, to }, found: () => [failed] },
    {
      by: 'agent, type and time',
      plan: seek('events_agent', ' AND agent_id=\\? AND id<\\?'),
      query: { agent_id, type: 'execution.*', to },
      found: () => [failed, completed],
    },
  ];

  it.each(filters)('are filtered by $by, by an index and without sorting many', async ({ plan, query, found }) => {
    const { answer, asked } = await boundaryCalls(async (calls) => ({
      answer: await list(owner, query),
      asked: calls,
    }));
    expect(idsOf(answer)).toEqual(found().map(({ id }) => id));
    const read = asked.find(({ text }) => text.includes('from "events"'));
    const { results } = await env.DB.prepare(`EXPLAIN QUERY PLAN ${read?.text}`)
      .bind(...(read?.parameters ?? []))
      .all<{ detail: string }>();
    const details = results.map(({ detail }) => detail).join('\n');
    expect(details).toMatch(plan);
    expect(details).not.toMatch(/SCAN (?!wanted|json_each)/);
    if (plan !== byType) expect(details).not.toContain('TEMP B-TREE');
  });

  it('are those that the caller may see', async () => {
    const viewer = await withRole(owner, 'viewer');
    expect(idsOf(await list(viewer))).toEqual([joined, paused, failed, completed].map(({ id }) => id));
    const { key } = await createKey(owner, ['agents:read']);
    expect(idsOf(await list({ key }))).toEqual([paused.id]);
    expect(idsOf(await list({ key }, { type: 'agent.*,execution.*' }))).toEqual([paused.id]);
    expectProblem(await list({ key }, { type: 'execution.*' }), 403, 'forbidden');
    expectProblem(await list({ key: (await createKey(owner, ['secrets:read'])).key }), 403, 'forbidden');
    expectProblem(await list({ key: (await externalAgent(owner)).api_key }), 403, 'forbidden');
  });

  it('are read one by one', async () => {
    const { key } = await createKey(owner, ['agents:read']);
    const { body } = await api<OrganizationEvent>(`/events/${paused.id}`, { key });
    expect(body).toEqual((await list({ key })).body.data[0]);
    expectProblem(await api(`/events/${failed.id}`, { key }), 403, 'forbidden');
    expectProblem(await api(`/events/${paused.id}`, { token: (await signUp()).token }), 404, 'not_found');
    expectProblem(await api(`/events/${newId('event')}`, { token: owner.token }), 404, 'not_found');
  });

  it('refuse filters that name nothing', async () => {
    for (const type of ['execution.paused', 'execution.failed,', 'nothing.*', '', "x' OR '1'='1"]) {
      const problem = expectProblem(await list(owner, { type }), 422, 'validation_failed');
      expect(problem.errors?.[0]).toMatchObject({ path: 'type', message: expect.stringContaining('/event-types') });
    }
    for (const name of ['agent_id', 'project_id', 'from', 'to', 'cursor']) {
      expectProblem(await list(owner, { [name]: "x' OR '1'='1" }), 422, 'validation_failed');
    }
  });
});
