import { env } from 'cloudflare:workers';
import { approvalHash, definitionOf, filesOf } from '@agentflow/agent-files';
import type { AgentDefinition, Problem, Proposal, ProposalMerge } from '@agentflow/contracts';
import { beforeAll, describe, expect, it } from 'vitest';
import { api, expectProblem, type Member, signUp, withRole } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { audited } from '../../support/people.ts';
import { runtimeScenario } from '../../support/runtime-scenario.ts';
import {
  begun,
  changed,
  DRAFT,
  DRAFT_FILES,
  draftOf,
  end,
  PROMPT_FILE,
  PROPOSED,
  proposalOf,
  refine,
  settled,
  state,
} from './refining.ts';

let owner: Member;
beforeAll(async () => {
  owner = await signUp();
});

const NOTE = 'knowledge/tone.md';
const LINES = ['Answer {{trigger.text}}', 'in one sentence', 'and with a greeting'].join('\n');
/** Two files, one of them with two hunks in `agent.yaml`. */
const TWO_FILES = changed({ [PROMPT_FILE]: LINES, [NOTE]: 'Be kind.' });

async function readyFor(files: Readonly<Record<string, string>>, agentId?: string) {
  const { mark } = await runtimeScenario({ frames: [state(files), end()] });
  const agent_id = agentId ?? (await draftOf(owner)).id;
  const { proposal_id } = await begun(owner, agent_id, { user_prompt: `Change it. ${mark}` });
  const proposal = await settled(owner, proposal_id);
  expect(proposal, JSON.stringify(proposal.error)).toMatchObject({ status: 'ready' });
  return { agent_id, proposal };
}

const approve = (id: string, body: object = {}, token = owner.token) =>
  api<Proposal>(`/proposals/${id}/approve`, { token, body });

async function filesNow(agentId: string): Promise<Record<string, string>> {
  return { ...filesOf((await api<AgentDefinition>(`/agents/${agentId}/draft`, { token: owner.token })).body) };
}

/** Saves the draft as these files. */
async function save(agentId: string, files: Readonly<Record<string, string>>): Promise<void> {
  const read = definitionOf(files);
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  const { definition: body } = read;
  const saved = await api(`/agents/${agentId}/draft`, { method: 'PUT', token: owner.token, body });
  expect(saved.status, JSON.stringify(saved.body)).toBe(200);
}

