import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { beforeAll, describe, expect, it } from 'vitest';
import { api, type Member, signUp } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { audited } from '../../support/people.ts';
import { type RuntimeScenario, runtimeScenario } from '../../support/runtime-scenario.ts';
import {
  begun,
  changed,
  draftOf,
  end,
  isEnd,
  PROMPT_FILE,
  PROPOSED,
  proposalOf,
  settled,
  state,
  threadStub,
  watch,
} from './refining.ts';

let owner: Member;
beforeAll(async () => {
  owner = await signUp();
});

/** A refinement on a runtime that does what the scenario says. */
async function refined(scenario: RuntimeScenario) {
  const runtime = await runtimeScenario(scenario);
  const agent = await draftOf(owner);
  const started = await begun(owner, agent.id, { user_prompt: `Make it shorter. ${runtime.mark}` });
  return { runtime, agent, ...started };
}

/** As if the pause before the next run were over. */
async function retryNow(threadId: string): Promise<void> {
  const stub = threadStub(threadId);
  await eventually(() =>
    runInDurableObject(stub, (_object, { storage }) => {
      const run = storage.kv.get<{ phase: string; due_at: number; failures: number }>('run');
      if (run?.phase !== 'due' || run.failures === 0) return false;
      storage.kv.put('run', { ...run, due_at: 0 });
      return true;
    }),
  );
  await runDurableObjectAlarm(stub);
}

