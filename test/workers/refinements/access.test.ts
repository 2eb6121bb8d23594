import type { Proposal, ProposalAccess, ProposalSummary } from '@agentflow/contracts';
import { beforeAll, describe, expect, it } from 'vitest';
import { api, createKey, expectProblem, type Member, rawApi, signUp, withRole } from '../../support/api.ts';
import { runtimeScenario } from '../../support/runtime-scenario.ts';
import { watchSocket } from '../../support/watch-socket.ts';
import { begun, draftOf, end, PROPOSED, settled, state, watch } from './refining.ts';

let owner: Member;
let author: Member;
let member: Member;
let viewer: Member;
let stranger: Member;
beforeAll(async () => {
  owner = await signUp();
  [author, member] = await Promise.all([withRole(owner, 'developer'), withRole(owner, 'developer')]);
  [viewer, stranger] = await Promise.all([withRole(owner, 'viewer'), signUp()]);
});

async function readyBy(by: Member, access: 'organization' | 'private') {
  const { mark } = await runtimeScenario({ frames: [state(PROPOSED), end()] });
  const agent = await draftOf(owner);
  const started = await begun(by, agent.id, { user_prompt: mark, access });
  expect((await settled(by, started.proposal_id)).status).toBe('ready');
  return { ...started, agent_id: agent.id };
}

/** What each door answers this person: reading, listing, deciding, the socket with its ticket, comments. */
async function doorsFor({ token }: { token: string }, ready: Awaited<ReturnType<typeof readyBy>>) {
  const { proposal_id, thread_id, agent_id } = ready;
  const read = await api<Proposal>(`/proposals/${proposal_id}`, { token });
  const list = await api<{ data: ProposalSummary[] }>(`/proposals?agent_id=${agent_id}`, { token });
  const socket = await rawApi(`//api/ws/refinements/${thread_id}`, { token, headers: { upgrade: 'websocket' } });
  socket.webSocket?.accept();
  const ticket = await api(`/refinements/${thread_id}/stream-ticket`, { method: 'POST', token });
  const comments = await api(`/proposals/${proposal_id}/comments`, { token });
  // Nothing happens to it: the bytes are others.
  const approve = await api(`/proposals/${proposal_id}/approve`, { token, body: { hash: '0'.repeat(64) } });
  return {
    read: read.status,
    may_decide: read.status === 200 ? read.body.may_decide : null,
    listed: list.body.data?.some(({ id }) => id === proposal_id) ?? false,
    socket: socket.status,
    ticket: ticket.status,
    comments: comments.status,
    approve: approve.status,
  };
}

const DECIDES = { read: 200, may_decide: true, listed: true, socket: 101, ticket: 200, comments: 200, approve: 409 };
const READS = { ...DECIDES, may_decide: false, approve: 403 };
const NOTHING = {
  read: 404,
  may_decide: null,
  listed: false,
  socket: 404,
  ticket: 404,
  comments: 404,
  approve: 404,
};

