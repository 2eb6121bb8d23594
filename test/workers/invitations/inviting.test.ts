import { env } from 'cloudflare:workers';
import type { Invitation, Role, SentInvitation } from '@agentflow/contracts';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { forgetMemberships } from '../../../workers/domains/accounts/index.ts';
import { sha256Hex } from '../../../workers/platform/digest.ts';
import { api, createKey, expectProblem, type Member, ORIGIN, signUp, withRole } from '../../support/api.ts';
import {
  accept,
  apiWith,
  audited,
  databaseWith,
  invite,
  joinAs,
  logged,
  someAddress,
  tokenOf,
} from '../../support/people.ts';

interface Page {
  readonly data: Invitation[];
  readonly next_cursor: string | null;
}

const DAY_MS = 86_400_000;
const request = (who: { token?: string; key?: string }, email: string, role: Role = 'viewer') =>
  api<SentInvitation>('/org/members/invite', { ...who, body: { email, role } });
const list = ({ token }: Pick<Member, 'token'>, query = '') => api<Page>(`/org/members/invitations${query}`, { token });
const revoke = ({ token }: Pick<Member, 'token'>, id: string) =>
  api(`/org/members/invitations/${id}`, { token, method: 'DELETE' });
const resend = ({ token }: Pick<Member, 'token'>, id: string) =>
  api<SentInvitation>(`/org/members/invitations/${id}/resend`, { token, method: 'POST' });
const details = (token: string) => api(`/org/invitations/${token}`);

function travel(milliseconds: number): void {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + milliseconds });
}

afterEach(() => {
  vi.useRealTimers();
  forgetMemberships();
});

