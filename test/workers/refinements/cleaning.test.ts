import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import { type RefinementJob, refinementObject } from '../../../durable-objects/refinement/client.ts';
import { forgetPersonInProposals } from '../../../workers/domains/refinements/index.ts';
import { newId } from '../../../workers/platform/ids.ts';
import { api, type Member, signUp, withRole } from '../../support/api.ts';
import { runtimeScenario } from '../../support/runtime-scenario.ts';
import { drain, eraseOrganization } from '../erasure/erasing.ts';
import { begun, draftOf, end, PROPOSED, proposalOf, settled, state, threadStub, watch } from './refining.ts';

let owner: Member;
beforeAll(async () => {
  owner = await signUp();
});

const DAY_MS = 86_400_000;

async function refined(frames = [state(PROPOSED), end()], by = owner) {
  const runtime = await runtimeScenario({ frames });
  const agent = await draftOf(owner);
  return { runtime, ...(await begun(by, agent.id, { user_prompt: runtime.mark })) };
}

/** As if the thread were so much older, and its alarm rang. */
async function later(threadId: string, ms: number): Promise<void> {
  const stub = threadStub(threadId);
  await runInDurableObject(stub, (_object, { storage }) => {
    const job = storage.kv.get<RefinementJob>('job');
    const run = storage.kv.get<{ due_at: number; ended_at: number | null }>('run');
    if (job === undefined || run === undefined) throw new Error('there is no thread');
    storage.kv.put('job', { ...job, created_at: job.created_at - ms });
    const ended_at = run.ended_at === null ? null : run.ended_at - ms;
    storage.kv.put('run', { ...run, due_at: run.due_at - ms, ended_at });
  });
  await runDurableObjectAlarm(stub);
}

const isEmpty = (threadId: string) =>
  runInDurableObject(threadStub(threadId), (_object, { storage }) => storage.kv.get('job') === undefined);

describe('what a thread leaves', () => {
  it('is nothing, 30 days after a proposal that nobody decided', async () => {
    const { proposal_id, thread_id, runtime } = await refined();
    await settled(owner, proposal_id);
    await later(thread_id, 2 * DAY_MS);
    expect(await isEmpty(thread_id)).toBe(false);
    await later(thread_id, 30 * DAY_MS);
    await runDurableObjectAlarm(threadStub(thread_id));
    expect(await proposalOf(owner, proposal_id)).toMatchObject({ status: 'expired', generated_files: PROPOSED });
    expect(await isEmpty(thread_id)).toBe(true);
    expect((await runtime.seen()).forgotten).toHaveLength(1);
  });

  it('is nothing, 24 hours after a run that never ended', async () => {
    const { proposal_id, thread_id } = await refined([state(PROPOSED)]);
    const socket = await watch(owner, thread_id);
    await socket.first(({ event_type }) => event_type === 'on_state_update');
    await later(thread_id, DAY_MS);
    expect(await socket.closed).toMatchObject({ code: 1000 });
    await runDurableObjectAlarm(threadStub(thread_id));
    expect(await proposalOf(owner, proposal_id)).toMatchObject({ status: 'expired', generated_files: {} });
    expect(await isEmpty(thread_id)).toBe(true);
  });

  it('is nothing where the proposal’s rows were never written, or are gone', async () => {
    const { proposal_id, thread_id } = await refined();
    await settled(owner, proposal_id);
    const job = await runInDurableObject(threadStub(thread_id), (_object, { storage }) =>
      storage.kv.get<RefinementJob>('job'),
    );
    if (job === undefined) throw new Error('there is no job');
    const orphan = newId('thread');
    await refinementObject(env.REFINEMENT, orphan).expect({
      ...job,
      thread_id: orphan,
      proposal_id: newId('proposal'),
    });
    await later(orphan, DAY_MS);
    expect(await isEmpty(orphan)).toBe(true);
  });

  it('is nothing of an organization that is erased', async () => {
    const { proposal_id, thread_id, runtime } = await refined();
    await settled(owner, proposal_id);
    await refinementObject(env.REFINEMENT, thread_id).erase(newId('organization'));
    expect(await isEmpty(thread_id)).toBe(false);
    await refinementObject(env.REFINEMENT, thread_id).erase(owner.organization_id);
    expect(await isEmpty(thread_id)).toBe(true);
    expect((await runtime.seen()).forgotten).toHaveLength(1);
  });

  it('goes with its organization when the desk erases that, a decided one and one under way', async () => {
    const leaving = await signUp();
    const runtime = await runtimeScenario({ frames: [state(PROPOSED), end()] });
    const endless = await runtimeScenario({ frames: [state(PROPOSED)] });
    const agent = await draftOf(leaving);
    const ended = await begun(leaving, agent.id, { user_prompt: runtime.mark });
    const running = await begun(leaving, agent.id, { user_prompt: endless.mark });
    await settled(leaving, ended.proposal_id);
    const socket = await watch(leaving, running.thread_id);
    await socket.first(({ event_type }) => event_type === 'on_state_update');
    expect((await eraseOrganization(leaving)).status).toBe(204);
    await drain(leaving.organization_id);
    expect((await socket.closed).code).toBe(4410);
    for (const { thread_id } of [ended, running]) expect(await isEmpty(thread_id)).toBe(true);
    for (const each of [runtime, endless]) expect(new Set((await each.seen()).forgotten).size).toBe(1);
    const { results } = await env.DB.prepare('SELECT id FROM proposals WHERE organization_id = ?')
      .bind(leaving.organization_id)
      .all();
    expect(results).toEqual([]);
  });

  it('is no name of a person who is erased', async () => {
    const author = await withRole(owner, 'developer');
    const { proposal_id, thread_id } = await refined([state(PROPOSED), end()], author);
    await settled(owner, proposal_id);
    const said = { token: author.token, body: { text: 'Looks good.' } };
    expect((await api(`/proposals/${proposal_id}/comments`, said)).status).toBe(201);
    const { organization_id } = owner;
    await refinementObject(env.REFINEMENT, thread_id).forgetPerson(organization_id, author.user_id, 'Former member');
    await forgetPersonInProposals(env, organization_id, author.user_id, 'Former member');
    const by = { id: author.user_id, name: 'Former member' };
    expect((await proposalOf(owner, proposal_id)).created_by).toMatchObject(by);
    const comments = await api<{ data: object[] }>(`/proposals/${proposal_id}/comments`, { token: owner.token });
    expect(comments.body.data).toMatchObject([{ created_by: by }]);
    const job = await runInDurableObject(threadStub(thread_id), (_object, { storage }) => storage.kv.get('job'));
    expect(JSON.stringify(job)).not.toContain('"developer","role"');
    expect(job).toMatchObject({ created_by: by, caller: { name: 'Former member' }, ip: '' });
  });
});
