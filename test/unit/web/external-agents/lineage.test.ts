import type { LineageGraph, LineageNode } from '@agentflow/contracts';
import { describe, expect, it } from 'vitest';
import { inReadingOrder, NODE_HEIGHT, nodeAt, placeLineage } from '../../../../web/src/features/lineage/layout.ts';

function node(id: string): LineageNode {
  return { id } as LineageNode;
}

function graph(edges: string, ...alone: string[]): LineageGraph {
  const pairs = edges
    .split(' ')
    .filter((each) => each !== '')
    .map((each) => each.split('>') as [string, string]);
  const ids = [...new Set([...pairs.flat(), ...alone])];
  return { nodes: ids.map(node), edges: pairs.map(([from, to]) => ({ from, to })), truncated: false };
}

const CALL = graph('ext>agent agent>model agent>tool agent>sub sub>submodel sub>delivery');

describe('placeLineage', () => {
  it('gives a column to each step away from the caller, and no place twice', () => {
    const places = placeLineage(CALL);
    const columns = Object.fromEntries([...places].map(([id, { column }]) => [id, column]));
    expect(columns).toEqual({ ext: 0, agent: 1, model: 2, tool: 2, sub: 2, submodel: 3, delivery: 3 });
    expect(new Set([...places.values()].map(({ x, y }) => `${x} ${y}`)).size).toBe(CALL.nodes.length);
  });

  it('keeps the order of the calls and puts a node beside what follows it', () => {
    const places = placeLineage(CALL);
    const y = (id: string) => places.get(id)?.y ?? Number.NaN;
    expect(y('model')).toBeLessThan(y('tool'));
    expect(y('tool')).toBeLessThan(y('sub'));
    expect(y('sub')).toBe((y('submodel') + y('delivery')) / 2);
    expect(y('ext')).toBe(y('agent'));
  });

  it('never lays one node over another, however wide the graph is', () => {
    const wide = graph(
      Array.from({ length: 60 }, (_, index) => `agent>t${index} t${index}>m${index % 7}x${index}`).join(' '),
    );
    const places = [...placeLineage(wide).values()];
    for (const wanted of new Set(places.map(({ column }) => column))) {
      const ys = places.flatMap(({ column, y }) => (column === wanted ? [y] : [])).sort((left, right) => left - right);
      for (const [index, y] of ys.slice(1).entries()) expect(y - (ys[index] ?? 0)).toBeGreaterThanOrEqual(NODE_HEIGHT);
    }
  });

  it('stands a node that two reach after the later of them, and bears circles and strangers', () => {
    const places = placeLineage(graph('a>b b>c a>c c>d d>c a>a', 'alone'));
    expect(places.get('c')?.column).toBeGreaterThan(places.get('a')?.column ?? 0);
    expect(places.size).toBe(5);
    expect(placeLineage({ nodes: [node('a')], edges: [{ from: 'gone', to: 'a' }] }).size).toBe(1);
    expect(placeLineage({ nodes: [], edges: [] }).size).toBe(0);
  });
});

describe('nodeAt', () => {
  it('goes along the edges, and up and down within a column', () => {
    const places = placeLineage(CALL);
    const from = (id: string, key: string) => nodeAt(CALL, places, id, key);
    expect(from('ext', 'ArrowRight')).toBe('agent');
    expect(from('agent', 'ArrowRight')).toBe('tool');
    expect(from('tool', 'ArrowUp')).toBe('model');
    expect(from('tool', 'ArrowDown')).toBe('sub');
    expect(from('delivery', 'ArrowLeft')).toBe('sub');
    expect(from('model', 'ArrowUp')).toBeUndefined();
    expect(from('ext', 'ArrowLeft')).toBeUndefined();
    expect(from('gone', 'ArrowRight')).toBeUndefined();
    expect(from('ext', 'x')).toBeUndefined();
  });
});

describe('inReadingOrder', () => {
  it('tells each node once, under what reached it', () => {
    expect(inReadingOrder(CALL).map(({ node: { id }, depth }) => `${depth} ${id}`)).toEqual([
      '0 ext',
      '1 agent',
      '2 model',
      '2 tool',
      '2 sub',
      '3 submodel',
      '3 delivery',
    ]);
  });
});
