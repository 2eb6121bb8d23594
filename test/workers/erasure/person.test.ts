import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import type { Execution, PersonErasure, Role } from '@agentflow/contracts';
import { describe, expect, it } from 'vitest';
import { executionObject } from '../../../durable-objects/execution/client.ts';
import { organizationDesk } from '../../../durable-objects/organization/client.ts';
import { globalDb } from '../../../workers/db/client.ts';
import { forgetMemberships } from '../../../workers/domains/accounts/index.ts';
import { forgetPerson } from '../../../workers/domains/erasure/index.ts';
import { guardPlan, isPlanOutdated, type PersonPlan } from '../../../workers/domains/erasure/person-queries.ts';
import { newId } from '../../../workers/platform/ids.ts';
import { agentNode, publishedAgent, runToEnd } from '../../support/agents.ts';
import { api, createKey, expectProblem, type Member, PASSWORD, signUp, withRole } from '../../support/api.ts';
import { deliveriesOf, detailOf, target } from '../../support/deliveries.ts';
import { eventually } from '../../support/eventually.ts';
import {
  deskStub,
  drain,
  EMPTY,
  erasePerson,
  executionStub,
  jobsOf,
  listedExecutions,
  open,
  rowsOf,
  storageOf,
  turn,
  waiting,
  withPassword,
} from './erasing.ts';

const manual = agentNode('start', 'trigger.manual');

async function join(person: Member, organization: Member, role: Role): Promise<void> {
  await env.DB.prepare('INSERT INTO memberships VALUES (?, ?, ?, 1)')
    .bind(organization.organization_id, person.user_id, role)
    .run();
}

async function nameOf(organizationId: string): Promise<string> {
  const row = await env.DB.prepare('SELECT name FROM organizations WHERE id = ?').bind(organizationId).first();
  return String(row?.name);
}

async function isThere(person: Member): Promise<boolean> {
  return (await env.DB.prepare('SELECT 1 FROM users WHERE id = ?').bind(person.user_id).first()) !== null;
}

const preview = (person: Member) => api<PersonErasure>('/auth/me/erasure', { token: person.token });

async function actorNames(organizationId: string): Promise<string[]> {
  const { results } = await env.DB.prepare(
    'SELECT DISTINCT actor_name FROM executions WHERE organization_id = ? ORDER BY 1',
  )
    .bind(organizationId)
    .all<{ actor_name: string }>();
  return results.map(({ actor_name }) => actor_name);
}

/** Somebody who is a member of another's organization, with nothing of their own. */
async function memberOf(owner: Member, role: Role): Promise<Member> {
  return withPassword(await withRole(owner, role), owner);
}

