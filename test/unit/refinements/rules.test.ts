import type { AgentDefinition } from '@agentflow/contracts';
import { validateDefinition } from '@agentflow/engine';
import { describe, expect, it } from 'vitest';
import { applyEditCommand } from '../../../workers/domains/refinements/rules/index.ts';
import { CATALOGUE } from '../../../workers/models/index.ts';

const models = CATALOGUE.map(({ id }) => id);

const refunds: AgentDefinition = {
  nodes: [
    { id: 'start', type: 'trigger.manual', name: 'New request', config: {}, position: { x: 0, y: 0 } },
    {
      id: 'draft_answer',
      type: 'ai.chat',
      name: 'Draft the answer',
      config: {
        model: 'anthropic/claude-sonnet-5',
        prompt: 'Answer {{trigger.message}}. Refunds over 100 are for leads.',
      },
      position: { x: 300, y: 0 },
    },
    {
      id: 'big',
      type: 'logic.if',
      name: 'Big?',
      config: { conditions: { all: [{ field: '{{trigger.amount}}', operator: 'greater_than', value: 100 }] } },
      position: { x: 600, y: 0 },
    },
    {
      id: 'refund',
      type: 'action.http',
      name: 'Refund',
      config: {
        method: 'POST',
        url: 'https://shop.example/refunds',
        body: { amount: '{{trigger.amount}}', note: '{{draft_answer.output.text}}' },
      },
      position: { x: 900, y: 0 },
      retry: { max_attempts: 3, initial_ms: 1000, factor: 2, max_ms: 60_000 },
    },
    {
      id: 'score',
      type: 'logic.transform',
      name: 'Score',
      config: { expression: 'trigger.age > 30 and trigger.tags[0] = "100" ? 1 : 2' },
      position: { x: 900, y: 200 },
    },
  ],
  edges: [
    { id: 'e1', source: 'start', target: 'draft_answer' },
    { id: 'e2', source: 'draft_answer', target: 'big' },
    { id: 'e3', source: 'big', source_handle: 'true', target: 'refund' },
    { id: 'e4', source: 'big', source_handle: 'false', target: 'score' },
  ],
};

function apply(prompt: string, definition = refunds) {
  return applyEditCommand({ definition, agentName: 'Support desk', prompt, models });
}

function done(prompt: string, definition = refunds): { definition: AgentDefinition; did: string[] } {
  const result = apply(prompt, definition);
  if (!result.ok) throw new Error(result.message);
  expect(errorsOf(result.definition)).toEqual(errorsOf(definition));
  return result;
}

function errorsOf(definition: AgentDefinition) {
  return validateDefinition(definition).filter(({ severity }) => severity === 'error');
}

function refusal(prompt: string, definition = refunds): string {
  const result = apply(prompt, definition);
  expect(result, prompt).toMatchObject({ ok: false });
  return result.ok ? '' : result.message;
}

function node(definition: AgentDefinition, id: string) {
  const found = definition.nodes.find((each) => each.id === id);
  if (found === undefined) throw new Error(`no ${id} among ${definition.nodes.map((each) => each.id)}`);
  return found;
}

const edgesOf = ({ edges }: AgentDefinition) =>
  edges.map(({ source, source_handle, target }) => `${source}.${source_handle ?? 'out'} → ${target}`);