describe('who sees and decides a proposal', () => {
  it('is the organization, by its permissions', async () => {
    const ready = await readyBy(author, 'organization');
    expect(await doorsFor(author, ready)).toEqual(DECIDES);
    expect(await doorsFor(member, ready)).toEqual(DECIDES);
    expect(await doorsFor(owner, ready)).toEqual(DECIDES);
    expect(await doorsFor(viewer, ready)).toEqual(READS);
    expect(await doorsFor(stranger, ready)).toEqual(NOTHING);
  });

  it('is its author, owners and admins where it is private, and whom they name', async () => {
    const ready = await readyBy(author, 'private');
    const admin = await withRole(owner, 'admin');
    const named = await withRole(owner, 'developer');
    const key = await createKey(owner, ['agents:read', 'agents:write']);
    expect(await doorsFor(author, ready)).toEqual(DECIDES);
    expect(await doorsFor(admin, ready)).toEqual(DECIDES);
    for (const each of [member, { ...viewer, approve: 403 }, { token: key.key }, stranger]) {
      const seen = await doorsFor(each, ready);
      expect(seen).toEqual({ ...NOTHING, approve: each.token === viewer.token ? 403 : 404 });
    }
    const path = `/proposals/${ready.proposal_id}/access`;
    const people = [
      { user_id: member.user_id, level: 'read' },
      { user_id: named.user_id, level: 'decide' },
      { user_id: viewer.user_id, level: 'decide' },
    ];
    const body = { access: 'private', people };
    expectProblem(await api(path, { method: 'PUT', token: member.token, body }), 404, 'not_found');
    const elsewhere = { access: 'private', people: [{ user_id: stranger.user_id, level: 'read' }] };
    const refused = await api(path, { method: 'PUT', token: author.token, body: elsewhere });
    expectProblem(refused, 422, 'validation_failed');
    const set = await api<ProposalAccess>(path, { method: 'PUT', token: author.token, body });
    expect(set).toMatchObject({ status: 200, body: { access: 'private' } });
    expect(set.body.people).toHaveLength(3);

    expect(await doorsFor(member, ready)).toEqual(READS);
    expect(await doorsFor(named, ready)).toEqual(DECIDES);
    // Deciding writes the draft, whatever a proposal says.
    expect(await doorsFor(viewer, ready)).toEqual(READS);
    expectProblem(await api(path, { method: 'PUT', token: named.token, body }), 403, 'forbidden');
    const open = { access: 'organization', people: [] };
    expect((await api(path, { method: 'PUT', token: owner.token, body: open })).status).toBe(200);
    expect(await doorsFor({ token: key.key }, ready)).toEqual(DECIDES);
  });

  it('is checked again when it changes: who watches comes again', async () => {
    const { mark } = await runtimeScenario({ frames: [state(PROPOSED)] });
    const { proposal_id, thread_id } = await begun(author, (await draftOf(owner)).id, { user_prompt: mark });
    const socket = await watch(member, thread_id);
    const path = `/proposals/${proposal_id}/access`;
    await api(path, { method: 'PUT', token: author.token, body: { access: 'private', people: [] } });
    expect(await socket.closed).toMatchObject({ code: 4401 });
    await expect(watch(member, thread_id)).rejects.toThrow('404');
  });

  it('lets who may only read watch, not steer', async () => {
    const { mark, seen } = await runtimeScenario({ frames: [state(PROPOSED)] });
    const { thread_id } = await begun(author, (await draftOf(owner)).id, { user_prompt: mark });
    const socket = await watch(viewer, thread_id);
    socket.socket.send(JSON.stringify({ event_type: 'steer', data: { text: 'Longer' } }));
    const error = await socket.first(({ event_type }) => event_type === 'error');
    expect(error.data).toMatchObject({ code: 'forbidden' });
    expect((await seen()).sent).toEqual([]);
  });

  it('is told by a ticket or an access token, and by nothing else', async () => {
    const { thread_id } = await readyBy(author, 'organization');
    const path = `//api/ws/refinements/${thread_id}`;
    const { body } = await api<{ ticket: string }>(`/refinements/${thread_id}/stream-ticket`, {
      method: 'POST',
      token: viewer.token,
    });
    const byTicket = await watchSocket(`${path}?ticket=${body.ticket}`);
    expect(await byTicket.closed).toMatchObject({ code: 1000 });
    const offered = { upgrade: 'websocket', 'sec-websocket-protocol': `agentflow.token, ${viewer.token}` };
    const byProtocol = await rawApi(path, { headers: offered });
    expect(byProtocol.status).toBe(101);
    expect(byProtocol.headers.get('sec-websocket-protocol')).toBe('agentflow.token');
    byProtocol.webSocket?.accept();

    const other = await readyBy(author, 'organization');
    const wrong = [
      `//api/ws/refinements/${other.thread_id}?ticket=${body.ticket}`,
      `${path}?ticket=${viewer.token}`,
      `${path}?token=${viewer.token}`,
      path,
    ];
    for (const each of wrong) {
      expect((await rawApi(each, { headers: { upgrade: 'websocket' } })).status, each).toBe(401);
    }
    expect((await rawApi(path, { token: viewer.token })).status).toBe(400);
  });
});
