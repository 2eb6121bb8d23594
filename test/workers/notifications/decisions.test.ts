import { env } from 'cloudflare:workers';
import type { Approval, PlatformHealth } from '@agentflow/contracts';
import { describe, expect, it } from 'vitest';
import { agentEdges, agentNode, publishedAgent } from '../../support/agents.ts';
import { api, type Member, signUp, withRole } from '../../support/api.ts';
import { asked, askedOne, askingAgent, ended, getApproval, start } from '../../support/approvals.ts';
import {
  type ButtonChannel,
  connect,
  discordChannel,
  type Presser,
  type Reply,
  slackChannel,
  somebody,
  telegramChannel,
} from '../../support/chat-presses.ts';
import { eventually } from '../../support/eventually.ts';

const CHANNELS: readonly (readonly [string, (owner: Member) => Promise<ButtonChannel>])[] = [
  ['Slack', slackChannel],
  ['Discord', discordChannel],
  ['Telegram', telegramChannel],
];

const isNoted = ({ note }: Reply) => note !== null;
const isUpdated = ({ updated }: Reply) => updated !== null;
const isRefused = ({ status }: Reply) => status !== 200;

const buttonOf = ({ id, action_hash }: Approval, decision = 'approve') =>
  `${decision}:${id}:${action_hash.slice(0, 16)}`;

/** Connects a presser's account to a member, by the link that their first press is answered with. */
async function connected(channel: ButtonChannel, member: Member, approval: Approval): Promise<Presser> {
  const presser = somebody();
  const reply = await channel.press(buttonOf(approval), presser, isNoted);
  expect(reply.updated).toBeNull();
  await connect(member, reply);
  return presser;
}