describe('approving', () => {
  it('makes all of it the draft, and tells who took which bytes', async () => {
    const { agent_id, proposal } = await readyFor(TWO_FILES);
    const answer = await approve(proposal.id, { hash: proposal.hash, comment: 'Good' });
    expect(answer).toMatchObject({
      status: 200,
      body: {
        status: 'approved',
        draft_version: 2,
        decided_by: { id: owner.user_id },
        decision: { hash: proposal.hash, paths: null, hunks: null, comment: 'Good', draft_version: 2 },
      },
    });
    expect(await filesNow(agent_id)).toEqual(TWO_FILES);
    const row = (await audited(owner.organization_id, 'proposal')).find(
      ({ action, resource_id }) => action === 'proposal.approved' && resource_id === proposal.id,
    );
    expect(row).toMatchObject({
      actor_id: owner.user_id,
      details: { agent_id, hash: proposal.hash, paths: null, hunks: null, draft_version_before: 1, draft_version: 2 },
    });
    const data = { proposal_id: proposal.id, agent_id, agent_name: 'Support' };
    for (const type of ['proposal.created', 'proposal.approved'] as const) {
      const listed = await eventually(async () => {
        const { body } = await api<{ data: { data: { proposal_id: string } }[] }>(`/events?type=${type}`, {
          token: owner.token,
        });
        return body.data.find((event) => event.data.proposal_id === proposal.id);
      });
      expect(listed.data).toEqual(data);
    }
  });

  it('takes single files, and of a file single hunks', async () => {
    const { agent_id, proposal } = await readyFor(TWO_FILES);
    expect((await approve(proposal.id, { paths: [NOTE] })).status).toBe(200);
    expect(await filesNow(agent_id)).toEqual(changed({ [NOTE]: 'Be kind.' }));

    const names = changed({
      'agent.yaml': (DRAFT_FILES['agent.yaml'] ?? '')
        .replace('id: start\n', 'id: start\n    name: Begin\n')
        .replace('url: https://example.com/refunds', 'url: https://example.com/paid-back'),
    });
    const second = await readyFor(names);
    expect(second.proposal.changes).toEqual([{ path: 'agent.yaml', change: 'changed', hunks: 2 }]);
    expect((await approve(second.proposal.id, { hunks: { 'agent.yaml': [1] } })).status).toBe(200);
    const files = await filesNow(second.agent_id);
    expect(files['agent.yaml']).toContain('paid-back');
    expect(files['agent.yaml']).not.toContain('Begin');
  });

  it('refuses other bytes than the hash stands for, and choices that name nothing', async () => {
    const { agent_id, proposal } = await readyFor(TWO_FILES);
    expectProblem(await approve(proposal.id, { paths: [NOTE], hash: proposal.hash }), 409, 'proposal_changed');
    expectProblem(await approve(proposal.id, { paths: ['not/there.md'] }), 422, 'validation_failed');
    expectProblem(await approve(proposal.id, { hunks: { [NOTE]: [7] } }), 422, 'validation_failed');
    expectProblem(await approve(proposal.id, { hunks: { [NOTE]: [] }, paths: [NOTE] }), 422, 'validation_failed');
    expect(await filesNow(agent_id)).toEqual(DRAFT_FILES);
    expect(await proposalOf(owner, proposal.id)).toMatchObject({ status: 'ready', decision: null });
  });

  it('refuses files that make no draft with file and line', async () => {
    const files = changed({
      'agent.yaml': (DRAFT_FILES['agent.yaml'] ?? '').replace(
        'type: trigger.manual',
        'type: trigger.manual\n    odd: 1',
      ),
      [NOTE]: 'Be kind.',
    });
    const { mark } = await runtimeScenario({ frames: [state(files), end()] });
    const { proposal_id } = await begun(owner, (await draftOf(owner)).id, { user_prompt: mark });
    const failed = await settled(owner, proposal_id);
    expect(failed).toMatchObject({ status: 'failed', error: { code: 'files_invalid' } });
    expect(failed.error?.message).toMatch(/agent\.yaml, line \d+/);
    expectProblem(await approve(proposal_id), 409, 'proposal_decided');
  });

  it('merges into a draft that has moved, when it is asked to', async () => {
    const { agent_id, proposal } = await readyFor(PROPOSED);
    await save(agent_id, changed({ [NOTE]: 'Be brief.' }));
    const moved = await approve(proposal.id, { hash: proposal.hash });
    expectProblem(moved, 409, 'draft_moved');
    const merge = (moved.body as unknown as Problem).merge as unknown as ProposalMerge;
    expect(merge).toMatchObject({ draft_version: 2, conflicts: [], files: { ...PROPOSED, [NOTE]: 'Be brief.' } });
    expect(merge.hash).toBe(await approvalHash(merge.files, 2));
    expectProblem(await approve(proposal.id, { onto: 1 }), 409, 'draft_moved');

    const taken = await approve(proposal.id, { onto: 2, hash: merge.hash });
    expect(taken).toMatchObject({ status: 200, body: { status: 'approved', draft_version: 3 } });
    expect(await filesNow(agent_id)).toEqual(merge.files);
  });

  it('leaves contradictions to whoever approves', async () => {
    const { agent_id, proposal } = await readyFor(PROPOSED);
    await save(agent_id, changed({ [PROMPT_FILE]: 'Answer politely: {{trigger.text}}' }));
    const moved = await approve(proposal.id, { onto: 2 });
    expectProblem(moved, 409, 'draft_moved');
    const merge = (moved.body as unknown as Problem).merge as unknown as ProposalMerge;
    expect(merge.hash).toBeNull();
    expect(merge.conflicts).toMatchObject([{ path: PROMPT_FILE, base: DRAFT_FILES[PROMPT_FILE] }]);

    const stray = await approve(proposal.id, { onto: 2, resolved: { 'agent.yaml': 'nodes: []' } });
    expectProblem(stray, 422, 'validation_failed');
    const resolved = { [PROMPT_FILE]: 'Answer politely, in one sentence: {{trigger.text}}' };
    expect((await approve(proposal.id, { onto: 2, resolved })).status).toBe(200);
    expect(await filesNow(agent_id)).toEqual(changed(resolved));
  });

  it('lets one of several at once win', async () => {
    const { agent_id, proposal } = await readyFor(TWO_FILES);
    const answers = await Promise.all([
      approve(proposal.id),
      approve(proposal.id, { paths: [NOTE] }),
      api(`/proposals/${proposal.id}/reject`, { token: owner.token, body: {} }),
      approve(proposal.id),
    ]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409]);
    const { status, draft_version } = await proposalOf(owner, proposal.id);
    expect(draft_version).toBe(status === 'approved' ? 2 : 1);
    const decided = (await audited(owner.organization_id, 'proposal')).filter(
      ({ action, resource_id }) => resource_id === proposal.id && /approved|rejected/.test(action),
    );
    expect(decided).toHaveLength(1);
    expect(agent_id).toBe(proposal.agent_id);
  });

  it('is of proposals of agents that are not archived', async () => {
    const { agent_id, proposal } = await readyFor(PROPOSED);
    await api(`/agents/${agent_id}/status`, { method: 'PUT', token: owner.token, body: { status: 'archived' } });
    expectProblem(await approve(proposal.id), 409, 'agent_archived');
    expectProblem(await refine(owner, agent_id), 409, 'agent_archived');
  });
});

