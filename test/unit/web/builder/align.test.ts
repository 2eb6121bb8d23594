import type { AgentDefinition } from '@agentflow/contracts';
import { describe, expect, it } from 'vitest';
import { type Alignment, align } from '../../../../web/src/features/builder/draft/align.ts';

const DEFINITION: AgentDefinition = {
  nodes: [
    { id: 'a', type: 'logic.transform', config: {}, position: { x: 0, y: 0 } },
    { id: 'b', type: 'ai.chat', config: {}, position: { x: 300, y: 100 } },
    { id: 'c', type: 'logic.transform', config: {}, position: { x: 900, y: 300 } },
  ],
  edges: [],
};

function places(how: Alignment, keys = ['a', 'b', 'c']) {
  return align(DEFINITION, keys, how).nodes.map(({ position }) => [position?.x, position?.y]);
}

describe('aligning nodes', () => {
  it('puts edges and middles in line, of nodes of different heights', () => {
    expect(places('left')).toEqual([
      [0, 0],
      [0, 100],
      [0, 300],
    ]);
    expect(places('right')).toEqual([
      [900, 0],
      [900, 100],
      [900, 300],
    ]);
    expect(places('top')).toEqual([
      [0, 0],
      [300, 0],
      [900, 0],
    ]);
    expect(places('bottom')).toEqual([
      [0, 300],
      [300, 276],
      [900, 300],
    ]);
    expect(places('centre').map(([x]) => x)).toEqual([460, 460, 460]);
  });

  it('leaves equal gaps between the outer two', () => {
    expect(places('across')).toEqual([
      [0, 0],
      [460, 100],
      [900, 300],
    ]);
    expect(places('down').map(([, y]) => y)).toEqual([0, 140, 300]);
  });

  it('does nothing to too few', () => {
    expect(align(DEFINITION, ['a'], 'left')).toBe(DEFINITION);
    expect(align(DEFINITION, ['a', 'b'], 'across')).toBe(DEFINITION);
  });
});
