import { setTimeout as delay } from 'node:timers/promises';
import { must } from './api-client.mjs';

/** @typedef {ReturnType<typeof import('./api-client.mjs').apiClient>} Call */

const PATIENCE_MS = 120_000;
const LOOK_MS = 300;

/** @param {'in_progress' | 'completed'} first @param {'pending' | 'in_progress' | 'completed'} then */
const plan = (first, then) => ({
  name: 'write_todos',
  arguments: {
    todos: [
      { content: 'Read the graph and where refunds go through it', status: first },
      { content: 'Put an approval between billing and its answer', status: then },
      { content: 'Write down the rule as a note', status: then },
      { content: 'Check the agent', status: then === 'completed' ? 'completed' : 'pending' },
    ],
  },
});

/** @param {string} old_text @param {string} new_text */
const edit = (old_text, new_text) => ({ name: 'edit_file', arguments: { path: 'agent.yaml', old_text, new_text } });

const LEAD = `  - id: ask_lead
    type: human.approval
    name: May this be refunded?
    config:
      message: "A refund of {{details.output.amount}} is asked for: {{summary.output.summary}}"
      timeout_seconds: 86400
    position: { x: 1300, "y": 120 }
edges:
`;

/** What the model says: the graph changes in three places, a prompt is reworded, a note comes. @param {string} hold */
const turns = (hold) => [
  {
    text: 'I look at the graph first, to see where a refund passes.',
    calls: [
      plan('in_progress', 'pending'),
      { name: 'read_file', arguments: { path: 'agent.yaml' } },
      { name: 'grep', arguments: { pattern: 'refund' } },
    ],
  },
  {
    text: 'Refunds reach the billing team through the branch “billing”. I put an approval before it, so that a lead is asked first.',
    hold,
    calls: [
      plan('completed', 'in_progress'),
      edit('edges:\n', LEAD),
      edit(
        'source_handle: billing, target: billing_team }',
        'source_handle: billing, target: ask_lead }\n  - { id: lead_says_yes, source: ask_lead, source_handle: approved, target: billing_team }',
      ),
      edit(
        'respond_within_hours": priority.output.label = "high" ? 4 : 24',
        'respond_within_hours": priority.output.label = "high" ? 2 : 12',
      ),
      {
        name: 'write_file',
        arguments: {
          path: 'prompts/summary.system.md',
          content:
            'You summarize messages to a support desk for the colleague who will answer. Say what the customer wants, how much money it is about and what has gone wrong; leave out greetings and signatures.',
        },
      },
      {
        name: 'write_file',
        arguments: {
          path: 'knowledge/refunds.md',
          content: '# Refunds\n\nA lead decides on every refund over 100 before the billing team answers.\n',
        },
      },
      plan('completed', 'completed'),
    ],
  },
  {
    text: 'A lead is now asked before the billing team answers, summaries name the amount, and a note says what the rule is. What happens when the lead says no is left open.',
  },
];

/**
 * Asks for a change of an agent, of a model that says what stands above. It waits in the middle until `hold` is released.
 * @param {Call} call @param {string} mockUrl @param {string} agent @param {string} hold
 */
async function ask(call, mockUrl, agent, hold) {
  await fetch(`${mockUrl}/scripts/${hold}`, { method: 'POST', body: JSON.stringify(turns(hold)) });
  const key = { base_url: `${mockUrl}/scripts/${hold}/v1`, api_key: 'example' };
  must(await call('PUT', '/org/provider-keys/anthropic', key), 'Setting a key', [200]);
  const user_prompt = 'Ask a lead before refunds over 100, and have summaries name the amount';
  return must(await call('POST', `/agents/${agent}/refinements`, { user_prompt }), 'Refining', [202]).proposal_id;
}

/**
 * A proposal that is under way, and what lets it go on to its end.
 * @param {Call} call @param {string} mockUrl @param {string} agent @param {string} name
 */
export async function beginProposal(call, mockUrl, agent, name) {
  const id = await ask(call, mockUrl, agent, name);
  return {
    id,
    finish: async () => {
      await fetch(`${mockUrl}/release?name=${name}`);
      const until = Date.now() + PATIENCE_MS;
      for (;;) {
        const { status } = must(await call('GET', `/proposals/${id}`), 'Reading a proposal', [200]);
        if (status === 'ready') return;
        if (status !== 'generating' || Date.now() > until) throw new Error(`The proposal is ${status}.`);
        await delay(LOOK_MS);
      }
    },
  };
}
