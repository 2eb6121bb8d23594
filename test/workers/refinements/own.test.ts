import type { RefinementStarted, StreamFrame } from '@agentflow/contracts';
import { beforeAll, describe, expect, it } from 'vitest';
import { api, type Member, signUp } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { apiWith } from '../../support/people.ts';
import type { ScriptedTurn } from '../../support/scripted-model.ts';
import { script } from '../executions/looping.ts';
import { call } from '../runtime/threads.ts';
import { changed, DRAFT, DRAFT_FILES, draftOf, isEnd, PROMPT_FILE, proposalOf, settled, watch } from './refining.ts';

let owner: Member;
beforeAll(async () => {
  owner = await signUp();
});

/** A refinement on this installation's own runtime, by a model that says and does what the script has. */
async function refinedBy(turns: readonly ScriptedTurn[], definition = DRAFT, user_prompt = 'Make it shorter') {
  const agent = await draftOf(owner, definition);
  const model = await script([...turns]);
  const body = { user_prompt, context: { model: `custom/${model}` } };
  const path = `/agents/${agent.id}/refinements`;
  const started = await apiWith<RefinementStarted>({ DEEPAGENTS_RUNTIME_URL: '' }, path, { token: owner.token, body });
  expect(started.status, JSON.stringify(started.body)).toBe(202);
  return { agent, model, ...started.body };
}

const todos = (status: string) => call('write_todos', { todos: [{ content: 'Shorten the prompt', status }] });
const SHORTER: ScriptedTurn[] = [
  { calls: [todos('in_progress'), call('read_file', { path: PROMPT_FILE })] },
  { calls: [call('edit_file', { path: PROMPT_FILE, old_text: 'Answer', new_text: 'Answer in one sentence:' })] },
  { calls: [todos('completed')] },
  { text: 'It answers in one sentence now.' },
];
const SHORT = changed({ [PROMPT_FILE]: 'Answer in one sentence: {{trigger.text}}' });

describe('a refinement on the installation’s own runtime', () => {
  it('is a deep agent’s work on the files of the draft, which is approved into it', async () => {
    const { agent, proposal_id, thread_id, model } = await refinedBy(SHORTER);
    const socket = await watch(owner, thread_id);
    await socket.closed;
    const types = new Set(socket.events.map(({ event_type }) => event_type));
    expect([...types]).toEqual(expect.arrayContaining(['on_tool_start', 'on_tool_end', 'on_state_update', 'end']));
    expect(socket.events.at(-1)?.data).toMatchObject({ proposal_status: 'ready' });
    const proposal = await proposalOf(owner, proposal_id);
    expect(proposal).toMatchObject({
      status: 'ready',
      runtime: 'own',
      model: `custom/${model}`,
      summary: 'It answers in one sentence now.',
      base_files: DRAFT_FILES,
      generated_files: SHORT,
      todos: [{ content: 'Shorten the prompt', status: 'completed' }],
    });
    const approved = await api(`/proposals/${proposal_id}/approve`, {
      token: owner.token,
      body: { hash: proposal.hash },
    });
    expect(approved).toMatchObject({ status: 200, body: { status: 'approved', draft_version: 2 } });
    const draft = await api<typeof DRAFT>(`/agents/${agent.id}/draft`, { token: owner.token });
    expect(draft.headers.get('etag')).toBe('"2"');
    const prompt = draft.body.nodes.find(({ id }) => id === 'answer')?.config.prompt;
    expect(prompt).toBe('Answer in one sentence: {{trigger.text}}');
    // Nothing of the run is kept after the decision.
    await eventually(async () => {
      const { body } = await api<{ data: { agent_id: string }[] }>(`/executions?agent_id=${agent.id}`, {
        token: owner.token,
      });
      return body.data.length === 0;
    });
  });

  it('builds an agent where there is none', async () => {
    const yaml = [
      'nodes:',
      '  - id: start',
      '    type: trigger.manual',
      '    config: {}',
      '  - id: greet',
      '    type: logic.transform',
      '    config: { expression: "\'Hello \' & trigger.name" }',
      'edges:',
      '  - { id: e1, source: start, target: greet }',
      '',
    ].join('\n');
    const { agent, proposal_id } = await refinedBy(
      [{ calls: [call('write_file', { path: 'agent.yaml', content: yaml })] }, { text: 'It greets by name.' }],
      { nodes: [], edges: [] },
      'Greet whoever comes by name',
    );
    const proposal = await settled(owner, proposal_id);
    expect(proposal, JSON.stringify(proposal.error)).toMatchObject({ status: 'ready', problem_count: 0 });
    await api(`/proposals/${proposal_id}/approve`, { token: owner.token, body: {} });
    expect((await api(`/agents/${agent.id}/publish`, { token: owner.token, body: {} })).status).toBe(200);
  });

  it('keeps fifty at once apart, each with who watches it', async () => {
    const runs = await Promise.all(
      Array.from({ length: 50 }, async (_, index) => {
        const content = `Answer number ${index}: {{trigger.text}}`;
        const run = await refinedBy([
          { calls: [call('write_file', { path: PROMPT_FILE, content })] },
          { text: `Number ${index}.` },
        ]);
        const socket = await watch(owner, run.thread_id);
        return { ...run, socket, content, index };
      }),
    );
    for (const { proposal_id, socket, content, index } of runs) {
      await socket.first(isEnd);
      expect(await proposalOf(owner, proposal_id)).toMatchObject({
        status: 'ready',
        summary: `Number ${index}.`,
        generated_files: changed({ [PROMPT_FILE]: content }),
      });
      const files = socket.events.flatMap(({ event_type, data }: StreamFrame) =>
        event_type === 'on_state_update' ? [(data.files as Record<string, string>)[PROMPT_FILE]] : [],
      );
      expect(new Set(files)).toEqual(new Set([...(files.length > 1 ? [DRAFT_FILES[PROMPT_FILE]] : []), content]));
      const numbered = socket.events.flatMap(({ event_type, seq }) => (event_type === 'on_llm_stream' ? [] : [seq]));
      expect(numbered).toEqual([...numbered].sort((a, b) => a - b));
    }
  });
});
