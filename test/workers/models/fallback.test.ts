import { env } from 'cloudflare:workers';
import type { ExecutionLog, ExecutionStep, ModelFallback } from '@agentflow/contracts';
import { beforeEach, describe, expect, inject, it } from 'vitest';
import { type ModelsConfig, sharesCredential } from '../../../workers/models/index.ts';
import { agentEdges, agentNode, publishedAgent, runToEnd } from '../../support/agents.ts';
import { api, expectProblem, type Member, signUp, withRole } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import type {} from '../../support/provided-context.ts';
import { clock, guardedModels, isolate } from './circuits.ts';
import { chat, KEY, never, TRIAGE_SCHEMA } from './request.ts';

const faults = inject('modelFaultsUrl');
const answers = inject('modelServerUrl');
const tools = inject('toolServerUrl');

const put = (member: Member, models: unknown) =>
  api<ModelFallback>('/models/fallback', { method: 'PUT', token: member.token, body: { models } });
const get = (member: Member) => api<ModelFallback>('/models/fallback', { token: member.token });

describe('the fallback chain of an organization', () => {
  it('is empty at first, holds once it is set, and is told in the audit log', async () => {
    const owner = await signUp();
    const stranger = await signUp();
    expect((await get(owner)).body).toEqual({ models: [] });
    const models = ['anthropic/claude-haiku-4-5', 'builtin/extractive'];
    const answer = await put(owner, models);
    expect([answer.status, answer.body]).toEqual([200, { models }]);
    expect((await get(owner)).body).toEqual({ models });
    expect((await get(stranger)).body).toEqual({ models: [] });
    await put(owner, []);
    expect((await get(owner)).body).toEqual({ models: [] });
    const logged = await env.DB.prepare('SELECT * FROM audit_logs WHERE organization_id = ? AND action = ?')
      .bind(owner.organization_id, 'model_fallback.set')
      .all<{ details: string }>();
    expect(logged.results.map(({ details }) => JSON.parse(details))).toEqual(
      expect.arrayContaining([{ models }, { models: [] }]),
    );
  });

  it('may be read by every member and set by those who manage the organization', async () => {
    const owner = await signUp();
    const viewer = await withRole(owner, 'viewer');
    expect((await get(viewer)).status).toBe(200);
    expectProblem(await put(viewer, []), 403, 'forbidden');
  });

  it.each([
    [['openai/gpt-9000'], 'models.0'],
    [['builtin/extractive', 'openai/gpt-4o', 'builtin/extractive'], 'models.2'],
    [['gpt-4o'], 'models.0'],
    [Array(6).fill('builtin/extractive'), 'models'],
  ])('refuses %j', async (models, path) => {
    const owner = await signUp();
    await put(owner, ['builtin/extractive']);
    const problem = expectProblem(await put(owner, models), 422, 'validation_failed');
    expect(problem.errors?.map((error) => error.path)).toEqual([path]);
    expect((await get(owner)).body).toEqual({ models: ['builtin/extractive'] });
  });
});

describe('a chain over HTTP', () => {
  let config: ModelsConfig;
  let token: string;
  beforeEach(() => {
    token = crypto.randomUUID();
    config = {
      OPENAI_API_KEY: KEY,
      OPENAI_BASE_URL: `${faults}/500~${token}/v1`,
      ANTHROPIC_API_KEY: KEY,
      ANTHROPIC_BASE_URL: `${faults}/429~${token}/v1`,
      GOOGLE_API_KEY: KEY,
      GOOGLE_BASE_URL: `${answers}/v1beta`,
    };
  });
  const chain = { fallback: ['anthropic/claude-haiku-4-5', 'ollama/llama3.2', 'google/gemini-2.5-flash'] };
  const outcomes = (calls: readonly { provider: string; outcome: string }[]) =>
    calls.map(({ provider, outcome }) => `${provider} ${outcome}`);

  it('goes on to the model that answers, and books each call', async () => {
    const time = clock();
    const models = guardedModels(config, time, isolate(time), crypto.randomUUID());
    const told: string[] = [];
    const result = await models.generate(chat('openai/gpt-4o', 'Write a haiku', chain), {
      signal: never(),
      onFallback: (model, { code }) => told.push(`${model} ${code}`),
    });
    expect(result.ok).toBe(true);
    expect(told).toEqual([
      'openai/gpt-4o model_overloaded',
      'anthropic/claude-haiku-4-5 model_rate_limited',
      'ollama/llama3.2 model_not_configured',
    ]);
    expect(outcomes(result.calls)).toEqual(['openai error', 'anthropic error', 'google ok']);
    expect(result.calls.map(({ cost_microusd }) => cost_microusd > 0)).toEqual([false, false, true]);
  });

  it('spares the providers whose circuit is open', async () => {
    const time = clock();
    const models = guardedModels(config, time, isolate(time), crypto.randomUUID());
    const ask = () => models.generate(chat('openai/gpt-4o', 'Write a haiku', chain), { signal: never() });
    for (let n = 0; n < 5; n++) await ask();
    expect(outcomes((await ask()).calls)).toEqual(['google ok']);
    const seen = await (await fetch(`${faults}/seen/${token}`)).json<{ requests: unknown[] }>();
    // Five of the one that fails, one of the one that asked for a pause.
    expect(seen.requests).toHaveLength(6);
  });

  it.each([
    ['400', 'model_bad_request'],
    ['filtered', 'model_content_filtered'],
  ])('ends at %s', async (fault, code) => {
    const time = clock();
    const faulty = { ...config, OPENAI_BASE_URL: `${faults}/${fault}~${token}/v1` };
    const models = guardedModels(faulty, time, isolate(time), crypto.randomUUID());
    const result = await models.generate(chat('openai/gpt-4o', 'Write a haiku', chain), { signal: never() });
    expect(result).toMatchObject({ ok: false, error: { code } });
    expect(result.calls).toHaveLength(1);
  });

  it('is not asked for an answer that does not fit, until the engine gives up on the first model', async () => {
    const time = clock();
    const good = { ...config, OPENAI_BASE_URL: `${answers}/v1` };
    const models = guardedModels(good, time, isolate(time), crypto.randomUUID());
    const request = chat('openai/gpt-4o', 'Talk instead of sorting', {
      schema: TRIAGE_SCHEMA,
      fallback: ['google/gemini-2.5-flash'],
    });
    const first = await models.generate(request, { signal: never() });
    expect(first).toMatchObject({ ok: false, error: { code: 'model_output_invalid', retryable: true } });
    expect(first.calls).toHaveLength(1);
    const last = await models.generate(request, { signal: never(), last_attempt: true });
    expect(outcomes(last.calls)).toEqual(['openai error', 'google error']);
  });

  it('gives a model that hangs its part of the time', async () => {
    const time = clock();
    const hanging = { ...config, OPENAI_BASE_URL: `${faults}/stalled~${token}/v1` };
    const models = guardedModels(hanging, time, isolate(time), crypto.randomUUID());
    const request = chat('openai/gpt-4o', 'Write a haiku', { fallback: ['google/gemini-2.5-flash'] });
    const result = await models.generate(request, { signal: never(), timeout_ms: 400 });
    expect(result.ok).toBe(true);
    expect(outcomes(result.calls)).toEqual(['openai cancelled', 'google ok']);
  });
});

