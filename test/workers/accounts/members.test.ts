import { env } from 'cloudflare:workers';
import type { Member as MemberBody, Role } from '@agentflow/contracts';
import { describe, expect, it } from 'vitest';
import { forgetMemberships } from '../../../workers/domains/accounts/index.ts';
import { api, createKey, expectProblem, type Member, signUp, withRole } from '../../support/api.ts';

interface Page {
  readonly data: MemberBody[];
  readonly next_cursor: string | null;
}

type Caller = { readonly token: string } | { readonly key: string };

const list = (who: Caller, query = '') => api<Page>(`/org/members${query}`, credential(who));
const setRole = (who: Caller, whom: Member, role: Role) =>
  api<MemberBody>(`/org/members/${whom.user_id}/role`, { method: 'PUT', body: { role }, ...credential(who) });
const remove = (who: Caller, whom: Member) =>
  api(`/org/members/${whom.user_id}`, { method: 'DELETE', ...credential(who) });
const credential = (who: Caller) => ('token' in who ? { token: who.token } : { key: who.key });

async function rolesIn(organizationId: string): Promise<Record<string, string>> {
  const { results } = await env.DB.prepare('SELECT user_id, role FROM memberships WHERE organization_id = ?')
    .bind(organizationId)
    .all<{ user_id: string; role: string }>();
  return Object.fromEntries(results.map(({ user_id, role }) => [user_id, role]));
}

async function audited(whom: Member): Promise<{ action: string; actor_id: string; details: string }[]> {
  const { results } = await env.DB.prepare(
    "SELECT action, actor_id, details FROM audit_logs WHERE organization_id = ? AND resource_type = 'member' AND resource_id = ? ORDER BY id",
  )
    .bind(whom.organization_id, whom.user_id)
    .all<{ action: string; actor_id: string; details: string }>();
  return results;
}

describe('the list of members', () => {
  it('shows who is here with which role, and nobody of another organization', async () => {
    const owner = await signUp();
    const viewer = await withRole(owner, 'viewer');
    await withRole(await signUp(), 'editor');
    const { body } = await list(viewer);
    expect(body.data.map(({ user, role }) => [user.id, user.email, role])).toEqual([
      [viewer.user_id, viewer.email, 'viewer'],
      [owner.user_id, owner.email, 'owner'],
    ]);
    expect(JSON.stringify(body)).not.toContain('password');
  });

  it('comes in pages that leave nobody out', async () => {
    const owner = await signUp();
    for (let n = 0; n < 4; n++) await withRole(owner, 'developer');
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const answer: { body: Page } = await list(owner, `?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`);
      seen.push(...answer.body.data.map(({ user }) => user.id));
      cursor = answer.body.next_cursor;
    }
    expect(seen).toEqual(
      Object.keys(await rolesIn(owner.organization_id))
        .sort()
        .reverse(),
    );
    expectProblem(await list(owner, '?cursor=x'), 422, 'validation_failed');
  });
});

describe('changing a role', () => {
  it('takes effect at once and is told to the audit log', async () => {
    const owner = await signUp();
    const member = await withRole(owner, 'admin');
    expect((await api('/org/api-keys', { token: member.token })).status).toBe(200);
    const answer = await setRole(owner, member, 'viewer');
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ user: { id: member.user_id }, role: 'viewer' });
    expectProblem(await api('/org/api-keys', { token: member.token }), 403, 'forbidden');
    const rows = await audited(member);
    expect(rows.map(({ details, ...row }) => ({ ...row, ...JSON.parse(details) }))).toEqual([
      { action: 'member.role_changed', actor_id: owner.user_id, role: 'viewer', previous_role: 'admin' },
    ]);
  });

  it('to the same role changes nothing', async () => {
    const owner = await signUp();
    const member = await withRole(owner, 'editor');
    expect((await setRole(owner, member, 'editor')).status).toBe(200);
    expect(await audited(member)).toEqual([]);
  });

  it('reaches nobody above the caller, and gives nothing above the caller', async () => {
    const owner = await signUp();
    const admin = await withRole(owner, 'admin');
    const viewer = await withRole(owner, 'viewer');
    const before = await rolesIn(owner.organization_id);
    const { key } = await createKey(owner, ['members:manage']);
    for (const caller of [admin, { key }]) {
      expectProblem(await setRole(caller, owner, 'viewer'), 403, 'forbidden');
      expectProblem(await setRole(caller, viewer, 'owner'), 403, 'forbidden');
      expectProblem(await remove(caller, owner), 403, 'forbidden');
    }
    expectProblem(await setRole(admin, admin, 'owner'), 403, 'forbidden');
    expectProblem(await setRole(await withRole(owner, 'manager'), viewer, 'developer'), 403, 'forbidden');
    expect(await rolesIn(owner.organization_id)).toMatchObject(before);
    expect((await setRole({ key }, viewer, 'admin')).status).toBe(200);
  });

  it('judges the caller by the role of now, not by the one that an isolate remembers', async () => {
    const owner = await signUp();
    const admin = await withRole(owner, 'admin');
    const viewer = await withRole(owner, 'viewer');
    expect((await list(admin)).status).toBe(200);
    await env.DB.prepare("UPDATE memberships SET role = 'viewer' WHERE user_id = ?").bind(admin.user_id).run();
    expectProblem(await setRole(admin, viewer, 'admin'), 403, 'forbidden');
    await env.DB.prepare('DELETE FROM memberships WHERE user_id = ?').bind(admin.user_id).run();
    expectProblem(await setRole(admin, viewer, 'admin'), 401, 'unauthenticated');
    forgetMemberships();
  });

  it('refuses a role that there is not, and a person who is not here', async () => {
    const owner = await signUp();
    const elsewhere = await signUp();
    const body = { role: 'superuser' };
    const path = `/org/members/${owner.user_id}/role`;
    expectProblem(await api(path, { method: 'PUT', token: owner.token, body }), 422, 'validation_failed');
    expectProblem(await setRole(owner, elsewhere, 'viewer'), 404, 'not_found');
    expectProblem(await remove(owner, elsewhere), 404, 'not_found');
    expect(await rolesIn(elsewhere.organization_id)).toEqual({ [elsewhere.user_id]: 'owner' });
  });
});