describe('going on from a proposal', () => {
  it('supersedes it, keeps its base, and begins with its files', async () => {
    const { agent_id, proposal } = await readyFor(PROPOSED);
    await save(agent_id, changed({ [NOTE]: 'Be brief.' }));
    const shorter = changed({ [PROMPT_FILE]: 'Short: {{trigger.text}}' });
    const runtime = await runtimeScenario({ frames: [state(shorter), end()] });
    const next = await begun(owner, agent_id, {
      user_prompt: `Shorter. ${runtime.mark}`,
      context: { proposal_id: proposal.id, node_ids: ['answer'], notes: 'As short as it goes.' },
    });
    expect(await settled(owner, next.proposal_id)).toMatchObject({
      status: 'ready',
      follows: proposal.id,
      base_version: 1,
      draft_version: 2,
      base_files: DRAFT_FILES,
      generated_files: shorter,
    });
    expect(await proposalOf(owner, proposal.id)).toMatchObject({ status: 'superseded' });
    const { input_payload } = JSON.parse((await runtime.seen()).invokes[0]?.body ?? '{}');
    expect(input_payload.files).toEqual(PROPOSED);
    expect(input_payload.task).toContain('answer (ai.chat)');
    expect(input_payload.task).toContain('As short as it goes.');
    expectProblem(await approve(proposal.id), 409, 'proposal_decided');
  });
});

describe('what a request for a refinement names', () => {
  it('has to be there', async () => {
    const { id } = await draftOf(owner);
    const refused = [
      await refine(owner, id, { context: { node_ids: ['answer', 'nobody'] } }),
      await refine(owner, id, { context: { proposal_id: (await readyFor(PROPOSED)).proposal.id } }),
      await refine(owner, id, { context: { model: 'builtin/extractive' } }),
      await refine(owner, id, { context: { model: 'openai/no-such-model' } }),
      await refine(owner, id, { user_prompt: '  ' }),
    ];
    for (const answer of refused) expectProblem(answer, 422, 'validation_failed');
    const { results } = await env.DB.prepare('SELECT id FROM proposals WHERE agent_id = ?').bind(id).all();
    expect(results).toEqual([]);
    const developer = await withRole(owner, 'developer');
    expect((await refine(developer, id, { context: { model: 'builtin/rules' } })).status).toBe(202);
    expect(DRAFT.nodes).toHaveLength(3);
  });
});