describe.each(CHANNELS)('an approval on %s', (_name, channelOf) => {
  it('is asked with buttons, and decided by the member whose account presses one', async () => {
    const owner = await signUp();
    const channel = await channelOf(owner);
    const agent = await askingAgent(owner);
    const execution = await start(owner, agent.id);
    const [summary] = await asked(owner, execution.id);
    const approval = await getApproval(owner, summary?.id ?? '');
    const buttons = await channel.asked(approval.id);
    expect(buttons).toEqual({ approve: buttonOf(approval), deny: buttonOf(approval, 'deny') });

    const editor = await withRole(owner, 'editor');
    const dana = somebody('dana');
    const unknown = await channel.press(buttons.approve, dana, isNoted);
    expect(unknown).toMatchObject({ status: 200, updated: null });
    expect((await getApproval(owner, approval.id)).status).toBe('pending');
    await connect(editor, unknown);

    const pressed = await channel.press(buttons.approve, dana, isUpdated);
    expect(pressed.note).toBeNull();
    expect(pressed.updated).toContain('Approved');
    expect(pressed.updated).toContain('editor');
    expect(pressed.updated).not.toContain(buttons.approve);
    const decided = await getApprovalOnce(owner, approval.id);
    expect(decided).toMatchObject({ status: 'approved', decided_by: { type: 'user', id: editor.user_id } });
    expect((await ended(owner, execution.id)).status).toBe('completed');
    const audit = await env.DB.prepare(
      "SELECT * FROM audit_logs WHERE resource_id = ? AND action = 'approval.approved'",
    )
      .bind(approval.id)
      .first();
    expect(audit).toMatchObject({ actor_type: 'user', actor_id: editor.user_id, ip: '' });
    expect(audit?.user_agent).toContain(`dana (${dana.id}`);
    expect(audit?.user_agent).toContain(channel.id);

    const again = await channel.press(buttons.deny, dana, (reply) => isNoted(reply) && isUpdated(reply));
    expect(again.note).toMatch(/approved already by editor/);
    expect(again.updated).toContain('Approved');
    expect((await getApproval(owner, approval.id)).status).toBe('approved');
    const health = await eventually(async () => {
      const { body } = await api<{ data: PlatformHealth[] }>('/notification-channels/health', { token: owner.token });
      return body.data.find(({ platform }) => platform === channel.platform);
    });
    expect(health).toMatchObject({ state: 'healthy', attempts: 1, failed: 0 });
  });

  it('is denied by the other button', async () => {
    const owner = await signUp();
    const channel = await channelOf(owner);
    const approval = await askedOne(owner);
    const presser = await connected(channel, owner, approval);
    const { deny } = await channel.asked(approval.id);
    const pressed = await channel.press(deny, presser, isUpdated);
    expect(pressed.updated).toContain('Denied');
    expect((await getApprovalOnce(owner, approval.id)).status).toBe('denied');
  });

  it('is decided once by two people at once, and both see it', async () => {
    const owner = await signUp();
    const editor = await withRole(owner, 'editor');
    const channel = await channelOf(owner);
    const approval = await askedOne(owner);
    const people = await Promise.all([owner, editor].map((member) => connected(channel, member, approval)));
    const decisions = ['approve', 'deny'] as const;
    const replies = await Promise.all(
      people.map((presser, at) => channel.press(buttonOf(approval, decisions[at]), presser, isUpdated)),
    );
    const { status } = await getApprovalOnce(owner, approval.id);
    const verb = status === 'approved' ? 'Approved' : 'Denied';
    for (const { updated } of replies) expect(updated).toContain(verb);
  });

  it('is not decided by a call that the platform did not sign, nor at another organization', async () => {
    const owner = await signUp();
    const stranger = await signUp();
    const channel = await channelOf(owner);
    const approval = await askedOne(owner);
    const presser = await connected(channel, owner, approval);
    const press = (options: object) => channel.press(buttonOf(approval), presser, isRefused, options);
    expect((await press({ forged: true })).status).toBe(401);
    expect((await press({ organizationId: stranger.organization_id })).status).toBe(404);
    if (channel.platform !== 'telegram') {
      expect((await press({ at: Date.now() - 330_000 })).status).toBe(401);
      expect((await press({ at: Date.now() + 330_000 })).status).toBe(401);
    }
    const theirs = await channelOf(stranger);
    const unknown = await theirs.press(buttonOf(approval), presser, isNoted);
    await connect(stranger, unknown);
    const reply = await theirs.press(buttonOf(approval), presser, isNoted);
    expect(reply).toMatchObject({ updated: null });
    expect(reply.note).toMatch(/not there any more/);
    expect((await getApproval(owner, approval.id)).status).toBe('pending');
  });

  it('is refused in words to whoever may not, and to those who have left', async () => {
    const owner = await signUp();
    const [viewer, editor] = [await withRole(owner, 'viewer'), await withRole(owner, 'editor')];
    const channel = await channelOf(owner);
    const approval = await askedOne(owner);
    const [nobody, leaver] = [await connected(channel, viewer, approval), await connected(channel, editor, approval)];
    expect((await channel.press(buttonOf(approval), nobody, isNoted)).note).toMatch(/role may not decide/);
    const named = await askedOne(owner, { approvers: { users: [viewer.user_id] } });
    expect((await channel.press(buttonOf(named), leaver, isNoted)).note).toMatch(/you are none of them/);
    const own = await askedOne(owner, { self_approval: false });
    const presser = await connected(channel, owner, own);
    expect((await channel.press(buttonOf(own), presser, isNoted)).note).toMatch(/somebody else has to decide/);

    const path = `/org/members/${editor.user_id}`;
    expect((await api(path, { method: 'DELETE', token: owner.token })).status).toBe(204);
    const gone = await channel.press(buttonOf(approval), leaver, isNoted);
    expect(gone.note).toMatch(/not connected/);
    for (const each of [approval, named, own]) expect((await getApproval(owner, each.id)).status).toBe('pending');
    expect(await channel.press(buttonOf(named), nobody, isUpdated)).toMatchObject({ note: null });
  });

  it('is not decided when it has expired, shows something else, asks for answers, or is not there', async () => {
    const owner = await signUp();
    const channel = await channelOf(owner);
    const approval = await askedOne(owner, { timeout_seconds: 1 });
    const presser = await connected(channel, owner, approval);
    await eventually(async () => (await getApproval(owner, approval.id)).status !== 'pending');
    const late = await channel.press(buttonOf(approval), presser, (reply) => isNoted(reply) && isUpdated(reply));
    expect(late.note).toMatch(/expired/);
    expect(late.updated).toContain('Expired');

    const other = await askedOne(owner);
    const changed = buttonOf({ ...other, action_hash: '0'.repeat(64) });
    expect((await channel.press(changed, presser, isNoted)).note).toMatch(/not what this message shows/);
    const missing = buttonOf({ ...other, id: `apr_${'0'.repeat(26)}` });
    expect((await channel.press(missing, presser, isNoted)).note).toMatch(/not there any more/);
    expect((await getApproval(owner, other.id)).status).toBe('pending');

    const form = agentNode('ask', 'human.form', { message: 'How bad?', schema: { type: 'object' } });
    const nodes = [agentNode('start', 'trigger.manual'), form];
    const agent = await publishedAgent(owner, { nodes, edges: agentEdges('start>ask') });
    const [summary] = await asked(owner, (await start(owner, agent.id)).id);
    const question = await getApproval(owner, summary?.id ?? '');
    const reply = await channel.press(buttonOf(question), presser, isNoted);
    expect(reply.note).toMatch(/answers, which are given in AgentFlow/);
    expect((await getApproval(owner, question.id)).status).toBe('pending');
  });

  it('is not decided where decisions from the chat are switched off', async () => {
    const owner = await signUp();
    const channel = await channelOf(owner);
    const approval = await askedOne(owner);
    const presser = await connected(channel, owner, approval);
    const path = `/notification-channels/${channel.id}`;
    const off = await api(path, { method: 'PUT', token: owner.token, body: { buttons: false } });
    expect(off.status, JSON.stringify(off.body)).toBe(200);
    await eventually(async () => {
      const row = await env.DB.prepare('SELECT revision FROM subscriptions WHERE id = ?').bind(channel.id).first();
      return row?.revision === 2;
    });
    expect((await channel.press(buttonOf(approval), presser, isNoted)).note).toMatch(/switched off/);
    expect((await getApproval(owner, approval.id)).status).toBe('pending');
    expect((await api(path, { method: 'DELETE', token: owner.token })).status).toBe(204);
    await eventually(async () => (await channel.press(buttonOf(approval), presser, () => true)).status === 404);
  });
});

/** As soon as lists know of the decision. */
async function getApprovalOnce(owner: Member, id: string): Promise<Approval> {
  return eventually(async () => {
    const approval = await getApproval(owner, id);
    return approval.status === 'pending' ? null : approval;
  });
}