describe('asking for the erasure of oneself', () => {
  it('shows what becomes of every organization', async () => {
    const person = await signUp();
    const [goesOn, wouldBeAlone, formerly] = [await signUp(), await signUp(), await signUp()];
    await join(person, goesOn, 'editor');
    await join(person, wouldBeAlone, 'owner');
    await env.DB.prepare("UPDATE memberships SET role = 'admin' WHERE user_id = ?").bind(wouldBeAlone.user_id).run();
    const agent = await publishedAgent(goesOn, { nodes: [manual], edges: [] });
    await listedExecutions({ ...person, organization_id: goesOn.organization_id }, agent.id, 3);
    const own = await publishedAgent(person, { nodes: [manual], edges: [] });
    await listedExecutions(person, own.id, 2);
    const { body } = await preview(person);
    expect(body).toMatchObject({ confirm: person.email, sessions: 1, executions: 3 });
    expect(Object.fromEntries(body.organizations.map(({ id, effect }) => [id, effect]))).toEqual({
      [person.organization_id]: 'erased',
      [goesOn.organization_id]: 'left',
      [wouldBeAlone.organization_id]: 'blocked',
    });
    expect(JSON.stringify(body)).not.toContain(formerly.organization_id);
  });

  it('is refused, with nothing done, while an organization would lose its last owner', async () => {
    const person = await signUp({ organization_name: 'Needs an owner' });
    const other = await memberOf(person, 'admin');
    const problem = expectProblem(await erasePerson(person), 409, 'last_owner');
    expect(problem.detail).toContain('Needs an owner');
    expect(await isThere(person)).toBe(true);
    expect(await jobsOf(person.organization_id)).toEqual([]);
    expect((await api('/org', { token: person.token })).status).toBe(200);
    const body = { role: 'owner' };
    const path = `/org/members/${other.user_id}/role`;
    expect((await api(path, { method: 'PUT', token: person.token, body })).status).toBe(200);
    expect((await erasePerson(person)).status).toBe(204);
    expect(await isThere(person)).toBe(false);
    await drain(person.organization_id);
    expect((await rowsOf(person.organization_id)).organizations).toBe(1);
  });

  it('takes the address in any spelling, and the password; no API key', async () => {
    const owner = await signUp();
    const person = await memberOf(owner, 'viewer');
    const { key } = await createKey(owner, ['org:read']);
    const body = { confirm: owner.email, password: PASSWORD };
    expectProblem(await api('/auth/me', { method: 'DELETE', key, body }), 403, 'forbidden');
    expectProblem(await api('/auth/me/erasure', { key }), 403, 'forbidden');
    expectProblem(await api('/auth/me', { method: 'DELETE', body }), 401, 'unauthenticated');
    const problem = expectProblem(await erasePerson(person, { confirm: owner.email }), 422, 'validation_failed');
    expect(problem.errors?.map(({ path }) => path)).toEqual(['confirm']);
    expectProblem(await erasePerson(person, { password: 'wrong' }), 401, 'invalid_credentials');
    expect(await isThere(person)).toBe(true);
    expect((await erasePerson(person, { confirm: ` ${person.email.toUpperCase()} ` })).status).toBe(204);
    expect(await isThere(person)).toBe(false);
    expectProblem(await erasePerson(person), 401, 'unauthenticated');
  });
});

