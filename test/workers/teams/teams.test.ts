import { env } from 'cloudflare:workers';
import type { Team, TeamMember } from '@agentflow/contracts';
import { describe, expect, it } from 'vitest';
import { api, createKey, expectProblem, type Member, signUp, withRole } from '../../support/api.ts';
import { apiWith, audited, databaseWith, joinAs } from '../../support/people.ts';

interface Page<T> {
  readonly data: T[];
  readonly next_cursor: string | null;
}

type Caller = Pick<Member, 'token'>;

const list = ({ token }: Caller, query = '') => api<Page<Team>>(`/org/teams${query}`, { token });
const create = ({ token }: Caller, name: string, description?: string) =>
  api<Team>('/org/teams', { token, body: { name, ...(description === undefined ? {} : { description }) } });
const change = ({ token }: Caller, id: string, body: object) =>
  api<Team>(`/org/teams/${id}`, { token, method: 'PUT', body });
const remove = ({ token }: Caller, id: string) => api(`/org/teams/${id}`, { token, method: 'DELETE' });
const people = ({ token }: Caller, id: string, query = '') =>
  api<Page<TeamMember>>(`/org/teams/${id}/members${query}`, { token });
const add = ({ token }: Caller, id: string, { user_id }: Member) =>
  api(`/org/teams/${id}/members/${user_id}`, { token, method: 'PUT' });
const take = ({ token }: Caller, id: string, { user_id }: Member) =>
  api(`/org/teams/${id}/members/${user_id}`, { token, method: 'DELETE' });

async function teamOf(owner: Caller, name = 'Support'): Promise<Team> {
  const answer = await create(owner, name);
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return answer.body;
}

