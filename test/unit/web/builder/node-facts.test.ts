import { expect, it } from 'vitest';
import { nodeKind } from '../../../../web/src/features/builder/draft/node-facts.ts';

const kindOf = (type: string, config: Parameters<typeof nodeKind>[0]['config'] = {}) =>
  nodeKind({ id: 'node', type, config });

it('says of a node what its type is called, of an unknown one its type', () => {
  expect(kindOf('logic.if')).toBe('If');
  expect(kindOf('future.node')).toBe('future.node');
  expect(kindOf('ai.agent', { tools: [] })).toBe('Agent');
});

it('tells a deep agent by its card, with its helpers', () => {
  expect(kindOf('ai.agent', { deep: {} })).toBe('Deep agent');
  expect(kindOf('ai.agent', { deep: { helpers: [{ name: 'one' }] } })).toBe('Deep agent · 1 helper');
  expect(kindOf('ai.agent', { deep: { helpers: [{}, {}] } })).toBe('Deep agent · 2 helpers');
  expect(kindOf('ai.chat', { deep: {} })).toBe('Chat');
});
