import { env } from 'cloudflare:workers';
import type { CatalogueModel } from '@agentflow/contracts';
import { describe, expect, it } from 'vitest';
import { globalDb } from '../../../workers/db/client.ts';
import { auditLogs } from '../../../workers/db/schema/audit.ts';
import { priceOverride } from '../../../workers/domains/models/index.ts';
import { api, expectProblem, type Member, signUp, withRole } from '../../support/api.ts';

async function model(member: Member, id: string): Promise<CatalogueModel | undefined> {
  const answer = await api<{ data: CatalogueModel[] }>('/models', { token: member.token });
  expect(answer.status).toBe(200);
  return answer.body.data.find((one) => one.id === id);
}

const put = (member: Member, body: object) => api('/models/prices', { method: 'PUT', token: member.token, body });
const remove = (member: Member, id: string) =>
  api(`/models/prices?model=${encodeURIComponent(id)}`, { method: 'DELETE', token: member.token });

describe('GET /models', () => {
  it('lists the catalogue with source and date of each price and what this installation can call', async () => {
    const owner = await signUp();
    const builtin = await model(owner, 'builtin/extractive');
    expect(builtin).toMatchObject({ available: true, overridden: false, input_usd_per_million: 0 });
    const mini = await model(owner, 'openai/gpt-4o-mini');
    expect(mini).toMatchObject({
      available: false,
      input_usd_per_million: 0.15,
      output_usd_per_million: 0.6,
      context_tokens: 128_000,
    });
    expect(mini?.price_source).toMatch(/^https:/);
    expect(mini?.price_date).toMatch(/^\d{4}-\d{2}-\d{2}$/);
    expect(mini).not.toHaveProperty('scheduled');
  });
});

describe('PUT /models/prices', () => {
  it('sets a price that lists and cost computation see at once, and nobody else', async () => {
    const owner = await signUp();
    const stranger = await signUp();
    expect(await priceOverride(env, owner.organization_id, 'openai/gpt-4o')).toBeNull();

    const answer = await put(owner, { model: 'openai/gpt-4o', input_usd_per_million: 1.25, output_usd_per_million: 5 });
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ id: 'openai/gpt-4o', input_usd_per_million: 1.25, overridden: true });
    expect(await model(owner, 'openai/gpt-4o')).toMatchObject({ output_usd_per_million: 5, overridden: true });
    expect(await priceOverride(env, owner.organization_id, 'openai/gpt-4o')).toEqual({
      input_microusd_per_million: 1_250_000,
      output_microusd_per_million: 5_000_000,
    });

    expect(await model(stranger, 'openai/gpt-4o')).toMatchObject({ input_usd_per_million: 2.5, overridden: false });
    expect(await priceOverride(env, stranger.organization_id, 'openai/gpt-4o')).toBeNull();
  });

  it('prices a model of an endpoint of one’s own, replaces the price and writes the audit log', async () => {
    const owner = await signUp();
    const body = { model: 'ollama/llama3.2', input_usd_per_million: 0.01, output_usd_per_million: 0.02 };
    await put(owner, { ...body, context_tokens: 8192 });
    const again = await put(owner, { ...body, output_usd_per_million: 0.03, context_tokens: 4096 });
    expect(again.body).toMatchObject({
      id: 'ollama/llama3.2',
      provider: 'ollama',
      name: 'llama3.2',
      context_tokens: 4096,
    });
    expect(await model(owner, 'ollama/llama3.2')).toMatchObject({ output_usd_per_million: 0.03, overridden: true });
    const rows = await globalDb(env).select().from(auditLogs);
    const mine = rows.filter(
      (row) => row.organization_id === owner.organization_id && row.action === 'model_price.set',
    );
    expect(mine).toHaveLength(2);
  });

  it('refuses an unknown model with the nearest names, and prices that are none', async () => {
    const owner = await signUp();
    const price = { input_usd_per_million: 1, output_usd_per_million: 1 };
    const unknown = expectProblem(
      await put(owner, { ...price, model: 'openai/gpt-4o-minni' }),
      422,
      'validation_failed',
    );
    expect(unknown.errors?.[0]?.message).toContain('openai/gpt-4o-mini');
    for (const wrong of [
      { input_usd_per_million: -1 },
      { input_usd_per_million: 1e12 },
      { model: 'nobody/x' },
      { extra: 1 },
    ]) {
      expectProblem(await put(owner, { model: 'openai/gpt-4o', ...price, ...wrong }), 422, 'validation_failed');
    }
    expect(await model(owner, 'openai/gpt-4o')).toMatchObject({ overridden: false });
  });

  it('is for those who manage the organization', async () => {
    const owner = await signUp();
    const editor = await withRole(owner, 'editor');
    const body = { model: 'openai/gpt-4o', input_usd_per_million: 0, output_usd_per_million: 0 };
    expectProblem(await put(editor, body), 403, 'forbidden');
    expectProblem(await remove(editor, 'openai/gpt-4o'), 403, 'forbidden');
    expect(await model(editor, 'openai/gpt-4o')).toMatchObject({ overridden: false });
  });
});

describe('DELETE /models/prices', () => {
  it('brings the listed price back', async () => {
    const owner = await signUp();
    await put(owner, { model: 'openai/gpt-4o', input_usd_per_million: 9, output_usd_per_million: 9 });
    expect((await remove(owner, 'openai/gpt-4o')).status).toBe(204);
    expect(await model(owner, 'openai/gpt-4o')).toMatchObject({ input_usd_per_million: 2.5, overridden: false });
    expect(await priceOverride(env, owner.organization_id, 'openai/gpt-4o')).toBeNull();
    expectProblem(await remove(owner, 'openai/gpt-4o'), 404, 'not_found');
  });

  it('does not reach the price of another organization', async () => {
    const owner = await signUp();
    const stranger = await signUp();
    await put(owner, { model: 'ollama/mine', input_usd_per_million: 9, output_usd_per_million: 9 });
    expectProblem(await remove(stranger, 'ollama/mine'), 404, 'not_found');
    expect(await model(owner, 'ollama/mine')).toMatchObject({ input_usd_per_million: 9 });
  });
});