describe('teams', () => {
  it('are made, changed and deleted by managers and above, and seen by everybody', async () => {
    const owner = await signUp();
    const manager = await withRole(owner, 'manager');
    const viewer = await withRole(owner, 'viewer');
    const made = (await create(manager, ' Support ', 'Answers tickets')).body;
    expect(made).toMatchObject({ name: 'Support', description: 'Answers tickets', member_count: 0 });
    expect((await list(viewer)).body.data).toEqual([made]);
    const changed = await change(manager, made.id, { name: 'First line' });
    expect(changed.body).toEqual({ ...made, name: 'First line', description: '' });
    expect((await list(viewer)).body.data).toEqual([changed.body]);
    for (const role of ['editor', 'developer', 'viewer'] as const) {
      const who = await withRole(owner, role);
      expectProblem(await create(who, 'x'), 403, 'forbidden');
      expectProblem(await change(who, made.id, { name: 'x' }), 403, 'forbidden');
      expectProblem(await remove(who, made.id), 403, 'forbidden');
      expectProblem(await add(who, made.id, viewer), 403, 'forbidden');
      expectProblem(await take(who, made.id, viewer), 403, 'forbidden');
    }
    expect((await remove(manager, made.id)).status).toBe(204);
    expectProblem(await remove(manager, made.id), 404, 'not_found');
    expectProblem(await change(manager, made.id, { name: 'x' }), 404, 'not_found');
    expect((await list(viewer)).body.data).toEqual([]);
    expect(await audited(owner.organization_id, 'team')).toMatchObject([
      { action: 'team.created', actor_id: manager.user_id, resource_id: made.id, details: { name: 'Support' } },
      { action: 'team.updated', details: { name: 'First line', previous_name: 'Support' } },
      { action: 'team.deleted', details: { name: 'First line' } },
    ]);
  });

  it.each([
    ['letter case', 'Support', 'sUPPORT'],
    ['width', 'Support', '\uff33upport'],
    ['the Kelvin sign', 'Kim', '\u212aim'],
    ['composition', 'Caf\u00e9', 'Cafe\u0301'],
  ])('are not told apart by %s', async (_name, first, second) => {
    const owner = await signUp();
    const team = await teamOf(owner, first);
    const other = await teamOf(owner, 'Other');
    expectProblem(await create(owner, second), 409, 'name_taken');
    expectProblem(await change(owner, other.id, { name: second }), 409, 'name_taken');
    expect((await change(owner, team.id, { name: second })).body.name).toBe(second);
    expect((await create(await signUp(), first)).status).toBe(201);
  });

  it('of one name are made once, by however many at once', async () => {
    const owner = await signUp();
    const answers = await Promise.all([create(owner, 'Race'), create(owner, 'race'), create(owner, 'RACE')]);
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409]);
    expect(await audited(owner.organization_id, 'team')).toHaveLength(1);
  });

  it('are made once for one idempotency key', async () => {
    const owner = await signUp();
    const options = { token: owner.token, body: { name: 'Once' }, headers: { 'idempotency-key': 'k' } };
    const first = await api<Team>('/org/teams', options);
    expect((await api<Team>('/org/teams', options)).body).toEqual(first.body);
  });

  it.each([
    [{}, 'name'],
    [{ name: '   ' }, 'name'],
    [{ name: 'x'.repeat(1000) }, 'name'],
    [{ name: 'x', description: 'x'.repeat(501) }, 'description'],
    [{ name: 'x', members: [] }, ''],
  ])('want a name that will do (%#)', async (body, path) => {
    const { token } = await signUp();
    const problem = expectProblem(await api('/org/teams', { token, body }), 422, 'validation_failed');
    expect(problem.errors?.map((error) => error.path)).toEqual([path]);
  });

  it('are at most 200', async () => {
    const owner = await signUp();
    const insert = env.DB.prepare(
      "INSERT INTO teams (id, organization_id, name, name_key, description, created_at, updated_at) VALUES (?, ?, ?, ?, '', 1, 1)",
    );
    await env.DB.batch(
      Array.from({ length: 199 }, (_, n) =>
        insert.bind(`tem_${n}_${owner.user_id}`, owner.organization_id, `T${n}`, `t${n}`),
      ),
    );
    const answers = await Promise.all([create(owner, 'One'), create(owner, 'Two')]);
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
    expectProblem(await create(owner, 'Three'), 409, 'limit_reached');
  });

  it('come in pages, newest first', async () => {
    const owner = await signUp();
    const made: string[] = [];
    for (const name of ['A', 'B', 'C']) made.push((await teamOf(owner, name)).id);
    const first = await list(owner, '?limit=2');
    const second = await list(owner, `?limit=2&cursor=${first.body.next_cursor}`);
    expect([...first.body.data, ...second.body.data].map(({ id }) => id)).toEqual(made.sort().reverse());
    expect(second.body.next_cursor).toBeNull();
  });

  it('do not exist for strangers', async () => {
    const owner = await signUp();
    const stranger = await signUp();
    const team = await teamOf(owner);
    expectProblem(await change(stranger, team.id, { name: 'x' }), 404, 'not_found');
    expectProblem(await remove(stranger, team.id), 404, 'not_found');
    expectProblem(await people(stranger, team.id), 404, 'not_found');
    expectProblem(await add(stranger, team.id, stranger), 404, 'not_found');
    expectProblem(await take(stranger, team.id, owner), 404, 'not_found');
    expect((await list(stranger)).body.data).toEqual([]);
    expect((await list(owner)).body.data).toEqual([team]);
  });
});