describe('a refinement on a remote runtime', () => {
  it('becomes a proposal of the last files before the end, though nobody watches', async () => {
    const { proposal_id, thread_id, agent, runtime } = await refined({
      frames: [state(changed({ [PROMPT_FILE]: 'Not this' })), state(PROPOSED), end()],
    });
    const proposal = await settled(owner, proposal_id);
    expect(proposal).toMatchObject({
      id: proposal_id,
      thread_id,
      agent_id: agent.id,
      status: 'ready',
      runtime: 'remote',
      summary: 'I changed the prompt.',
      cost_usd: 0.0125,
      attempts: 1,
      base_version: 1,
      draft_version: 1,
      may_decide: true,
      error: null,
      generated_files: PROPOSED,
      changes: [{ path: PROMPT_FILE, change: 'changed', hunks: 1 }],
      todos: [{ content: 'Change the prompt', status: 'completed' }],
    });
    expect(proposal.hash).toMatch(/^[0-9a-f]{64}$/);
    const seen = await runtime.seen();
    expect(seen.invokes).toHaveLength(1);
    expect(JSON.parse(seen.invokes[0]?.body ?? '')).toMatchObject({
      job_id: `${thread_id}.1`,
      agent_definition: { nodes: [{ id: 'start' }, { id: 'refine', type: 'ai.agent' }] },
    });
    const rows = await audited(owner.organization_id, 'proposal');
    const actions = rows.filter(({ resource_id }) => resource_id === proposal_id).map(({ action }) => action);
    expect(actions).toEqual(['refinement.started', 'proposal.created']);
  });

  it('passes frames on as they come, in its own numbers, and ends with the status of the proposal', async () => {
    const { thread_id, runtime } = await refined({ frames: [] });
    const socket = await watch(owner, thread_id);
    await runtime.send({ event_type: 'on_tool_start', data: { node: 'refine', call: 't1.0', name: 'ls', input: {} } });
    await socket.first(({ event_type }) => event_type === 'on_tool_start');
    await runtime.send(
      { event_type: 'on_llm_stream', data: { node: 'refine', call: 't2', text: 'Do', offset: 0 } },
      { event_type: 'on_llm_stream', data: { node: 'refine', call: 't2', text: 'ne', offset: 2 } },
      state(PROPOSED, 'completed'),
      end(),
    );
    expect(await socket.closed).toMatchObject({ code: 1000 });
    expect(socket.events.map(({ seq, event_type }) => [seq, event_type])).toEqual([
      [1, 'on_tool_start'],
      [1, 'on_llm_stream'],
      [1, 'on_llm_stream'],
      [2, 'on_state_update'],
      [3, 'end'],
    ]);
    expect(socket.events[3]?.data).toMatchObject({ files: PROPOSED });
    expect(socket.events.at(-1)?.data).toMatchObject({ status: 'completed', proposal_status: 'ready' });
  });

  it('gives who comes back what they missed: text as one piece, and the newest files', async () => {
    const { thread_id, runtime } = await refined({
      frames: [
        state(changed({ [PROMPT_FILE]: 'Not this' })),
        { event_type: 'on_tool_start', data: { node: 'refine', call: 't1.0', name: 'ls', input: {} } },
        { event_type: 'on_llm_stream', data: { node: 'refine', call: 't2', text: 'Do', offset: 0 } },
        { event_type: 'on_llm_stream', data: { node: 'refine', call: 't2', text: 'ne', offset: 2 } },
        state(PROPOSED),
      ],
    });
    const first = await watch(owner, thread_id);
    await first.first(({ seq }) => seq === 3);
    first.socket.close();

    const again = await watch(owner, thread_id, 1);
    await again.first(({ seq }) => seq === 3);
    expect(again.events).toMatchObject([
      { seq: 2, event_type: 'on_tool_start' },
      { seq: 2, event_type: 'on_llm_stream', data: { text: 'Done', offset: 0 } },
      { seq: 3, event_type: 'on_state_update', data: { files: PROPOSED } },
    ]);
    const late = await watch(owner, thread_id);
    await late.first(({ seq }) => seq === 3);
    expect(late.events.map(({ seq }) => seq)).toEqual([2, 2, 3]);
    await runtime.send(end());
    await late.first(isEnd);
  });

  it('passes on what those who may steer say, and answers everything else with an error frame', async () => {
    const { thread_id, runtime } = await refined({ frames: [state(PROPOSED)] });
    const socket = await watch(owner, thread_id);
    await socket.first(({ event_type }) => event_type === 'on_state_update');
    socket.socket.send(JSON.stringify({ event_type: 'steer', data: { text: 'Shorter' } }));
    socket.socket.send(JSON.stringify({ event_type: 'steer', data: { text: '' } }));
    socket.socket.send('not JSON');
    await eventually(async () => socket.events.filter(({ event_type }) => event_type === 'error').length === 2);
    const { sent } = await eventually(async () => {
      const seen = await runtime.seen();
      return seen.sent.length > 0 && seen;
    });
    expect(sent.map((text) => JSON.parse(text))).toEqual([{ event_type: 'steer', data: { text: 'Shorter' } }]);
    await runtime.send(end());
    await socket.first(isEnd);
  });

  it('follows a stream that dies in the middle to its end', async () => {
    const { proposal_id, runtime } = await refined({
      stream: [{ die_after: 1 }, 'ok'],
      frames: [state(changed({ [PROMPT_FILE]: 'Not this' })), state(PROPOSED), end()],
    });
    // The state says that it ended: what the stream did not bring comes from there.
    expect(await settled(owner, proposal_id)).toMatchObject({
      status: 'ready',
      generated_files: PROPOSED,
      attempts: 1,
    });
    expect((await runtime.seen()).invokes).toHaveLength(1);
  });

  it('begins again when a run fails for a reason that may pass, and tells so', async () => {
    const error = { code: 'model_overloaded', message: 'The model is busy.' };
    const { proposal_id, thread_id, runtime } = await refined({
      frames: [state({ 'agent.yaml': 'half' }), end({ status: 'failed', result: null, error })],
    });
    const socket = await watch(owner, thread_id);
    await socket.first(({ event_type }) => event_type === 'on_retry');
    await runtime.become({ frames: [state(PROPOSED), end()] });
    await retryNow(thread_id);
    expect(await settled(owner, proposal_id)).toMatchObject({ status: 'ready', attempts: 2, cost_usd: 0.025 });
    const { invokes, forgotten } = await runtime.seen();
    expect(invokes.map(({ body }) => JSON.parse(body).job_id)).toEqual([`${thread_id}.1`, `${thread_id}.2`]);
    expect(forgotten).toHaveLength(1);
  });

  it('fails for good after the third retry, and for what would not pass at once', async () => {
    const error = { code: 'model_overloaded', message: 'The model is busy.' };
    const busy = await refined({ frames: [end({ status: 'failed', result: null, error })] });
    for (let retry = 0; retry < 3; retry++) await retryNow(busy.thread_id);
    expect(await settled(owner, busy.proposal_id)).toMatchObject({ status: 'failed', attempts: 4, error });

    const refused = { code: 'model_auth', message: 'The key is wrong.' };
    const wrong = await refined({ frames: [end({ status: 'failed', result: null, error: refused })] });
    expect(await settled(owner, wrong.proposal_id)).toMatchObject({ status: 'failed', attempts: 1, error: refused });
  });

  const broken: Record<string, readonly [RuntimeScenario, string]> = {
    'sends garbage': [{ stream: ['garbage'] }, 'runtime_answer_invalid'],
    'answers an invoke with garbage': [{ invoke: ['garbage'] }, 'runtime_answer_invalid'],
    refuses: [{ invoke: [{ status: 401 }] }, 'runtime_refused'],
    'sends 5 MB of files': [{ frames: [state({ 'big.md': 'x'.repeat(5_000_000) }), end()] }, 'runtime_answer_invalid'],
    'sends files that are too large to keep': [
      { frames: [state({ 'big.md': 'x'.repeat(1_600_000) }), end()] },
      'files_too_large',
    ],
    'sends files that are no draft': [
      { frames: [state(changed({ 'agent.yaml': 'nodes: [' })), end()] },
      'files_invalid',
    ],
    'changes nothing': [{ frames: [state(changed({})), end()] }, 'nothing_changed'],
    'ends without files': [{ frames: [end()] }, 'no_files'],
    'was stopped': [{ frames: [state(PROPOSED), end({ status: 'cancelled', result: null })] }, 'cancelled'],
  };
  it.each(Object.entries(broken))('fails clearly when the runtime %s', async (_what, [scenario, code]) => {
    const { proposal_id } = await refined(scenario);
    const proposal = await settled(owner, proposal_id);
    expect(proposal).toMatchObject({ status: 'failed', error: { code }, generated_files: {}, changes: [] });
    expect(proposal.error?.message).toMatch(/^[A-Z].{10}/);
  });
});