describe('an erased person', () => {
  it('is gone with their sessions; organizations go on, and what nobody else is in goes too', async () => {
    const person = await signUp();
    const team = await signUp();
    await join(person, team, 'editor');
    const now = Date.now();
    await env.DB.batch([
      env.DB.prepare("INSERT INTO teams VALUES ('tem_' || ?, ?, 'T', 't', '', 1, 1)").bind(
        team.user_id,
        team.organization_id,
      ),
      env.DB.prepare("INSERT INTO team_members VALUES ('tem_' || ?, ?, ?, 1)").bind(
        team.user_id,
        person.user_id,
        team.organization_id,
      ),
      env.DB.prepare("INSERT INTO chat_accounts VALUES (?, 'slack', 'T1', 'U1', 'ada', ?, 1)").bind(
        team.organization_id,
        person.user_id,
      ),
      ...[person.email, 'somebody.else@example.com'].map((email) =>
        env.DB.prepare("INSERT INTO invitations VALUES (?, ?, ?, 'viewer', ?, ?, 'shown', 1, ?, NULL, NULL)").bind(
          newId('invitation'),
          team.organization_id,
          email,
          crypto.randomUUID(),
          person.user_id,
          now + 1e6,
        ),
      ),
    ]);
    const { id: own, name } = await waiting(person);
    expect((await erasePerson(person)).status).toBe(204);
    expectProblem(await api('/auth/me', { token: person.token }), 401, 'unauthenticated');
    const login = await api('/auth/login', { body: { email: person.email, password: PASSWORD } });
    expectProblem(login, 401, 'invalid_credentials');
    for (const table of ['memberships', 'team_members', 'sessions', 'chat_accounts']) {
      const row = await env.DB.prepare(`SELECT count(*) AS n FROM ${table} WHERE user_id = ?`)
        .bind(person.user_id)
        .first();
      expect([table, row?.n]).toEqual([table, 0]);
    }
    const invited = await env.DB.prepare('SELECT email FROM invitations WHERE organization_id = ?')
      .bind(team.organization_id)
      .all();
    expect(invited.results).toEqual([{ email: 'somebody.else@example.com' }]);

    await drain(person.organization_id);
    await drain(team.organization_id);
    expect(Object.values(await rowsOf(person.organization_id)).filter((count) => count !== 0)).toEqual([]);
    expect(await storageOf(executionStub(own))).toEqual(EMPTY);
    expect(await storageOf(deskStub(person.organization_id))).toEqual(EMPTY);
    await open(name);
    expect((await api('/org/members', { token: team.token })).status).toBe(200);
    const again = await signUp({ email: person.email });
    expect((await api('/auth/me', { token: again.token })).status).toBe(200);
  });

  it('is no longer named by executions, running ones included, nor traced by the audit log', async () => {
    const owner = await signUp();
    const person = await memberOf(owner, 'admin');
    await env.DB.prepare("UPDATE users SET name = 'Ada Person' WHERE id = ?").bind(person.user_id).run();
    const agent = await publishedAgent(person, { nodes: [manual], edges: [] });
    const { key } = await createKey(person, ['agents:read']);
    const { webhook } = await target(owner, { events: ['execution.completed', 'member.*'] }, { kind: 'echo' });
    const ended = await runToEnd(person, agent.id);
    const running = await waiting(person);
    const others = await runToEnd(owner, agent.id);
    await eventually(async () => (await rowsOf(owner.organization_id)).executions === 3);
    const details = JSON.stringify({ email: person.email, role: 'admin' });
    for (const email of [details, JSON.stringify({ email: `x${person.email}`, role: 'admin' })]) {
      await env.DB.prepare(
        "INSERT INTO audit_logs VALUES (?, ?, 1, 'user', ?, 'invitation.created', 'invitation', 'x', ?, '203.0.113.9', 'curl', 'r')",
      )
        .bind(newId('audit'), owner.organization_id, owner.user_id, email)
        .run();
    }
    expect(await actorNames(owner.organization_id)).toContain('admin');
    const shown = async () => {
      const deliveries = await deliveriesOf(owner, webhook, (all) => all.every(({ status }) => status === 'delivered'));
      return (await Promise.all(deliveries.map((each) => detailOf(owner, each)))).filter(({ request_body }) =>
        request_body?.includes(person.user_id),
      );
    };
    await eventually(async () => (await shown()).length > 0);

    expect((await erasePerson(person)).status).toBe(204);
    await drain(owner.organization_id);

    const actor = { type: 'user', id: person.user_id, name: 'Former member' };
    await evictDurableObject(executionStub(ended.id));
    for (const { id } of [ended, running]) {
      const { body } = await api<Execution>(`/executions/${id}`, { token: owner.token });
      expect(body.triggered_by).toEqual(actor);
    }
    expect((await api<Execution>(`/executions/${others.id}`, { token: owner.token })).body.triggered_by).toEqual(
      others.triggered_by,
    );
    expect(await actorNames(owner.organization_id)).toEqual(['Former member', others.triggered_by.name].sort());
    const sent = await shown();
    expect(sent.map(({ event_type }) => event_type).sort()).toEqual(['execution.completed', 'member.removed']);
    for (const { request_body, attempts_made, event_type } of sent) {
      expect(request_body).not.toContain(person.email);
      if (event_type === 'execution.completed') {
        expect(JSON.parse(request_body ?? '').data.triggered_by).toEqual(actor);
        expect(attempts_made.map(({ response_body }) => response_body)).toEqual([null]);
      }
    }
    await open(running.name);
    await eventually(async () => {
      const row = await env.DB.prepare('SELECT status, actor_name FROM executions WHERE id = ?')
        .bind(running.id)
        .first();
      return row?.status === 'completed' && row.actor_name === 'Former member';
    });

    const { results } = await env.DB.prepare(
      'SELECT action, actor_id, ip, user_agent, details FROM audit_logs WHERE organization_id = ?',
    )
      .bind(owner.organization_id)
      .all<{ action: string; actor_id: string; ip: string; user_agent: string; details: string }>();
    const theirs = results.filter(({ actor_id }) => actor_id === person.user_id);
    expect(theirs.map(({ action }) => action)).toEqual(
      expect.arrayContaining(['agent.created', 'api_key.created', 'member.erased']),
    );
    for (const row of theirs) expect(row).toMatchObject({ ip: '', user_agent: '' });
    expect(theirs.find(({ action }) => action === 'member.erased')?.details).toBe('{}');
    const invitations = results.filter(({ action }) => action === 'invitation.created');
    expect(invitations.map((row) => JSON.parse(row.details).email).sort()).toEqual([null, `x${person.email}`].sort());
    expect(invitations.map(({ ip }) => ip)).toEqual(['203.0.113.9', '203.0.113.9']);
    expect((await api('/agents', { key })).status).toBe(200);
    expect(JSON.stringify(await jobsOf(owner.organization_id))).toBe('[]');
  });

  it('is forgotten where they were a member once', async () => {
    const owner = await signUp();
    const person = await signUp();
    await join(person, owner, 'editor');
    const agent = await publishedAgent(owner, { nodes: [manual], edges: [] });
    await listedExecutions({ ...person, organization_id: owner.organization_id }, agent.id, 2);
    await env.DB.prepare('DELETE FROM memberships WHERE user_id = ? AND organization_id = ?')
      .bind(person.user_id, owner.organization_id)
      .run();
    expect((await erasePerson(person)).status).toBe(204);
    await drain(owner.organization_id);
    expect(await actorNames(owner.organization_id)).toEqual(['Former member']);
    const { results } = await env.DB.prepare(
      "SELECT 1 FROM audit_logs WHERE organization_id = ? AND action = 'member.erased'",
    )
      .bind(owner.organization_id)
      .all();
    expect(results).toEqual([]);
  });

  it('is forgotten by an execution whose start is still on its way', async () => {
    const owner = await signUp();
    const person = await memberOf(owner, 'editor');
    const agent = await publishedAgent(owner, { nodes: [manual], edges: [] });
    const executionId = newId('execution');
    const admission = await organizationDesk(env.ORGANIZATION, owner.organization_id).admit({
      organization_id: owner.organization_id,
      caller: { kind: 'user', user_id: person.user_id, name: 'Ada Person' },
      permission: 'agents:execute',
      agent_id: agent.id,
      version: null,
      mode: 'live',
      execution_id: executionId,
      idempotency: null,
      ip: '',
    });
    if (admission.outcome !== 'allow') throw new Error('not admitted');
    expect((await erasePerson(person)).status).toBe(204);
    await eventually(async () => {
      await turn(owner.organization_id);
      return ((await jobsOf(owner.organization_id))[0]?.attempts ?? 0) >= 1;
    });
    await executionObject(env.EXECUTION, executionId).start({
      organization_id: owner.organization_id,
      execution_id: executionId,
      agent_id: agent.id,
      agent_name: 'Late',
      version: 1,
      definition: JSON.stringify({ nodes: [manual], edges: [] }),
      mode: 'live',
      trigger: 'manual',
      triggered_by: admission.caller,
      input: {},
      project_id: null,
      lineage: null,
      lease_id: admission.lease_id,
      start_by: admission.start_by,
      traceparent: `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`,
      request_id: 'req_test',
      wait_seconds: 0,
    });
    await eventually(async () => (await rowsOf(owner.organization_id)).executions === 1);
    await drain(owner.organization_id);
    const { body } = await api<Execution>(`/executions/${executionId}`, { token: owner.token });
    expect(body.triggered_by.name).toBe('Former member');
    expect(await actorNames(owner.organization_id)).toEqual(['Former member']);
  });
});