describe('a step with a chain', () => {
  const start = agentNode('start', 'trigger.manual');
  const prompt = 'The printer on floor two is broken. Please send somebody.';

  /** Runs one chat node to its end. */
  async function run(owner: Member, config: Record<string, string | string[]>) {
    const node = agentNode(
      'write',
      'ai.chat',
      { prompt, ...config },
      { retry: { max_attempts: 1, initial_ms: 1, factor: 1, max_ms: 1 } },
    );
    const agent = await publishedAgent(owner, { nodes: [start, node], edges: agentEdges('start>write') });
    const execution = await runToEnd(owner, agent.id);
    const steps = await api<{ data: ExecutionStep[] }>(`/executions/${execution.id}/steps`, { token: owner.token });
    return { execution, step: steps.body.data.at(-1) };
  }

  it('shows the model that answered, tells the change in its log, and books every call once', async () => {
    const owner = await signUp();
    const price = { model: 'custom/down-before-it-ends', input_usd_per_million: 1, output_usd_per_million: 2 };
    await api('/models/prices', { method: 'PUT', token: owner.token, body: price });
    const { execution, step } = await run(owner, { model: price.model, fallback: ['builtin/extractive'] });
    expect(execution.status).toBe('completed');
    expect(step).toMatchObject({ model: 'builtin/extractive', attempts: [{ status: 'completed' }] });
    expect(execution.cost_usd).toBeGreaterThan(0);
    expect(step?.cost_usd).toBe(execution.cost_usd);

    const logs = await api<{ data: ExecutionLog[] }>(`/executions/${execution.id}/logs`, { token: owner.token });
    expect(logs.body.data.map(({ level, node_id, message }) => [level, node_id, message])).toEqual([
      ['warning', 'write', expect.stringContaining('so builtin/extractive is asked')],
    ]);
    const costs = await eventually(async () => {
      const { results } = await env.DB.prepare('SELECT * FROM cost_records WHERE execution_id = ? ORDER BY id')
        .bind(execution.id)
        .all<Record<string, unknown>>();
      return results.length > 0 && results;
    });
    expect(costs.map(({ model, outcome }) => [model, outcome])).toEqual([
      ['down-before-it-ends', 'error'],
      ['extractive', 'ok'],
    ]);
    expect(costs[0]?.cost_microusd).toBe(Math.round(execution.cost_usd * 1_000_000));
  });

  it("follows the organization's where it has none, and none where it says so", async () => {
    const owner = await signUp();
    await put(owner, ['builtin/extractive']);
    // Not configured here: no provider is troubled by it.
    const followed = await run(owner, { model: 'openai/gpt-4o' });
    expect(followed.execution.status).toBe('completed');
    expect(followed.step?.model).toBe('builtin/extractive');
    const alone = await run(owner, { model: 'openai/gpt-4o', fallback: [] });
    expect(alone.step?.error?.code).toBe('model_not_configured');
  });

  it('fails with the last error when no model answers', async () => {
    const { execution, step } = await run(await signUp(), {
      model: 'openai/gpt-4o',
      fallback: ['anthropic/claude-haiku-4-5'],
    });
    expect(execution.status).toBe('failed');
    expect(step?.error).toMatchObject({
      code: 'model_not_configured',
      message: expect.stringContaining('openai/gpt-4o (model_not_configured)'),
    });
  });
});

describe('whose circuit a call is under', () => {
  it("is the installation's while key and URL are, and the organization's with its own", () => {
    const installation = { OPENAI_API_KEY: KEY, CUSTOM_BASE_URL: tools };
    expect(sharesCredential({ ...installation }, installation, 'openai')).toBe(true);
    expect(sharesCredential({ ...installation, OPENAI_BASE_URL: '' }, installation, 'openai')).toBe(true);
    expect(sharesCredential({ ...installation, OPENAI_API_KEY: 'sk-own' }, installation, 'openai')).toBe(false);
    expect(sharesCredential({ ...installation, OPENAI_API_KEY: 'sk-own' }, installation, 'custom')).toBe(true);
    expect(sharesCredential({ ...installation, CUSTOM_BASE_URL: faults }, installation, 'custom')).toBe(false);
  });
});
