import { env } from 'cloudflare:workers';
import type { ApprovalSummary } from '@agentflow/contracts';
import { beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../../workers/platform/ids.ts';
import { api, createKey, expectProblem, type Member, signUp, withRole } from '../../support/api.ts';
import { asked, askedOne, askingAgent, decide, getApproval, start } from '../../support/approvals.ts';

let owner: Member;
let editor: Member;
let viewer: Member;
beforeAll(async () => {
  owner = await signUp();
  [editor, viewer] = await Promise.all([withRole(owner, 'editor'), withRole(owner, 'viewer')]);
});

const APPROVE = { decision: 'approve' };

async function mine(caller: { token: string } | { key: string }): Promise<string[]> {
  const { body } = await api<{ data: ApprovalSummary[] }>('/approvals?mine=true&limit=100', caller);
  return body.data.map(({ id }) => id);
}

async function teamWith(member: Member): Promise<string> {
  const id = newId('team');
  const insert = env.DB.prepare(
    'INSERT INTO teams (id, organization_id, name, name_key, description, created_at, updated_at) VALUES (?, ?, ?, ?, ?, 1, 1)',
  ).bind(id, member.organization_id, id, id, '');
  const join = env.DB.prepare(
    'INSERT INTO team_members (team_id, user_id, organization_id, created_at) VALUES (?, ?, ?, 1)',
  ).bind(id, member.user_id, member.organization_id);
  await env.DB.batch([insert, join]);
  return id;
}

/** Everybody in `may` sees it among theirs; everybody in `may_not` is refused; then the first who may decides. */
async function expectDeciders(config: object, may: readonly [Member, ...Member[]], mayNot: readonly Member[]) {
  const approval = await askedOne(owner, config as never);
  for (const member of mayNot) {
    expectProblem(await decide(member, approval.id, APPROVE), 403, 'forbidden');
    const byExecution = await api(`/executions/${approval.execution_id}/approve`, {
      token: member.token,
      body: APPROVE,
    });
    expectProblem(byExecution, 403, 'forbidden');
    expect(await mine(member)).not.toContain(approval.id);
    expect((await getApproval(member, approval.id)).may_decide).toBe(false);
  }
  for (const member of may) {
    expect(await mine(member)).toContain(approval.id);
    expect((await getApproval(member, approval.id)).may_decide).toBe(true);
  }
  const decided = await decide(may[0], approval.id, APPROVE);
  expect(decided.status, JSON.stringify(decided.body)).toBe(200);
  expect(await mine(may[0])).not.toContain(approval.id);
}

describe('who decides', () => {
  it('is whoever has the permission, where nobody is named', async () => {
    const developer = await withRole(owner, 'developer');
    await expectDeciders({}, [editor, owner], [viewer, developer]);
  });

  it('is a person who is named, whatever their role, and nobody else', async () => {
    await expectDeciders({ approvers: { users: [viewer.user_id] } }, [viewer], [owner, editor]);
  });

  it('is somebody of a role that is named', async () => {
    const developer = await withRole(owner, 'developer');
    await expectDeciders({ approvers: { roles: ['developer'] } }, [developer], [owner, viewer]);
  });

  it('is somebody who is in a team that is named, while they are in it', async () => {
    const team = await teamWith(viewer);
    await expectDeciders({ approvers: { teams: [team] } }, [viewer], [owner, editor]);
    const approval = await askedOne(owner, { approvers: { users: [], roles: [], teams: [team] } });
    await env.DB.prepare('DELETE FROM team_members WHERE team_id = ?').bind(team).run();
    expectProblem(await decide(viewer, approval.id, APPROVE), 403, 'forbidden');
  });

  it('may be named by an expression', async () => {
    const agent = await askingAgent(owner, { approvers: { users: ['{{trigger.boss}}'], roles: [], teams: [] } });
    const execution = await start(owner, agent.id, { boss: viewer.user_id });
    const [approval] = await asked(owner, execution.id);
    expectProblem(await decide(editor, approval?.id ?? '', APPROVE), 403, 'forbidden');
    expect((await decide(viewer, approval?.id ?? '', APPROVE)).status).toBe(200);
  });

  it('is not whoever started it, where that is set', async () => {
    await expectDeciders({ self_approval: false }, [editor], [owner, viewer]);
    const named = { self_approval: false, approvers: { users: [owner.user_id, editor.user_id] } };
    await expectDeciders(named, [editor], [owner]);
  });

  it('is a key with the scope, where nobody is named and it did not start it itself', async () => {
    const key = await createKey(owner, ['approvals:approve', 'executions:read', 'agents:execute']);
    const without = await createKey(owner, ['executions:read', 'executions:cancel']);
    const open = await askedOne(owner);
    expectProblem(await decide({ key: without.key }, open.id, APPROVE), 403, 'forbidden');
    expect(await mine({ key: without.key })).not.toContain(open.id);
    expect(await mine({ key: key.key })).toContain(open.id);
    expect((await decide({ key: key.key }, open.id, APPROVE)).body).toMatchObject({
      decided_by: { type: 'api_key', id: key.id },
    });

    const named = await askedOne(owner, { approvers: { roles: ['owner'] } });
    expectProblem(await decide({ key: key.key }, named.id, APPROVE), 403, 'forbidden');
    expect(await mine({ key: key.key })).not.toContain(named.id);

    const agent = await askingAgent(owner, { self_approval: false });
    const execution = await start({ key: key.key }, agent.id);
    const [own] = await asked(owner, execution.id);
    expectProblem(await decide({ key: key.key }, own?.id ?? '', APPROVE), 403, 'forbidden');
    expect((await decide(owner, own?.id ?? '', APPROVE)).status).toBe(200);
  });

  it('is no stranger, who learns nothing', async () => {
    const stranger = await signUp();
    const approval = await askedOne(owner);
    expectProblem(await decide(stranger, approval.id, APPROVE), 404, 'not_found');
    expectProblem(await api(`/approvals/${approval.id}`, { token: stranger.token }), 404, 'not_found');
    const byExecution = await api(`/executions/${approval.execution_id}/approve`, {
      token: stranger.token,
      body: APPROVE,
    });
    expectProblem(byExecution, 404, 'not_found');
    expect((await api<{ data: object[] }>('/approvals', { token: stranger.token })).body.data).toEqual([]);
    expect((await getApproval(owner, approval.id)).status).toBe('pending');
  });
});
