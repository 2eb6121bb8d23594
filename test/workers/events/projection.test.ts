import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { db } from '../../../workers/db/client.ts';
import { deleteOldEvents } from '../../../workers/domains/events/index.ts';
import { newId } from '../../../workers/platform/ids.ts';
import { type Member, signUp } from '../../support/api.ts';
import { listEvents, logged } from '../../support/events.ts';

async function rows(owner: Member) {
  const { results } = await env.DB.prepare('SELECT * FROM events WHERE organization_id = ? ORDER BY id')
    .bind(owner.organization_id)
    .all<{ id: string; type: string; at: number; agent_id: string | null; project_id: string | null; data: string }>();
  return results;
}

describe('What the desk has logged', () => {
  it('is listed once, however often it is told', async () => {
    const owner = await signUp();
    const [agent_id, project_id] = [newId('agent'), newId('project')];
    const first = logged('execution.failed', { agent_id, project_id, agent_name: 'A "b" \u{1f600} \u0000 \ud800' });
    const second = logged('agent.paused', { agent_id });
    await listEvents(owner, [first]);
    await listEvents(owner, [first, second]);
    const found = await rows(owner);
    expect(found.map(({ id }) => id).sort()).toEqual([first.id, second.id].sort());
    const row = found.find(({ id }) => id === first.id);
    expect(row).toMatchObject({ type: first.type, at: first.at, agent_id, project_id });
    expect(JSON.parse(String(row?.data))).toEqual(first.data);
    await listEvents(owner, []);
  });

  it('is found by what a budget belongs to', async () => {
    const owner = await signUp();
    const [agent, project_id] = [newId('agent'), newId('project')];
    await listEvents(owner, [logged('budget.overrun', { scope: 'agent', id: agent }, 1000)]);
    await listEvents(owner, [logged('budget.overrun', { scope: 'project', id: project_id }, 2000)]);
    await listEvents(owner, [logged('budget.overrun', { scope: 'organization', id: null }, 3000)]);
    expect((await rows(owner)).map((row) => [row.agent_id, row.project_id])).toEqual([
      [agent, null],
      [null, project_id],
      [null, null],
    ]);
  });

  it('has no results of external calls', async () => {
    const owner = await signUp();
    const call = logged('external_agent.invoked', { result: 'secret', result_truncated: false });
    await listEvents(owner, [call]);
    expect((await rows(owner)).map(({ data }) => JSON.parse(data))).toEqual([
      { ...call.data, result: null, result_truncated: true },
    ]);
  });

  it('may be more than one statement takes', async () => {
    const owner = await signUp();
    const many = Array.from({ length: 400 }, () => logged('agent.paused', { agent_name: '€'.repeat(4000) }));
    await listEvents(owner, many);
    expect(await rows(owner)).toHaveLength(400);
  });

  it('goes when it is old, page by page, in its organization alone', async () => {
    const [owner, other] = [await signUp(), await signUp()];
    const now = Date.now();
    const old = [1, 2, 3].map((n) => logged('agent.paused', {}, now - 1000 * n));
    const kept = logged('agent.paused', {}, now);
    await listEvents(owner, [...old, kept]);
    await listEvents(other, [logged('agent.paused', {}, now - 5000)]);
    const database = db(env, owner.organization_id);
    expect(await deleteOldEvents(database, owner.organization_id, now, 2)).toBe(true);
    expect(await deleteOldEvents(database, owner.organization_id, now, 2)).toBe(false);
    expect((await rows(owner)).map(({ id }) => id)).toEqual([kept.id]);
    expect(await rows(other)).toHaveLength(1);
  });
});
