import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import { Circuits } from '../../../durable-objects/circuit/client.ts';
import { FAILURES_IN_A_ROW } from '../../../workers/platform/circuit.ts';
import { type Member, signUp } from '../../support/api.ts';
import { apiWith } from '../../support/people.ts';
import { begun, draftOf, settled, watch } from './refining.ts';

let owner: Member;
beforeAll(async () => {
  owner = await signUp();
});

const byRules = { context: { model: 'builtin/rules' } };

describe('a refinement without a language model', () => {
  it('is done by rules, through the same thread', async () => {
    const agent = await draftOf(owner);
    const ask = { ...byRules, user_prompt: 'Add an approval before “refund”' };
    const { proposal_id, thread_id } = await begun(owner, agent.id, ask);
    const proposal = await settled(owner, proposal_id);
    expect(proposal, JSON.stringify(proposal.error)).toMatchObject({
      status: 'ready',
      model: 'builtin/rules',
      runtime: 'rules',
      attempts: 1,
      cost_usd: 0,
      changes: [
        { path: 'agent.yaml', change: 'changed' },
        { path: 'prompts/approve_refund.message.md', change: 'added' },
      ],
    });
    expect(proposal.generated_files['agent.yaml']).toContain('human.approval');
    const socket = await watch(owner, thread_id);
    await socket.closed;
    expect(socket.events.map(({ seq, event_type }) => [seq, event_type])).toEqual([
      [1, 'on_state_update'],
      [2, 'end'],
    ]);
  });

  it('says what the rules can’t do', async () => {
    const agent = await draftOf(owner);
    const { proposal_id } = await begun(owner, agent.id, { ...byRules, user_prompt: 'Write me a poem about tides' });
    const failed = await settled(owner, proposal_id);
    expect(failed).toMatchObject({ status: 'failed', error: { code: 'not_understood' }, generated_files: {} });
    expect(failed.error?.message).toContain('rename');
  });
});

describe('a runtime that is known to be away', () => {
  it('refuses a refinement before anything is stored', async () => {
    const agent = await draftOf(owner);
    const host = `away-${crypto.randomUUID()}.example`;
    const gate = new Circuits(env.CIRCUIT, { clock: Date.now, random: () => 0 }).runtime(host);
    for (let failure = 0; failure < FAILURES_IN_A_ROW; failure++) {
      const entry = await gate.enter();
      if (entry.allowed) await entry.end({ verdict: 'failed' });
    }
    const answer = await apiWith({ DEEPAGENTS_RUNTIME_URL: `https://${host}` }, `/agents/${agent.id}/refinements`, {
      token: owner.token,
      body: { user_prompt: 'Make it shorter' },
    });
    expect(answer).toMatchObject({ status: 503, body: { code: 'upstream_unavailable' } });
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    const { results } = await env.DB.prepare('SELECT id FROM proposals WHERE agent_id = ?').bind(agent.id).all();
    expect(results).toEqual([]);
  });
});