describe('inviting', () => {
  it('makes a link for seven days, of which the database holds the hash alone', async () => {
    const owner = await signUp();
    const email = someAddress();
    const answer = await request(owner, ` ${email.toUpperCase()} `, 'editor');
    expect(answer.status).toBe(201);
    const token = tokenOf(answer.body);
    expect(answer.body).toMatchObject({
      email,
      role: 'editor',
      invited_by: { id: owner.user_id },
      delivery: 'shown',
      link: `${ORIGIN}/invitations/${token}`,
    });
    expect(Date.parse(answer.body.expires_at) - Date.parse(answer.body.created_at)).toBe(7 * DAY_MS);
    const row = await env.DB.prepare('SELECT * FROM invitations WHERE id = ?').bind(answer.body.id).first();
    expect(row).toMatchObject({ token_hash: await sha256Hex(token), organization_id: owner.organization_id });
    const rows = await audited(owner.organization_id, 'invitation');
    expect(rows).toMatchObject([
      { action: 'invitation.created', actor_id: owner.user_id, details: { email, role: 'editor' } },
    ]);
    expect(JSON.stringify([row, rows])).not.toContain(token);
  });

  it('reaches nobody above the caller; a key counts as an admin', async () => {
    const owner = await signUp();
    const admin = await withRole(owner, 'admin');
    const { key } = await createKey(owner, ['members:manage']);
    for (const who of [{ token: admin.token }, { key }]) {
      expectProblem(await request(who, someAddress(), 'owner'), 403, 'forbidden');
      expect((await request(who, someAddress(), 'admin')).status).toBe(201);
    }
    expect((await request(owner, someAddress(), 'owner')).status).toBe(201);
    for (const role of ['manager', 'editor', 'developer', 'viewer'] as const) {
      expectProblem(await request(await withRole(owner, role), someAddress()), 403, 'forbidden');
    }
  });

  it('judges the caller by the role of now', async () => {
    const owner = await signUp();
    const admin = await withRole(owner, 'admin');
    expect((await list(admin)).status).toBe(200);
    await env.DB.prepare("UPDATE memberships SET role = 'viewer' WHERE user_id = ?").bind(admin.user_id).run();
    expectProblem(await request(admin, someAddress()), 403, 'forbidden');
    await env.DB.prepare('DELETE FROM memberships WHERE user_id = ?').bind(admin.user_id).run();
    expectProblem(await request(admin, someAddress()), 401, 'unauthenticated');
    expect((await list(owner)).body.data).toEqual([]);
  });

  it('judges the caller and the address by what holds when it is written', async () => {
    const owner = await signUp();
    const admin = await withRole(owner, 'admin');
    const demote = databaseWith(() =>
      env.DB.prepare("UPDATE memberships SET role = 'manager' WHERE user_id = ?").bind(admin.user_id).run(),
    );
    const body = { email: someAddress(), role: 'admin' };
    const options = { token: admin.token, body };
    expectProblem(await apiWith({ DB: demote }, '/org/members/invite', options), 403, 'forbidden');
    const person = await signUp();
    const join = databaseWith(() => joinAs(person, owner, 'viewer'));
    const late = { token: owner.token, body: { email: person.email, role: 'viewer' } };
    expectProblem(await apiWith({ DB: join }, '/org/members/invite', late), 409, 'already_member');
    expect((await list(owner)).body.data).toEqual([]);
  });

  it('refuses members, however their address is written', async () => {
    const owner = await signUp({ email: `kim-${crypto.randomUUID()}@example.com` });
    // U+212A KELVIN SIGN is a k in lower case.
    for (const email of [owner.email, owner.email.toUpperCase(), owner.email.replace('k', '\u212a')]) {
      expectProblem(await request(owner, email), 409, 'already_member');
    }
    expect(await audited(owner.organization_id, 'invitation')).toEqual([]);
  });

  it.each([
    ['Cyrillic', '\u0430nna@example.com'],
    ['full-width', '\uff41nna@example.com'],
    ['without a domain', 'anna'],
    ['with a newline', 'anna@example.com\nBcc: x@example.com'],
    ['of 300 characters', `${'a'.repeat(290)}@example.com`],
  ])('refuses an address that is %s', async (_name, email) => {
    const problem = expectProblem(await request(await signUp(), email), 422, 'validation_failed');
    expect(problem.errors?.[0]?.path).toBe('email');
  });

  it('replaces what is open for the address', async () => {
    const owner = await signUp();
    const email = someAddress();
    const first = await invite(owner, email, 'viewer');
    const second = await invite(owner, email.toUpperCase(), 'editor');
    expectProblem(await details(first.token), 410, 'invitation_gone');
    expect((await details(second.token)).status).toBe(200);
    expect((await list(owner)).body.data.map(({ id }) => id)).toEqual([second.id]);
  });

  it('leaves one link when an address is invited twice at once', async () => {
    const owner = await signUp();
    const email = someAddress();
    const made = await Promise.all([invite(owner, email), invite(owner, email), invite(owner, email)]);
    expect((await list(owner)).body.data).toHaveLength(1);
    const statuses = await Promise.all(made.map(async ({ token }) => (await details(token)).status));
    expect(statuses.sort()).toEqual([200, 410, 410]);
  });

  it('answers a repeated request with the same link', async () => {
    const owner = await signUp();
    const options = {
      token: owner.token,
      body: { email: someAddress(), role: 'viewer' },
      headers: { 'idempotency-key': 'once' },
    };
    const first = await api<SentInvitation>('/org/members/invite', options);
    const again = await api<SentInvitation>('/org/members/invite', options);
    expect(again.body).toEqual(first.body);
    expect((await list(owner)).body.data).toHaveLength(1);
  });

  it('stops at 200 open ones, though one of them may be replaced', async () => {
    const owner = await signUp();
    const now = Date.now();
    const insert = env.DB.prepare(
      "INSERT INTO invitations (id, organization_id, email, role, token_hash, invited_by, delivery, created_at, expires_at) VALUES (?, ?, ?, 'viewer', ?, ?, 'shown', ?, ?)",
    );
    const email = (n: number) => `bulk-${n}-${owner.user_id}@example.com`;
    const rows = Array.from({ length: 199 }, (_, n) =>
      insert.bind(
        `ivt_${String(n).padStart(26, '0')}${owner.user_id}`,
        owner.organization_id,
        email(n),
        `hash-${n}-${owner.user_id}`,
        owner.user_id,
        now,
        now + DAY_MS,
      ),
    );
    await env.DB.batch(rows);
    const attempts = await Promise.all([request(owner, someAddress()), request(owner, someAddress())]);
    expect(attempts.map(({ status }) => status).sort()).toEqual([201, 409]);
    expectProblem(await request(owner, someAddress()), 409, 'limit_reached');
    expect((await request(owner, email(0))).status).toBe(201);
    await env.DB.prepare('UPDATE invitations SET expires_at = ? WHERE organization_id = ? AND email = ?')
      .bind(now - 1, owner.organization_id, email(1))
      .run();
    expect((await request(owner, someAddress())).status).toBe(201);
  });

  it('names the address of the UI in the link where one is set', async () => {
    const owner = await signUp();
    const body = { email: someAddress(), role: 'viewer' };
    const answer = await apiWith<SentInvitation>({ PUBLIC_URL: 'https://ui.example/' }, '/org/members/invite', {
      token: owner.token,
      body,
    });
    expect(answer.body.link).toMatch(/^https:\/\/ui\.example\/invitations\/[\w-]{43}$/);
  });
});