describe("a person's erasure goes on", () => {
  it('when the request died after D1 was written, in pages, through evictions', async () => {
    const owner = await signUp();
    const person = await memberOf(owner, 'editor');
    const agent = await publishedAgent(owner, { nodes: [manual], edges: [] });
    await listedExecutions(person, agent.id, 120);
    const subject = { kind: 'person' as const, subject: person.user_id, email: person.email };
    await organizationDesk(env.ORGANIZATION, owner.organization_id).expectErasure(owner.organization_id, subject);
    await turn(owner.organization_id);
    expect(await jobsOf(owner.organization_id)).toMatchObject([{ stage: 'intended' }]);
    await env.DB.batch([
      env.DB.prepare('DELETE FROM memberships WHERE user_id = ?').bind(person.user_id),
      env.DB.prepare('DELETE FROM sessions WHERE user_id = ?').bind(person.user_id),
      env.DB.prepare('DELETE FROM users WHERE id = ?').bind(person.user_id),
    ]);
    forgetMemberships({ user_id: person.user_id });
    const asked: number[] = [];
    const gone = { id: person.user_id, email: person.email };
    const page = await forgetPerson(env, owner.organization_id, gone, '', async (ids) => {
      asked.push(ids.length);
      return new Set(ids.slice(1));
    });
    expect([asked, page.done, page.failed]).toEqual([[50], false, true]);
    await drain(owner.organization_id, () => evictDurableObject(deskStub(owner.organization_id)));
    expect(await actorNames(owner.organization_id)).toEqual(['Former member']);
    expect((await api('/org', { token: owner.token })).status).toBe(200);
  });

  it('when an execution does not answer, and finds it later', async () => {
    const owner = await signUp();
    const person = await memberOf(owner, 'editor');
    const agent = await publishedAgent(owner, { nodes: [manual], edges: [] });
    const { id } = await runToEnd(person, agent.id);
    await eventually(async () => (await rowsOf(owner.organization_id)).executions === 1);
    const stub = executionStub(id);
    const facts = await runInDurableObject(stub, (_object, { storage }) => {
      const row = storage.sql.exec<{ facts: string }>('SELECT facts FROM execution').one();
      storage.sql.exec("UPDATE execution SET facts = 'broken'");
      return row.facts;
    });
    await evictDurableObject(stub);
    expect((await erasePerson(person)).status).toBe(204);
    await eventually(async () => {
      await turn(owner.organization_id);
      return ((await jobsOf(owner.organization_id))[0]?.attempts ?? 0) >= 2;
    });
    expect(await actorNames(owner.organization_id), 'the row is what it is found by').toEqual(['editor']);
    await runInDurableObject(stub, (_object, { storage }) => {
      storage.sql.exec('UPDATE execution SET facts = ?', facts);
    });
    await drain(owner.organization_id);
    const { body } = await api<Execution>(`/executions/${id}`, { token: owner.token });
    expect(body.triggered_by.name).toBe('Former member');
    expect(await actorNames(owner.organization_id)).toEqual(['Former member']);
  });

  it('beside what else the desk has to do', async () => {
    const owner = await signUp();
    const person = await memberOf(owner, 'editor');
    expect((await erasePerson(person)).status).toBe(204);
    const { key } = await createKey(owner, ['agents:read']);
    expect((await api('/agents', { key })).status).toBe(200);
    await runDurableObjectAlarm(deskStub(owner.organization_id));
    expect((await runToEnd(owner, (await publishedAgent(owner, { nodes: [manual], edges: [] })).id)).status).toBe(
      'completed',
    );
    await drain(owner.organization_id);
  });
});