describe('renaming a step', () => {
  it.each([
    'rename "Draft the answer" to "Write reply"',
    'Rename the step draft_answer to Write reply.',
    'please rename draft answer to Write reply',
    'call “Draft the answer” “Write reply”',
    'change the name of Draft the answer to Write reply',
    'Benenne „Draft the answer“ um in „Write reply“',
    'rename the draft step to Write reply',
  ])('understands: %s', (prompt) => {
    const { definition, did } = done(prompt);
    expect(node(definition, 'write_reply').name).toBe('Write reply');
    expect(node(definition, 'refund').config.body).toMatchObject({ note: '{{write_reply.output.text}}' });
    expect(edgesOf(definition).slice(0, 2)).toEqual(['start.out → write_reply', 'write_reply.out → big']);
    expect(did).toEqual([
      'Renamed “Draft the answer” to “Write reply”: its id is now write_reply, in expressions too.',
    ]);
  });

  it('keeps an id that the name gives no other for, and finds a free one', () => {
    expect(node(done('rename Refund to 返金').definition, 'refund').name).toBe('返金');
    expect(node(done('rename Refund to Big').definition, 'big_2').name).toBe('Big');
    expect(node(done('rename Refund to Trigger').definition, 'trigger_2').name).toBe('Trigger');
  });

  it('tells what it can’t rename', () => {
    expect(refusal('rename the agent to Desk')).toContain('agent’s settings');
    expect(refusal('rename Support desk to Desk')).toContain('agent’s settings');
    expect(refusal('rename Invoice to Bill')).toMatch(/no step “Invoice”.*“Refund”/);
    expect(refusal('rename Refund to Refund')).toContain('already');
    expect(refusal(`rename Refund to ${'x'.repeat(200)}`)).toContain('120');
  });
});

describe('an approval before a step', () => {
  it.each([
    'add an approval before Refund',
    'Add a human approval step before the refund step.',
    'insert an approval before refunds',
    'require approval before the refund',
    'require approval for refunds',
    'Ask a person before Refund',
    'ask somebody for approval before refund',
    'let a human approve the refund',
    'Refund needs an approval',
    'add a step that asks a person before refunds',
    'Füge eine Freigabe vor Refund hinzu',
    'Bitte frage jemanden, bevor Refund',
  ])('understands: %s', (prompt) => {
    const { definition, did } = done(prompt);
    expect(edgesOf(definition)).toEqual([
      'start.out → draft_answer',
      'draft_answer.out → big',
      'big.true → approve_refund',
      'big.false → score',
      'approve_refund.approved → refund',
    ]);
    expect(node(definition, 'approve_refund')).toMatchObject({
      type: 'human.approval',
      position: { x: 900, y: 0 },
      config: { title: 'Approve: Refund', message: 'Go on with Refund?' },
    });
    expect(node(definition, 'refund').position).toEqual({ x: 1200, y: 0 });
    expect(did).toEqual(['Added an approval before “Refund”.']);
  });

  it.each([
    ['add an approval before Refund when the amount is over 100', 'greater_than', 100],
    ['Add an approval before Refund for amounts over $1,000', 'greater_than', 1000],
    ['add a step that asks a person before refunds over 100', 'greater_than', 100],
    ['add an approval before Refund only if trigger.amount >= 50', 'greater_or_equal', 50],
    ['require approval for refunds of more than 200 EUR', 'greater_than', 200],
    ['require approval before Refund if the amount is at least 2k', 'greater_or_equal', 2000],
    ['Refund needs approval when amount exceeds 75.50', 'greater_than', 75.5],
    ['Refund requires an approval for amounts of 100 or more', 'greater_or_equal', 100],
    ['add an approval before Refund for amounts under 10', 'less_than', 10],
    ['Füge eine Freigabe vor Refund für amount über 100 ein', 'greater_than', 100],
  ])('asks only past a threshold: %s', (prompt, operator, value) => {
    const { definition } = done(prompt);
    expect(node(definition, 'check_refund').config).toEqual({
      conditions: { all: [{ field: '{{trigger.amount}}', operator, value }] },
    });
    expect(edgesOf(definition).slice(2)).toEqual([
      'big.true → check_refund',
      'big.false → score',
      'check_refund.true → approve_refund',
      'check_refund.false → refund',
      'approve_refund.approved → refund',
    ]);
  });

  it('takes every way that leads to the step', () => {
    const joined = { ...refunds, edges: [...refunds.edges, { id: 'e5', source: 'score', target: 'refund' }] };
    const edges = edgesOf(done('add an approval before Refund', joined).definition);
    expect(edges.filter((edge) => edge.endsWith('→ approve_refund'))).toEqual([
      'big.true → approve_refund',
      'score.out → approve_refund',
    ]);
    expect(edges.filter((edge) => edge.endsWith('→ refund'))).toEqual(['approve_refund.approved → refund']);
  });

  it('sets roles as approvers, and says who is asked where the words name nobody that it knows', () => {
    const admin = done('add an approval by an admin before Refund');
    expect(node(admin.definition, 'approve_refund').config.approvers).toEqual({
      users: [],
      roles: ['admin'],
      teams: [],
    });
    const lead = done('add a step that asks a lead before refunds over 100');
    expect(lead.did[0]).toContain('“a lead” is no role');
    expect(node(lead.definition, 'approve_refund').config.approvers).toBeUndefined();
  });

  it('asks back where it can’t tell what is compared', () => {
    const open = { ...refunds, input_schema: { type: 'object', properties: { total: { type: 'number' } } } };
    expect(refusal('add an approval before Refund over 100', open)).toMatch(/trigger\.total and trigger\.amount/);
    expect(refusal('add an approval before Refund when the weight is over 100')).toMatch(
      /what “the weight” is.*trigger\.amount/,
    );
    expect(refusal('add an approval before Refund when the amount is over 1.000')).toContain('without separators');
    expect(refusal('add an approval before Refund if the customer is new')).toContain('compares a number');
  });

  it('tells where none can be', () => {
    expect(refusal('add an approval before New request')).toContain('starts the agent');
    expect(refusal('add an approval before Invoice')).toContain('no step');
    const { definition } = done('add an approval before Refund');
    expect(refusal('add an approval before refund', definition)).toContain('already');
    const loose = { ...refunds, edges: [] };
    expect(refusal('add an approval before Refund', loose)).toContain('Nothing leads to');
  });
});

