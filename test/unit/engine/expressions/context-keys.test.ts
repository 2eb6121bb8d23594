import { contextKeysOf } from '@agentflow/engine';
import { describe, expect, it } from 'vitest';

describe('the keys of the shared context that a node reads', () => {
  it.each([
    ['none where nothing asks', { prompt: 'In this context, say {{trigger.context}}' }, null],
    [
      'plain names, at any depth, each once',
      { a: ['{{context.plan.steps[0]}} {{context.plan}}'], b: '{{context.team}}' },
      ['plan', 'team'],
    ],
    ['quoted names', { a: '{{context.`handoff:agt_1`.instructions}}{{context."a:b"}}' }, ['handoff:agt_1', 'a:b']],
    ['everything where the whole is taken', { a: '{{$keys(context)}}' }, 'all'],
    ['everything where the name is computed', { a: '{{$lookup(context, trigger.key)}}' }, 'all'],
    ['everything where the root is computed', { a: '{{$lookup($$, "context").plan}}' }, 'all'],
    ['what an expression that can’t be read asks for', { a: '{{context.}}' }, null],
  ])('%s', (_name, config, keys) => {
    expect(contextKeysOf('ai.chat', config)).toEqual(keys);
  });

  it('of bare expressions', () => {
    expect(contextKeysOf('logic.transform', { expression: 'context.plan' })).toEqual(['plan']);
    expect(contextKeysOf('logic.loop', { while: 'context.go' })).toEqual(['go']);
  });
});
