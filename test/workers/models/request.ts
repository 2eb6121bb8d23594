import type { ModelRequest } from '@agentflow/engine';
import { createModels, type ModelPrice, type ModelsConfig } from '../../../workers/models/index.ts';

export const KEY = 'sk-test-0123456789abcdef';

/** A chat request with one user message. */
export function chat(model: string, text: string, more: Partial<ModelRequest> = {}): ModelRequest {
  return { model, task: { kind: 'chat', text }, messages: [{ role: 'user', content: text }], ...more };
}

export const TRIAGE_SCHEMA: NonNullable<ModelRequest['schema']> = {
  type: 'object',
  properties: { category: { type: 'string' }, priority: { type: 'string', enum: ['low', 'high'] } },
  required: ['category', 'priority'],
  additionalProperties: false,
};

/** The real adapters over plain fetch, with a clock that advances by 5 ms at each look. */
export function modelsWith(config: ModelsConfig, prices: Readonly<Record<string, ModelPrice>> = {}) {
  let now = Date.UTC(2026, 9, 21, 7, 28, 0);
  return createModels({
    config,
    fetch: (input, init) => fetch(input, init),
    clock: () => {
      now += 5;
      return now;
    },
    priceOf: async (ref) => prices[ref] ?? null,
  });
}

export const never = (): AbortSignal => new AbortController().signal;
