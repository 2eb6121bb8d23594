import type { AgentDefinition } from '@agentflow/contracts';
import { describe, expect, it } from 'vitest';
import { diffGraph, plainGraph } from '../../../../web/src/features/publish/diff-graph.ts';

const at = (x: number, y = 0) => ({ x, y });
const base: AgentDefinition = {
  nodes: [
    { id: 'start', type: 'trigger.manual', config: {}, position: at(0) },
    { id: 'ask', type: 'ai.chat', config: { prompt: 'One' }, position: at(300) },
    { id: 'gone', type: 'logic.transform', config: { expression: '1' }, position: at(600) },
  ],
  edges: [
    { id: 'a', source: 'start', target: 'ask' },
    { id: 'b', source: 'ask', target: 'gone' },
  ],
};

describe('both sides of a diff as one graph', () => {
  it('holds what is gone beside what is there, each marked', () => {
    const to: AgentDefinition = {
      nodes: [
        { id: 'start', type: 'trigger.manual', config: {}, position: at(0) },
        { id: 'ask', type: 'ai.chat', config: { prompt: 'Two' }, position: at(300) },
        { id: 'fresh', type: 'logic.merge', config: {}, position: at(600) },
      ],
      edges: [
        { id: 'a', source: 'start', target: 'ask' },
        { id: 'c', source: 'ask', target: 'fresh' },
      ],
    };
    const { definition, nodeMarks, edgeMarks } = diffGraph(base, to);
    expect(definition.nodes.map(({ id }) => id)).toEqual(['start', 'ask', 'fresh', 'gone']);
    expect(Object.fromEntries(nodeMarks)).toEqual({ ask: 'changed', fresh: 'added', gone: 'removed' });
    expect(Object.fromEntries(edgeMarks)).toEqual({ b: 'removed', c: 'added' });
    expect(definition.edges.map(({ id }) => id)).toEqual(['a', 'c', 'b']);
    // Where the other one stood somebody else stands now: it is drawn below.
    const [fresh, gone] = definition.nodes.slice(2);
    expect(gone?.position?.x).toBe(fresh?.position?.x);
    expect(gone?.position?.y).toBeGreaterThan(fresh?.position?.y ?? 0);
  });

  it('draws a renamed node once, and edges of what is gone from its new name', () => {
    const [start, ask] = base.nodes;
    if (start === undefined || ask === undefined) throw new Error('the base has these nodes');
    const to = {
      nodes: [start, { ...ask, id: 'question' }],
      edges: [{ id: 'a', source: 'start', target: 'question' }],
    };
    const { definition, nodeMarks } = diffGraph(base, to);
    expect(Object.fromEntries(nodeMarks)).toEqual({ question: 'renamed', gone: 'removed' });
    expect(definition.edges).toContainEqual({ id: 'b', source: 'question', target: 'gone' });
  });

  it('gives every node a place, marked or not', () => {
    const unplaced = { ...base, nodes: base.nodes.map(({ position: _, ...node }) => node) };
    const { definition, nodeMarks } = plainGraph(unplaced);
    expect(definition.nodes.every(({ position }) => position !== undefined)).toBe(true);
    expect(nodeMarks.size).toBe(0);
    expect(diffGraph(base, base).nodeMarks.size).toBe(0);
  });
});