describe('open invitations', () => {
  it('are listed in pages, newest first, to whoever sees members, and without their links', async () => {
    const owner = await signUp();
    const ids: string[] = [];
    for (let n = 0; n < 3; n++) ids.push((await invite(owner, someAddress())).id);
    const viewer = await withRole(owner, 'viewer');
    const first = await list(viewer, '?limit=2');
    const second = await list(viewer, `?limit=2&cursor=${first.body.next_cursor}`);
    const seen = [...first.body.data, ...second.body.data];
    expect(seen.map(({ id }) => id)).toEqual(ids.sort().reverse());
    expect(second.body.next_cursor).toBeNull();
    expect(JSON.stringify(seen)).not.toMatch(/link|token/);
    expect((await list(await signUp())).body.data).toEqual([]);
  });

  it('tell who invited, people and keys', async () => {
    const owner = await signUp();
    const { key, id } = await createKey(owner, ['members:manage', 'members:read'], { name: 'Onboarding' });
    await request({ key }, someAddress());
    const page = await api<Page>('/org/members/invitations', { key });
    expect(page.body.data[0]?.invited_by).toEqual({ id, name: 'Onboarding' });
  });

  it('leave the list when they are accepted, revoked or expired', async () => {
    const owner = await signUp();
    const accepted = await invite(owner, someAddress());
    const revoked = await invite(owner, someAddress());
    expect((await accept(accepted.token, { body: { password: 'a new long password' } })).status).toBe(200);
    expect((await revoke(owner, revoked.id)).status).toBe(204);
    await invite(owner, someAddress());
    expect((await list(owner)).body.data).toHaveLength(1);
    await env.DB.prepare('UPDATE invitations SET expires_at = ? WHERE organization_id = ?')
      .bind(Date.now() - 1, owner.organization_id)
      .run();
    expect((await list(owner)).body.data).toEqual([]);
  });
});

describe('revoking', () => {
  it('ends the link, once, and says so in the audit log', async () => {
    const owner = await signUp();
    const made = await invite(owner, someAddress());
    const answers = await Promise.all([revoke(owner, made.id), revoke(owner, made.id)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 410]);
    expectProblem(await revoke(owner, made.id), 410, 'invitation_gone');
    expectProblem(await details(made.token), 410, 'invitation_gone');
    expectProblem(await accept(made.token, { body: { password: 'a new long password' } }), 410, 'invitation_gone');
    const actions = (await audited(owner.organization_id, 'invitation', 'member')).map(({ action }) => action);
    expect(actions).toEqual(['invitation.created', 'invitation.revoked']);
  });

  it("does not reach another organization's", async () => {
    const made = await invite(await signUp(), someAddress());
    const stranger = await signUp();
    expectProblem(await revoke(stranger, made.id), 404, 'not_found');
    expectProblem(await resend(stranger, made.id), 404, 'not_found');
    expect((await details(made.token)).status).toBe(200);
  });
});

describe('sending again', () => {
  it('makes a new link for seven days more and ends the one before', async () => {
    const owner = await signUp();
    const first = await invite(owner, someAddress());
    travel(6 * DAY_MS);
    const admin = await withRole(owner, 'admin');
    const answer = await resend(admin, first.id);
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    expect(answer.body).toMatchObject({ id: first.id, email: first.email, invited_by: { id: admin.user_id } });
    expect(Date.parse(answer.body.expires_at)).toBeGreaterThanOrEqual(Date.now() + 7 * DAY_MS - 60_000);
    expect(tokenOf(answer.body)).not.toBe(first.token);
    expectProblem(await details(first.token), 404, 'not_found');
    travel(5 * DAY_MS);
    expect((await details(tokenOf(answer.body))).status).toBe(200);
    const actions = (await audited(owner.organization_id, 'invitation')).map(({ action }) => action);
    expect(actions).toEqual(['invitation.created', 'invitation.resent']);
  });

  it('is refused for a role above the caller, and once the invitation is gone', async () => {
    const owner = await signUp();
    const admin = await withRole(owner, 'admin');
    const made = await invite(owner, someAddress(), 'owner');
    expectProblem(await resend(admin, made.id), 403, 'forbidden');
    expect((await details(made.token)).status).toBe(200);
    await revoke(owner, made.id);
    expectProblem(await resend(owner, made.id), 410, 'invitation_gone');
    const other = await invite(owner, someAddress());
    const DB = databaseWith(() => revoke(owner, other.id));
    const late = await apiWith({ DB }, `/org/members/invitations/${other.id}/resend`, { token: owner.token });
    expectProblem(late, 410, 'invitation_gone');
    expectProblem(await resend(owner, `ivt_${'0'.repeat(26)}`), 404, 'not_found');
  });
});

describe('logs', () => {
  it('show the link where no mail can be sent, and its token nowhere else', async () => {
    const owner = await signUp();
    let token = '';
    const lines = await logged(async () => {
      const made = await invite(owner, someAddress());
      token = made.token;
      await details(token);
      await api(`/org/invitations/${token}/typo`);
      await api(`/org/invitations/${token}/accept`, { method: 'PUT', body: {} });
      await api(`//invitations/${token}`, { method: 'POST' });
      await accept(token, { body: { password: 'a new long password' } });
      await accept(token, { body: { password: 'a new long password' } });
    });
    const telling = lines.filter((line) => line.includes(token)).map((line) => JSON.parse(line));
    expect(telling).toMatchObject([{ event: 'mail.not_sent_link_shown', link: `${ORIGIN}/invitations/${token}` }]);
    const paths = lines
      .map((line) => JSON.parse(line))
      .filter(({ event }) => event === 'http.request')
      .map(({ path }) => path);
    expect(paths).toEqual([
      '/api/v1/org/members/invite',
      '/api/v1/org/invitations/:token',
      '/api/*',
      '/api/*',
      '/invitations/:token',
      '/api/v1/org/invitations/:token/accept',
      '/api/v1/org/invitations/:token/accept',
    ]);
  });
});