describe('a decision on a thread', () => {
  it('erases frames and what the runtime keeps', async () => {
    const { proposal_id, thread_id, runtime } = await refined({ frames: [state(PROPOSED), end()] });
    await settled(owner, proposal_id);
    const rejected = await api(`/proposals/${proposal_id}/reject`, { token: owner.token, body: { comment: 'No' } });
    expect(rejected).toMatchObject({ status: 200, body: { status: 'rejected', decision: { comment: 'No' } } });
    await eventually(async () => (await runtime.seen()).forgotten.length === 1);
    await eventually(() =>
      runInDurableObject(
        threadStub(thread_id),
        (_object, { storage }) => storage.sql.databaseSize < 20_000 && storage.kv.get('job') === undefined,
      ),
    );
    expect(await proposalOf(owner, proposal_id)).toMatchObject({ status: 'rejected', generated_files: PROPOSED });
  });

  it('ends a run that is under way', async () => {
    const { proposal_id, thread_id, runtime } = await refined({ frames: [state(PROPOSED)] });
    const socket = await watch(owner, thread_id);
    await socket.first(({ event_type }) => event_type === 'on_state_update');
    await api(`/proposals/${proposal_id}/reject`, { token: owner.token, body: {} });
    expect((await socket.first(isEnd)).data).toMatchObject({ proposal_status: 'rejected' });
    await eventually(async () => (await runtime.seen()).forgotten.length === 1);
    expect(await proposalOf(owner, proposal_id)).toMatchObject({ status: 'rejected', generated_files: {} });
  });
});
