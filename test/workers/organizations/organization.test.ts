import { env } from 'cloudflare:workers';
import type { Organization } from '@agentflow/contracts';
import { describe, expect, it } from 'vitest';
import { changeOrganization } from '../../../workers/domains/organizations/change-organization.ts';
import { api, createKey, expectProblem, type Member, signUp, withRole } from '../../support/api.ts';
import { contextOf } from '../agents/request-context.ts';

const read = (who: Member) => api<Organization>('/org', { token: who.token });
const etagOf = (answer: { headers: Headers }) => answer.headers.get('etag') ?? '';
const rename = (who: Member, name: string, ifMatch?: string) =>
  api<Organization>('/org', {
    method: 'PUT',
    token: who.token,
    body: { name },
    headers: ifMatch === undefined ? {} : { 'if-match': ifMatch },
  });
const changes = async (who: Member) =>
  (
    await env.DB.prepare(
      "SELECT actor_id, details FROM audit_logs WHERE organization_id = ? AND action = 'organization.updated' ORDER BY id",
    )
      .bind(who.organization_id)
      .all<{ actor_id: string; details: string }>()
  ).results;

describe('the organization', () => {
  it('is renamed, keeps its slug, and tells who did it', async () => {
    const owner = await signUp({ organization_name: 'Before' });
    const before = await read(owner);
    const answer = await rename(owner, '  After ', etagOf(before));
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ ...before.body, name: 'After' });
    const after = await read(owner);
    expect(after.body).toEqual(answer.body);
    expect(etagOf(after)).toBe(etagOf(answer));
    expect(etagOf(after)).not.toBe(etagOf(before));
    expect((await changes(owner)).map(({ actor_id, details }) => ({ actor_id, ...JSON.parse(details) }))).toEqual([
      { actor_id: owner.user_id, name: 'After', previous_name: 'Before' },
    ]);
  });

  it('is not overwritten by the second of two admins, one after the other', async () => {
    const owner = await signUp();
    const admin = await withRole(owner, 'admin');
    const [seen, alsoSeen] = [etagOf(await read(owner)), etagOf(await read(admin))];
    expect((await rename(owner, 'First', seen)).status).toBe(200);
    const late = await rename(admin, 'Second', alsoSeen);
    expectProblem(late, 412, 'precondition_failed');
    expect(etagOf(late)).toBe(etagOf(await read(owner)));
    expect((await read(owner)).body.name).toBe('First');
    expect((await rename(admin, 'Second', etagOf(late))).status).toBe(200);
  });

  it('lets one of several win that save at once, and leaves one audit row', async () => {
    const owner = await signUp();
    const seen = etagOf(await read(owner));
    const answers = await Promise.all(['A', 'B', 'C', 'D'].map((name) => rename(owner, name, seen)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 412, 412, 412]);
    expect(await changes(owner)).toHaveLength(1);
  });

  it('is not overwritten when somebody saves between the check of the tag and the write', async () => {
    const owner = await signUp();
    const seen = etagOf(await read(owner));
    const ctx = contextOf({ organizationId: owner.organization_id, userId: owner.user_id });
    let other: Promise<unknown> | undefined;
    // The clock is read between the two, so that what it starts reaches the database first.
    const now = () => {
      other ??= env.DB.prepare("UPDATE organizations SET name = 'Theirs', updated_at = updated_at + 1 WHERE id = ?")
        .bind(owner.organization_id)
        .run();
      return Date.now();
    };
    await expect(changeOrganization({ ...ctx, now }, { name: 'Mine' }, seen)).rejects.toMatchObject({
      code: 'precondition_failed',
    });
    await other;
    expect((await read(owner)).body.name).toBe('Theirs');
    expect(await changes(owner)).toEqual([]);
  });

  it('takes a change without a precondition, and gives each a tag of its own', async () => {
    const owner = await signUp();
    const tags = [];
    for (const name of ['A', 'B', 'C']) tags.push(etagOf(await rename(owner, name)));
    expect(new Set(tags).size).toBe(3);
    expect((await rename(owner, 'D', '*')).status).toBe(200);
    expectProblem(await rename(owner, 'E', `W/${etagOf(await read(owner))}`), 412, 'precondition_failed');
  });

  it.each(['', '   ', 'x'.repeat(121)])('refuses the name "%s"', async (name) => {
    const owner = await signUp();
    expectProblem(await rename(owner, name), 422, 'validation_failed');
    expect(await changes(owner)).toEqual([]);
  });

  it('is not changed by those who may not, nor by a stranger who knows its tag', async () => {
    const owner = await signUp({ organization_name: 'Mine' });
    const stranger = await signUp();
    expectProblem(await rename(await withRole(owner, 'manager'), 'x'), 403, 'forbidden');
    const { key } = await createKey(owner, ['org:read']);
    expectProblem(await api('/org', { method: 'PUT', key, body: { name: 'x' } }), 403, 'forbidden');
    expectProblem(await rename(stranger, 'x', etagOf(await read(owner))), 412, 'precondition_failed');
    expect((await read(owner)).body.name).toBe('Mine');
  });
});
