import { env } from 'cloudflare:workers';
import type { ChatAccount, ChatAccountLink } from '@agentflow/contracts';
import { beforeAll, describe, expect, it } from 'vitest';
import { api, createKey, expectProblem, type Member, signUp, withRole } from '../../support/api.ts';
import { chatLinkToken, linkedAccount } from '../../support/chat-links.ts';

let owner: Member;
let viewer: Member;
beforeAll(async () => {
  owner = await signUp();
  viewer = await withRole(owner, 'viewer');
});

const accountsOf = async ({ token }: Member) =>
  (await api<{ data: ChatAccount[] }>('/chat-accounts', { token })).body.data;
const show = ({ token }: Member, link: string) => api<ChatAccountLink>(`/chat-accounts/link?token=${link}`, { token });
const link = ({ token }: Member, body: object) => api<ChatAccount>('/chat-accounts/link', { token, body });
const unlink = ({ token }: Member, id: string) =>
  api(`/chat-accounts/${encodeURIComponent(id)}`, { method: 'DELETE', token });

describe('an account on a chat platform', () => {
  it('is shown before it is connected, is listed for its member alone, and is disconnected by them', async () => {
    const token = await chatLinkToken(owner, {
      account_id: 'U1',
      account_name: 'Dana',
      workspace: 'T9.0123456789abcdef',
    });
    const shown = { platform: 'slack', workspace: 'T9', account_id: 'U1', account_name: 'Dana' };
    expect((await show(viewer, token)).body).toMatchObject({ ...shown, state: 'new' });
    expect(await accountsOf(viewer)).toEqual([]);
    const linked = await link(viewer, { token });
    expect(linked.body).toMatchObject({ id: 'slack:T9.0123456789abcdef:U1', ...shown });
    expect((await show(viewer, token)).body.state).toBe('linked');
    expect((await show(owner, token)).body.state).toBe('taken');
    expect(await accountsOf(viewer)).toEqual([linked.body]);
    expect(await accountsOf(owner)).toEqual([]);
    expect((await link(viewer, { token })).body).toEqual(linked.body);
    expectProblem(await unlink(owner, linked.body.id), 404, 'not_found');
    expect((await unlink(viewer, linked.body.id)).status).toBe(204);
    expectProblem(await unlink(viewer, linked.body.id), 404, 'not_found');
    expect(await accountsOf(viewer)).toEqual([]);
  });

  it('is of one member: of two who connect it at once, one is refused', async () => {
    const token = await chatLinkToken(owner);
    const answers = await Promise.all([link(owner, { token }), link(viewer, { token })]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    const refused = answers.find(({ status }) => status === 409);
    if (refused !== undefined) expectProblem(refused, 409, 'conflict');
    const rows = await env.DB.prepare(
      "SELECT count(*) AS n FROM audit_logs WHERE organization_id = ? AND action = 'chat_account.linked' AND resource_id = ?",
    );
    const id = answers.find(({ status }) => status === 200)?.body.id;
    expect(await rows.bind(owner.organization_id, id).first()).toEqual({ n: 1 });
  });

  it('may be connected again when whoever had it has left', async () => {
    const leaver = await withRole(owner, 'viewer');
    const account = { account_id: 'ULEFT' };
    await linkedAccount(leaver, account);
    const gone = await api(`/org/members/${leaver.user_id}`, { method: 'DELETE', token: owner.token });
    expect(gone.status).toBe(204);
    const left = await env.DB.prepare('SELECT 1 FROM chat_accounts WHERE user_id = ?').bind(leaver.user_id).first();
    expect(left).toBeNull();
    const token = await chatLinkToken(owner, account);
    expect((await show(viewer, token)).body.state).toBe('new');
    expect((await link(viewer, { token })).status).toBe(200);
  });

  it('is connected by no link of another organization, no old, no forged one, and by no key', async () => {
    const other = await signUp();
    const foreign = await chatLinkToken(other);
    for (const answer of [await show(owner, foreign), await link(owner, { token: foreign })]) {
      expect(expectProblem(answer, 403, 'forbidden').detail).toContain('another organization');
    }
    const old = await chatLinkToken(owner, {}, Date.now() - 16 * 60_000);
    expectProblem(await show(owner, old), 410, 'link_expired');
    expectProblem(await link(owner, { token: old }), 410, 'link_expired');
    const forged = `${(await chatLinkToken(owner)).slice(0, -4)}AAAA`;
    expectProblem(await link(owner, { token: forged }), 422, 'validation_failed');
    // Signed by us, and for something else.
    expectProblem(await link(owner, { token: owner.token }), 422, 'validation_failed');
    expectProblem(await link(owner, {}), 422, 'validation_failed');
    const { key } = await createKey(owner, ['org:read']);
    expectProblem(await api('/chat-accounts', { key }), 403, 'forbidden');
    expectProblem(await api('/chat-accounts/link', { key, body: { token: old } }), 403, 'forbidden');
    expect(await accountsOf(other)).toEqual([]);
  });
});