describe('changing a model', () => {
  it.each([
    ['use claude-haiku-4-5 for Draft the answer', 'anthropic/claude-haiku-4-5'],
    ['Use anthropic/claude-haiku-4-5.', 'anthropic/claude-haiku-4-5'],
    ['change the model of draft_answer to gpt-5-mini', 'openai/gpt-5-mini'],
    ['switch to gpt-5 mini', 'openai/gpt-5-mini'],
    ['set the model to google/gemini-2.5-pro', 'google/gemini-2.5-pro'],
    ['use model ollama/llama3 in draft_answer', 'ollama/llama3'],
    ['Nutze das Modell gpt-5-nano für „Draft the answer“', 'openai/gpt-5-nano'],
    ['use gpt-4o everywhere', 'openai/gpt-4o'],
    ['run draft answer on gpt-4o', 'openai/gpt-4o'],
    ['use the model gpt-4o for all steps', 'openai/gpt-4o'],
  ])('understands: %s', (prompt, model) => {
    const { definition } = done(prompt);
    expect(node(definition, 'draft_answer').config.model).toBe(model);
    expect(definition.edges).toEqual(refunds.edges);
  });

  it('tells what it can’t', () => {
    expect(refusal('use haiku for Draft the answer')).toMatch(/can mean .*claude-haiku-5-5/);
    expect(refusal('use gpt-99 for Draft the answer')).toContain('no model “gpt-99”');
    expect(refusal('use openai/gpt-99')).toContain('nearest');
    expect(refusal('use gpt-4o for Refund')).toContain('uses no language model');
    expect(refusal('use claude-sonnet-5 for Draft the answer')).toContain('already');
    expect(refusal('use gpt-4o', { nodes: [], edges: [] })).toContain('No step');
  });
});