describe("a team's people", () => {
  it('are added and taken out; what is so already changes nothing', async () => {
    const owner = await signUp();
    const member = await withRole(owner, 'developer');
    const team = await teamOf(owner);
    for (let n = 0; n < 2; n++) expect((await add(owner, team.id, member)).status).toBe(204);
    const { body } = await people(member, team.id);
    expect(body.data).toEqual([
      { user: { id: member.user_id, email: member.email, name: 'developer' }, added_at: expect.any(String) },
    ]);
    expect((await list(owner)).body.data[0]?.member_count).toBe(1);
    for (let n = 0; n < 2; n++) expect((await take(owner, team.id, member)).status).toBe(204);
    expect((await people(owner, team.id)).body.data).toEqual([]);
    const rows = (await audited(owner.organization_id, 'team')).slice(1);
    expect(rows).toMatchObject([
      { action: 'team.member_added', resource_id: team.id, details: { name: 'Support', user_id: member.user_id } },
      { action: 'team.member_removed', resource_id: team.id, details: { user_id: member.user_id } },
    ]);
  });

  it('are members of the organization, and nobody else', async () => {
    const owner = await signUp();
    const stranger = await signUp();
    const team = await teamOf(owner);
    expectProblem(await add(owner, team.id, stranger), 404, 'not_found');
    expectProblem(await take(owner, team.id, stranger), 404, 'not_found');
    expectProblem(
      await api(`/org/teams/${team.id}/members/x`, { token: owner.token, method: 'PUT' }),
      404,
      'not_found',
    );
    expect((await people(owner, team.id)).body.data).toEqual([]);
  });

  it('are added once by several at once', async () => {
    const owner = await signUp();
    const member = await withRole(owner, 'developer');
    const team = await teamOf(owner);
    const answers = await Promise.all(Array.from({ length: 4 }, () => add(owner, team.id, member)));
    expect(answers.map(({ status }) => status)).toEqual([204, 204, 204, 204]);
    expect(await audited(owner.organization_id, 'team')).toHaveLength(2);
  });

  it('come in pages that leave nobody out', async () => {
    const owner = await signUp();
    const team = await teamOf(owner);
    const ids: string[] = [];
    for (let n = 0; n < 3; n++) {
      const member = await withRole(owner, 'viewer');
      await add(owner, team.id, member);
      ids.push(member.user_id);
    }
    const first = await people(owner, team.id, '?limit=2');
    const second = await people(owner, team.id, `?limit=2&cursor=${first.body.next_cursor}`);
    expect([...first.body.data, ...second.body.data].map(({ user }) => user.id)).toEqual(ids.sort().reverse());
  });

  it('leave the teams of an organization with it, and those of others not', async () => {
    const [owner, other] = [await signUp(), await signUp()];
    const member = await withRole(owner, 'developer');
    await joinAs(member, other, 'viewer');
    const [here, there] = [await teamOf(owner), await teamOf(other)];
    await add(owner, here.id, member);
    await add(other, there.id, member);
    const path = `/org/members/${member.user_id}`;
    expect((await api(path, { token: owner.token, method: 'DELETE' })).status).toBe(204);
    expect((await people(owner, here.id)).body.data).toEqual([]);
    expect((await people(other, there.id)).body.data).toHaveLength(1);
  });

  it('are judged by what holds when it is written', async () => {
    const owner = await signUp();
    const [leaver, member] = [await withRole(owner, 'developer'), await withRole(owner, 'developer')];
    const team = await teamOf(owner);
    const put = (DB: D1Database, { user_id }: Member) =>
      apiWith({ DB }, `/org/teams/${team.id}/members/${user_id}`, { token: owner.token, method: 'PUT' });
    const leave = databaseWith(() => api(`/org/members/${leaver.user_id}`, { token: owner.token, method: 'DELETE' }));
    expectProblem(await put(leave, leaver), 404, 'not_found');
    const already = await put(
      databaseWith(() => add(owner, team.id, member)),
      member,
    );
    expect(already.status).toBe(204);
    expect((await people(owner, team.id)).body.data).toHaveLength(1);
    const options = { token: owner.token, method: 'PUT', body: { name: 'Late' } };
    const gone = databaseWith(() => remove(owner, team.id));
    expectProblem(await apiWith({ DB: gone }, `/org/teams/${team.id}`, options), 404, 'not_found');
    const actions = (await audited(owner.organization_id, 'team')).map(({ action }) => action);
    expect(actions).toEqual(['team.created', 'team.member_added', 'team.deleted']);
  });

  it('never hold somebody who was removed at the same moment', async () => {
    for (let round = 0; round < 3; round++) {
      const owner = await signUp();
      const member = await withRole(owner, 'developer');
      const team = await teamOf(owner);
      await Promise.all([
        add(owner, team.id, member),
        api(`/org/members/${member.user_id}`, { token: owner.token, method: 'DELETE' }),
      ]);
      expect((await people(owner, team.id)).body.data).toEqual([]);
    }
  });

  it('go with their team, and stay members of the organization', async () => {
    const owner = await signUp();
    const member = await withRole(owner, 'developer');
    const team = await teamOf(owner);
    await add(owner, team.id, member);
    expect((await remove(owner, team.id)).status).toBe(204);
    const left = await env.DB.prepare('SELECT user_id FROM team_members WHERE team_id = ?').bind(team.id).all();
    expect(left.results).toEqual([]);
    expect((await api('/auth/me', { token: member.token })).status).toBe(200);
  });

  it('can be set by a key with the scope', async () => {
    const owner = await signUp();
    const team = await teamOf(owner);
    const path = `/org/teams/${team.id}/members/${owner.user_id}`;
    const { key } = await createKey(owner, ['teams:manage']);
    expect((await api(path, { key, method: 'PUT' })).status).toBe(204);
    const { key: reader } = await createKey(owner, ['members:read']);
    expectProblem(await api(path, { key: reader, method: 'DELETE' }), 403, 'forbidden');
  });
});