describe('erasures at the same time', () => {
  it('never leave an organization with members and no owner', async () => {
    for (let round = 0; round < 4; round++) {
      const one = await signUp();
      const two = await memberOf(one, 'owner');
      await withRole(one, 'viewer');
      const answers = await Promise.all([erasePerson(one), erasePerson(two)]);
      expect(answers.map(({ status }) => status).sort()).toEqual([204, 409]);
      const { results } = await env.DB.prepare('SELECT role FROM memberships WHERE organization_id = ? ORDER BY role')
        .bind(one.organization_id)
        .all();
      expect(results).toEqual([{ role: 'owner' }, { role: 'viewer' }]);
      await drain(one.organization_id);
      expect((await rowsOf(one.organization_id)).organizations).toBe(1);
    }
  });

  it('are written only while the memberships and the password are those that were decided on', async () => {
    const person = await signUp();
    const team = await signUp();
    await join(person, team, 'owner');
    const user = await env.DB.prepare('SELECT password_hash FROM users WHERE id = ?').bind(person.user_id).first();
    const plan: PersonPlan = {
      user_id: person.user_id,
      password_hash: String(user?.password_hash),
      left: [team.organization_id],
      erased: [person.organization_id],
    };
    const database = globalDb(env);
    const holds = async (changed: Partial<PersonPlan> = {}) => {
      try {
        await database.batch([...guardPlan(database, { ...plan, ...changed })]);
        return true;
      } catch (error) {
        expect(isPlanOutdated(error)).toBe(true);
        return false;
      }
    };
    expect(await holds()).toBe(true);
    expect(await holds({ password_hash: 'changed' })).toBe(false);
    expect(await holds({ left: [], erased: [person.organization_id] })).toBe(false);
    expect(await holds({ left: [person.organization_id], erased: [team.organization_id] })).toBe(false);
    await env.DB.prepare("UPDATE memberships SET role = 'admin' WHERE user_id = ?").bind(team.user_id).run();
    expect(await holds(), 'the other owner is none any more').toBe(false);
    await env.DB.prepare("UPDATE memberships SET role = 'viewer' WHERE user_id = ? AND organization_id = ?")
      .bind(person.user_id, team.organization_id)
      .run();
    expect(await holds()).toBe(true);
    const newcomer = await withRole(person, 'owner');
    expect(await holds(), 'somebody has joined the organization that would go').toBe(false);
    await env.DB.prepare('DELETE FROM memberships WHERE user_id = ?').bind(newcomer.user_id).run();
    expect(await holds()).toBe(true);
  });

  it('of the last two members take the organization with the second', async () => {
    const one = await signUp();
    const two = await memberOf(one, 'owner');
    const answers = await Promise.all([erasePerson(one), erasePerson(two)]);
    expect(answers.map(({ status }) => status)).toEqual([204, 204]);
    await drain(one.organization_id);
    expect(Object.values(await rowsOf(one.organization_id)).filter((count) => count !== 0)).toEqual([]);
    expect(await storageOf(deskStub(one.organization_id))).toEqual(EMPTY);
    expect([await isThere(one), await isThere(two)]).toEqual([false, false]);
  });

  it('of one person, twice, tell it once', async () => {
    const owner = await signUp();
    const person = await memberOf(owner, 'editor');
    const answers = await Promise.all([erasePerson(person), erasePerson(person)]);
    for (const { status } of answers) expect([204, 401]).toContain(status);
    const row = await env.DB.prepare(
      "SELECT count(*) AS n FROM audit_logs WHERE organization_id = ? AND action = 'member.erased'",
    )
      .bind(owner.organization_id)
      .first();
    expect(row?.n).toBe(1);
    await drain(owner.organization_id);
  });

  it('with somebody who joins meanwhile never take that person’s organization away', async () => {
    for (let round = 0; round < 4; round++) {
      const person = await signUp();
      const newcomer = await signUp();
      const [answer] = await Promise.all([erasePerson(person), join(newcomer, person, 'viewer').catch(() => null)]);
      const { results } = await env.DB.prepare('SELECT 1 FROM memberships WHERE organization_id = ?')
        .bind(person.organization_id)
        .all();
      if (answer.status === 409) expect(results).toHaveLength(2);
      else expect(answer.status).toBe(204);
      expect(await nameOf(newcomer.organization_id)).not.toBe('undefined');
    }
  });
});