describe('changing a number', () => {
  const value = (definition: AgentDefinition) => JSON.stringify(node(definition, 'big').config);

  it.each([
    'change the threshold in Big? from 100 to 200',
    'set the limit of “Big?” to 200',
    'raise the threshold from 100 to 200',
    'change 100 to 200 in Big',
    'change 100 to 200',
    'raise the amount to 200',
    'change the amount from 100 to 200 EUR',
    'Ändere die Schwelle in Big von 100 auf 200',
    'Erhöhe das Limit von Big auf 200',
    'replace 100 with 200',
  ])('understands: %s', (prompt) => {
    const { definition, did } = done(prompt);
    expect(value(definition)).toContain('"value":200');
    expect(did[0]).toContain('also stands in a text of “Draft the answer”');
    expect(node(definition, 'draft_answer')).toEqual(node(refunds, 'draft_answer'));
  });

  it('changes a literal in an expression, and no other', () => {
    const { definition } = done('change the threshold in Score from 30 to 40');
    expect(node(definition, 'score').config.expression).toBe('trigger.age > 40 and trigger.tags[0] = "100" ? 1 : 2');
  });

  it('changes a setting that is named', () => {
    expect(node(done('change the max attempts of Refund from 3 to 5').definition, 'refund').retry?.max_attempts).toBe(
      5,
    );
    expect(node(done('set max attempts of Refund to 5').definition, 'refund').retry?.max_attempts).toBe(5);
  });

  it('keeps a text a text', () => {
    const conditions = { all: [{ field: '{{trigger.amount}}', operator: 'greater_than', value: '100' }] };
    const texts = {
      ...refunds,
      nodes: refunds.nodes.map((each) => (each.id === 'big' ? { ...each, config: { conditions } } : each)),
    };
    expect(value(done('change 100 to 200', texts).definition)).toContain('"value":"200"');
  });

  it('asks back where several can be meant, and tells what there is where none is', () => {
    expect(refusal('set the threshold to 5')).toMatch(/can’t tell which number.*“Big\?” is 100.*“Score” is 30/);
    expect(refusal('change the threshold from 70 to 80')).toMatch(/no number 70.*“Big\?” is 100/);
    expect(refusal('change the threshold in Draft the answer to 5')).toContain('Nothing is compared');
    expect(refusal('set the weight in Refund to 5')).toContain('no number called “weight”');
    expect(refusal('change 100 to 1.000')).toContain('without separators');
    expect(refusal('change 100 to 100')).toContain('already');
  });
});

describe('several commands', () => {
  it.each([
    'rename Refund to Pay back and use gpt-4o for Draft the answer',
    '1. Rename Refund to Pay back.\n2. Use gpt-4o for Draft the answer.',
    'Rename Refund to Pay back. Please use gpt-4o for Draft the answer!',
    '- rename Refund to Pay back\n- use gpt-4o for Draft the answer',
    'rename Refund to Pay back, then use gpt-4o for Draft the answer',
  ])('are done together: %s', (prompt) => {
    const { definition, did } = done(prompt);
    expect(node(definition, 'pay_back').name).toBe('Pay back');
    expect(node(definition, 'draft_answer').config.model).toBe('openai/gpt-4o');
    expect(did).toHaveLength(2);
  });

  it('see what those before them did', () => {
    const { definition } = done('rename Refund to Pay back and add an approval before Pay back for amounts over 50');
    expect(edgesOf(definition)).toContain('approve_pay_back.approved → pay_back');
  });

  it('leave quoted names whole', () => {
    expect(node(done('rename Refund to "Pay and rename to it"').definition, 'pay_and_rename_to_it').name).toBe(
      'Pay and rename to it',
    );
  });

  it('are not done by halves', () => {
    const message = refusal('rename Refund to Pay back and remove the step Score');
    expect(message).toContain('“remove the step Score”');
    expect(message).toContain('Nothing was changed');
    expect(message).toContain('I can rename a step, add an approval');
  });
});

describe('anything else', () => {
  it.each([
    '',
    '   ',
    'make it better',
    'delete Refund',
    'translate all answers into French',
    'What does this agent do?',
  ])('is refused with what can be done: %j', (prompt) => {
    expect(refusal(prompt)).toContain(
      'I can rename a step, add an approval before a step, change the model of a step, and change a number',
    );
  });
});
