import { describe, expect, it } from 'vitest';
import {
  contextExpression,
  handoffTarget,
  readHandoff,
} from '../../../web/src/features/projects/context-expression.ts';

describe('a key of the shared context', () => {
  it('is written as steps must write it', () => {
    expect(contextExpression('plan')).toBe('{{context.plan}}');
    expect(contextExpression('handoff:agt_1')).toBe('{{context.`handoff:agt_1`}}');
  });

  it('names the agent of a handoff, and no other', () => {
    expect(handoffTarget('handoff:agt_01h8xyz')).toBe('agt_01h8xyz');
    expect(handoffTarget('handoff:later')).toBeNull();
    expect(handoffTarget('my_handoff:agt_01h8xyz')).toBeNull();
  });
});

describe('readHandoff', () => {
  it('reads what a handoff leaves', () => {
    const value = {
      handoff_id: 'hof_1',
      from: 'agt_1',
      instructions: 'Go on',
      context: { n: 1 },
      execution_id: 'exe_1',
    };
    expect(readHandoff(value)).toEqual({
      from: 'agt_1',
      instructions: 'Go on',
      context: { n: 1 },
      execution_id: 'exe_1',
    });
    expect(readHandoff({ instructions: 'Go on', from: null })).toEqual({
      from: null,
      instructions: 'Go on',
      context: null,
      execution_id: null,
    });
  });

  it.each([['text'], [null], [['Go on']], [{ instructions: 7 }], [{}]])(
    'leaves %j to the tree of any value',
    (value) => {
      expect(readHandoff(value)).toBeNull();
    },
  );
});
