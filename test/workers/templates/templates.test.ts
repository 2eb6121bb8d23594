import type {
  Agent,
  AgentDefinition,
  Execution,
  ExecutionStep,
  JsonValue,
  Template,
  TemplateDetail,
  Validation,
} from '@agentflow/contracts';
import { beforeAll, describe, expect, it } from 'vitest';
import { api, expectProblem, type Member, signUp, withRole } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';

let owner: Member;
beforeAll(async () => {
  owner = await signUp();
});

async function listed(): Promise<Template[]> {
  const { status, body } = await api<{ data: Template[] }>('/templates', { token: owner.token });
  expect(status).toBe(200);
  return body.data;
}

/** The first example that each field of an input schema gives. */
function exampleInput({ input_schema }: AgentDefinition): JsonValue {
  const properties = (input_schema?.properties ?? {}) as Record<string, { examples?: JsonValue[] }>;
  return Object.fromEntries(Object.entries(properties).map(([name, { examples }]) => [name, examples?.[0] ?? null]));
}

/** As long as nobody decides, a test that asks a person ends here. */
async function whereItGot(id: string): Promise<Execution> {
  return eventually(async () => {
    const { body } = await api<Execution>(`/executions/${id}`, { token: owner.token });
    const place = body.status === 'waiting' ? body.waiting_reason : body.status;
    return ['completed', 'failed', 'approval'].includes(place ?? '') && body;
  });
}

describe('the gallery', () => {
  it('lists templates with their nodes and what they need, without their definitions', async () => {
    const templates = await listed();
    expect(templates.length).toBeGreaterThanOrEqual(6);
    expect(new Set(templates.map(({ id }) => id)).size).toBe(templates.length);
    expect(templates[0]).toMatchObject({ id: 'support-triage', category: 'support', needs: [] });
    expect(templates[0]?.nodes[0]).toEqual({ type: 'trigger.manual', name: 'New ticket' });
    expect(templates[0]).not.toHaveProperty('definition');
  });

  it('tells what is not there from what is no id', async () => {
    expectProblem(await api('/templates/no-such-template', { token: owner.token }), 404, 'not_found');
    expectProblem(await api('/templates/no-such-template/install', { token: owner.token, body: {} }), 404, 'not_found');
    expectProblem(await api('/templates/No%20id', { token: owner.token }), 404, 'not_found');
  });

  it('installs for those who may write agents, under a name of their choice', async () => {
    const { token } = await withRole(owner, 'viewer');
    expectProblem(await api('/templates/support-triage/install', { token, body: {} }), 403, 'forbidden');
    const body = { name: 'Inbox' };
    const made = await api<Agent>('/templates/support-triage/install', { token: owner.token, body });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({ name: 'Inbox', status: 'draft', live_version: null });
    const draft = await api<AgentDefinition>(`/agents/${made.body.id}/draft`, { token: owner.token });
    const { body: template } = await api<TemplateDetail>('/templates/support-triage', { token: owner.token });
    expect(draft.body).toEqual(template.definition);
  });
});

describe('each template', () => {
  it('can be published once its needs are met, names all of them, and runs on its example', async () => {
    for (const { id, name, needs } of await listed()) {
      const { body: template } = await api<TemplateDetail>(`/templates/${id}`, { token: owner.token });
      const text = JSON.stringify(template.definition);
      const named = (kind: string) => needs.filter((need) => need.kind === kind).map((need) => need.name);
      const found = (pattern: RegExp) => [...new Set([...text.matchAll(pattern)].map(([, match = '']) => match))];
      expect(named('secret').sort(), name).toEqual(found(/\{\{env\.([A-Z_]+)\}\}/g).sort());
      expect(named('address').sort(), name).toEqual(found(/https:\/\/([a-z.]+)/g).sort());
      for (const secret of named('secret')) {
        await api('/org/env-vars', { token: owner.token, body: { name: secret, value: 'a value of the test' } });
      }

      const installed = await api<Agent>(`/templates/${id}/install`, { token: owner.token, body: {} });
      expect(installed.status, name).toBe(201);
      const agentPath = `/agents/${installed.body.id}`;
      const checked = await api<Validation>(`${agentPath}/validate`, { token: owner.token, body: {} });
      expect(checked.body, name).toEqual({ valid: true, problems: [] });

      const input = exampleInput(template.definition);
      const test = await api<Execution>(`${agentPath}/test`, { token: owner.token, body: { input } });
      expect(test.status, `${name}: ${JSON.stringify(test.body)}`).toBe(202);
      const execution = await whereItGot(test.body.id);
      const steps = await api<{ data: ExecutionStep[] }>(`/executions/${execution.id}/steps`, { token: owner.token });
      const failed = steps.body.data.filter(({ status }) => status === 'failed');
      expect(execution.status, `${name}: ${JSON.stringify(failed)}`).toMatch(/^(completed|waiting)$/);
      if (execution.status === 'waiting') {
        await api(`/executions/${execution.id}/cancel`, { method: 'POST', token: owner.token });
      }
    }
  });

  it('does what it says: small refunds pass, larger ones wait; invoices that fit are payable', async () => {
    const outcome = async (template: string, input: JsonValue) => {
      const { body: agent } = await api<Agent>(`/templates/${template}/install`, { token: owner.token, body: {} });
      const { body } = await api<Execution>(`/agents/${agent.id}/test`, { token: owner.token, body: { input } });
      const ended = await whereItGot(body.id);
      return { status: ended.status, output: ended.output };
    };
    const refund = { customer: 'Ann', order_number: 'A-1', reason: 'Broken' };
    expect(await outcome('refund-approval', { ...refund, amount: 20 })).toMatchObject({
      status: 'completed',
      output: { status: 'refunded', amount: 20 },
    });
    expect((await outcome('refund-approval', { ...refund, amount: 200 })).status).toBe('waiting');
    const text = 'Invoice INV-2041. Total amount due: $1,250.00. Payable by 2026-12-15.';
    expect(await outcome('invoice-check', { text, ordered_amount: 1250 })).toMatchObject({
      output: { status: 'payable', invoice: { invoice_number: 'INV-2041', amount: 1250 } },
    });
    expect((await outcome('invoice-check', { text, ordered_amount: 900 })).status).toBe('waiting');
    const comments = [
      'The app crashes when I print.',
      'Great product, my team loves it.',
      'The price is too high for us.',
    ];
    expect(await outcome('feedback-digest', { comments })).toMatchObject({
      output: { total: 3, topics: { reliability: 1, praise: 1, price: 1 } },
    });
    const message = 'We are 40 people at Example Ltd and want to start next month. Please send a quote.';
    expect(await outcome('lead-scoring', { from: 'ann@example.com', message })).toMatchObject({
      output: { interest: 'ready_to_buy' },
    });
  });
});
