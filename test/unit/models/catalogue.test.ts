import { catalogueModel, modelRef } from '@agentflow/contracts';
import { describe, expect, it } from 'vitest';
import { CATALOGUE, catalogueEntry, checkModel, listedPrice } from '../../../workers/models/catalogue.ts';
import { callCost } from '../../../workers/models/pricing.ts';
import { readJson, schemaProblem } from '../../../workers/models/structured-output.ts';
import { countTokens } from '../../../workers/models/tokens.ts';

const NOW = Date.UTC(2026, 10, 21);

describe('the catalogue', () => {
  it('holds valid entries, each once, with source and a day that is not in the future', () => {
    for (const entry of CATALOGUE) {
      const { long_prompt: _tier, scheduled: _change, ...model } = entry;
      expect(catalogueModel.safeParse({ ...model, overridden: false, available: true }).error).toBeUndefined();
      expect(modelRef.safeParse(entry.id).success).toBe(true);
      expect(entry.id).toBe(`${entry.provider}/${entry.name}`);
      expect(Date.parse(entry.price_date)).toBeLessThanOrEqual(NOW);
      if (entry.provider !== 'builtin') expect(entry.input_usd_per_million).toBeGreaterThan(0);
    }
    expect(new Set(CATALOGUE.map(({ id }) => id)).size).toBe(CATALOGUE.length);
  });

  it('knows the models that everyone asks for', () => {
    for (const id of [
      'openai/gpt-4o',
      'openai/gpt-4o-mini',
      'anthropic/claude-sonnet-4-5',
      'anthropic/claude-haiku-4-5',
    ]) {
      expect(catalogueEntry(id)?.id).toBe(id);
    }
    for (const provider of ['builtin', 'openai', 'anthropic', 'google', 'workers-ai']) {
      expect(CATALOGUE.some((entry) => entry.provider === provider)).toBe(true);
    }
  });
});

describe('checkModel', () => {
  it('lets catalogue models, their dated snapshots and any Ollama or custom name pass', () => {
    for (const ref of [
      'builtin/extractive',
      'openai/gpt-4o',
      'openai/gpt-4o-2024-08-06',
      'anthropic/claude-sonnet-4-5-20250929',
      'ollama/anything:7b',
      'custom/x/y',
    ]) {
      expect(checkModel(ref)).toBeNull();
    }
  });

  it('names what is near to an unknown model', () => {
    expect(checkModel('openai/gpt-4o-minni')).toContain('openai/gpt-4o-mini');
    expect(checkModel('anthropic/claude-sonet-5-5')).toContain('anthropic/claude-sonnet-5-5');
    expect(checkModel('builtin/smart')).toContain('builtin/extractive');
  });

  it('says what replaces a model that its vendor switched off, and what is no model at all', () => {
    expect(checkModel('google/gemini-2.0-flash')).toMatch(/2026-06-01.*google\/gemini-3\.8-flash/);
    expect(checkModel('gpt-4o')).toContain('provider/name');
    expect(checkModel('nobody/gpt-4o')).toContain('provider/name');
  });
});

describe('prices', () => {
  it('cost whole micro-dollars, rounded up', () => {
    const price = listedPrice('openai/gpt-4o-mini', NOW);
    expect(callCost(price, 1_000_000, 0)).toBe(150_000);
    expect(callCost(price, 0, 1_000_000)).toBe(600_000);
    expect(callCost(price, 1, 0)).toBe(1);
    expect(callCost(price, 0, 0)).toBe(0);
    expect(callCost(listedPrice('ollama/llama3.2', NOW), 5000, 5000)).toBe(0);
  });

  it('change on the day that the vendor announced', () => {
    expect(listedPrice('google/gemini-4-argon', Date.UTC(2026, 10, 30, 23)).input_microusd_per_million).toBe(2_000_000);
    expect(listedPrice('google/gemini-4-argon', Date.UTC(2026, 11, 1)).input_microusd_per_million).toBe(4_000_000);
  });

  it('take the tier for long prompts', () => {
    const price = listedPrice('anthropic/claude-haiku-5-5', NOW);
    expect(callCost(price, 100_000, 0)).toBe(10_000);
    expect(callCost(price, 200_000, 1000)).toBe(200_000 * 0.5 + 1000 * 2.5);
  });
});

describe('tokens by length', () => {
  it('are four ASCII characters, or one of any other', () => {
    expect(countTokens('')).toBe(0);
    expect(countTokens('abcd')).toBe(1);
    expect(countTokens('abcde')).toBe(2);
    expect(countTokens('日本語')).toBe(3);
  });
});

describe('JSON in answers', () => {
  it.each([
    ['{"a":1}', { a: 1 }],
    ['```json\n{"a":1}\n```', { a: 1 }],
    ['Here you are:\n```\n[1,2]\n```\nBye', [1, 2]],
    ['The answer is {"a":{"b":2}} I think', { a: { b: 2 } }],
    ['nothing', undefined],
    ['{"a":', undefined],
  ])('%s', (answer, wanted) => {
    expect(readJson(answer)).toEqual(wanted);
  });

  it('is held against the schema', () => {
    const schema = {
      type: 'object',
      properties: {
        n: { type: 'integer' },
        list: { type: 'array', items: { type: 'string' } },
        kind: { enum: ['a', 'b'] },
      },
      required: ['n'],
      additionalProperties: false,
    };
    expect(schemaProblem({ n: 1, list: ['x'], kind: 'a' }, schema)).toBeNull();
    expect(schemaProblem({ n: null }, schema)).toBeNull();
    expect(schemaProblem({ n: 1.5 }, schema)).toContain('n is number');
    expect(schemaProblem({}, schema)).toContain('lacks "n"');
    expect(schemaProblem({ n: 1, list: [1] }, schema)).toContain('list[0]');
    expect(schemaProblem({ n: 1, kind: 'c' }, schema)).toContain('kind');
    expect(schemaProblem({ n: 1, more: 1 }, schema)).toContain('unknown field "more"');
    expect(schemaProblem([], schema)).toContain('array');
  });
});