describe('the last owner', () => {
  it('can be neither demoted nor removed, until there is another', async () => {
    const owner = await signUp();
    const admin = await withRole(owner, 'admin');
    expectProblem(await setRole(owner, owner, 'admin'), 409, 'last_owner');
    expectProblem(await remove(owner, owner), 409, 'last_owner');
    expect(await audited(owner)).toEqual([]);
    expect((await setRole(owner, admin, 'owner')).status).toBe(200);
    expect((await setRole(owner, owner, 'viewer')).status).toBe(200);
    expectProblem(await remove(admin, admin), 409, 'last_owner');
  });

  it.each(['demoted', 'removed'])('stays when two owners are %s at once', async (how) => {
    for (let round = 0; round < 5; round++) {
      const one = await signUp();
      const two = await withRole(one, 'owner');
      const act = (who: Member, whom: Member) => (how === 'demoted' ? setRole(who, whom, 'admin') : remove(who, whom));
      // Each takes their own ownership away: neither can make the other's request a forbidden one.
      const answers = await Promise.all([act(one, one), act(two, two)]);
      expect(answers.map(({ status }) => status).sort()).toEqual([how === 'demoted' ? 200 : 204, 409]);
      const roles = Object.values(await rolesIn(one.organization_id));
      expect(roles.filter((role) => role === 'owner')).toHaveLength(1);
      expect([...(await audited(one)), ...(await audited(two))]).toHaveLength(1);
    }
  });

  it('stays when two owners demote each other at once', async () => {
    for (let round = 0; round < 5; round++) {
      const one = await signUp();
      const two = await withRole(one, 'owner');
      const answers = await Promise.all([setRole(one, two, 'viewer'), setRole(two, one, 'viewer')]);
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 403]);
      expect(Object.values(await rolesIn(one.organization_id)).sort()).toEqual(['owner', 'viewer']);
    }
  });
});

describe('removing a member', () => {
  it('ends their sessions here at once, and leaves those in other organizations', async () => {
    const owner = await signUp();
    const elsewhere = await signUp();
    const member = await withRole(owner, 'developer');
    const now = Date.now();
    await env.DB.prepare('INSERT INTO memberships (organization_id, user_id, role, created_at) VALUES (?, ?, ?, ?)')
      .bind(owner.organization_id, elsewhere.user_id, 'editor', now)
      .run();
    expect((await api('/auth/me', { token: member.token })).status).toBe(200);
    expect((await remove(owner, member)).status).toBe(204);
    expectProblem(await api('/auth/me', { token: member.token }), 401, 'unauthenticated');
    const session = await env.DB.prepare('SELECT revoked_at FROM sessions WHERE id = ?')
      .bind(member.session_id)
      .first<{ revoked_at: number | null }>();
    expect(session?.revoked_at).toBeGreaterThanOrEqual(now);
    expect((await audited(member)).map(({ action }) => action)).toEqual(['member.removed']);
    expectProblem(await remove(owner, member), 404, 'not_found');

    expect((await remove(owner, { ...elsewhere, organization_id: owner.organization_id })).status).toBe(204);
    expect((await api('/auth/me', { token: elsewhere.token })).status).toBe(200);
  });
});
