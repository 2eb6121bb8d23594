import type { AgentDefinition } from '@agentflow/contracts';
import { diffDefinitions } from '@agentflow/engine';
import { describe, expect, it } from 'vitest';

const base: AgentDefinition = {
  nodes: [
    { id: 'start', type: 'trigger.manual', config: {}, position: { x: 0, y: 0 } },
    {
      id: 'classify',
      type: 'ai.classify',
      config: { prompt: '{{trigger.body}}', labels: ['a', { name: 'b', examples: ['x'] }] },
    },
  ],
  edges: [{ id: 'e1', source: 'start', target: 'classify' }],
  input_schema: { type: 'object', properties: { body: { type: 'string' } } },
  settings: { timeout_ms: 1000 },
};
const same = { nodes: [], edges: [], other: [], moved: [] };

function changed(change: (definition: AgentDefinition) => void): AgentDefinition {
  const copy = structuredClone(base);
  change(copy);
  return copy;
}

describe('diffDefinitions', () => {
  it('finds nothing between equal definitions, whatever the order of keys', () => {
    const turned = changed((definition) => {
      definition.input_schema = { properties: { body: { type: 'string' } }, type: 'object' };
    });
    expect(diffDefinitions(base, base)).toEqual(same);
    expect(diffDefinitions(base, turned)).toEqual(same);
  });

  it('tells apart what only stands elsewhere on the canvas', () => {
    const moved = changed((definition) => {
      definition.nodes = definition.nodes.map((node) => ({ ...node, position: { x: 9, y: 9 } }));
    });
    expect(diffDefinitions(base, moved)).toEqual({
      ...same,
      moved: [
        { node_id: 'start', before: { x: 0, y: 0 }, after: { x: 9, y: 9 } },
        { node_id: 'classify', after: { x: 9, y: 9 } },
      ],
    });
  });

  it('tells another name and another id as renamed, what refers to the node included', () => {
    const from = changed((definition) => {
      definition.nodes.push({ id: 'answer', type: 'ai.chat', config: { prompt: 'About {{classify.output.label}}' } });
      definition.edges.push({ id: 'e2', source: 'classify', target: 'answer' });
    });
    const to = structuredClone(from);
    const [, classify, answer] = to.nodes;
    if (classify === undefined || answer === undefined) throw new Error('the base has these nodes');
    classify.id = 'sort';
    answer.name = 'Answer';
    answer.config.prompt = 'About {{sort.output.label}}';
    to.edges = [
      { id: 'e1', source: 'start', target: 'sort' },
      { id: 'e2', source: 'sort', target: 'answer' },
    ];
    expect(diffDefinitions(from, to)).toEqual({
      ...same,
      nodes: [
        { node_id: 'sort', kind: 'renamed', renamed_from: 'classify', fields: [] },
        { node_id: 'answer', kind: 'renamed', fields: [{ path: 'name', after: 'Answer' }] },
      ],
    });
    answer.config.prompt = 'About {{trigger.subject}}';
    expect(diffDefinitions(from, to).nodes[1]).toMatchObject({ node_id: 'answer', kind: 'changed' });
  });

  it('tells when the inputs of a node change places, and when one id is there twice', () => {
    const merging: AgentDefinition = {
      nodes: [...base.nodes, { id: 'all', type: 'logic.merge', config: {} }],
      edges: [
        { id: 'a', source: 'start', target: 'all' },
        { id: 'b', source: 'classify', target: 'all' },
      ],
    };
    const turned = { ...merging, edges: merging.edges.toReversed() };
    expect(diffDefinitions(merging, turned)).toEqual({
      ...same,
      other: [{ path: 'edges', before: ['a', 'b'], after: ['b', 'a'] }],
    });
    const [start, classify] = base.nodes;
    if (start === undefined || classify === undefined) throw new Error('the base has these nodes');
    const twice = { nodes: [start, { ...classify, id: 'start' }], edges: [] };
    expect(diffDefinitions(twice, twice)).toEqual(same);
    expect(diffDefinitions({ nodes: [start], edges: [] }, twice).nodes).toMatchObject([
      { node_id: 'start#2', kind: 'added' },
    ]);
  });

  it('tells each changed field with its path, deep', () => {
    const to = changed((definition) => {
      const node = definition.nodes[1];
      if (node === undefined) return;
      node.name = 'Classify';
      node.config.prompt = '{{trigger.text}}';
      node.config.labels = ['a', { name: 'c', examples: ['x', 'y'] }, 'd'];
    });
    expect(diffDefinitions(base, to)).toEqual({
      ...same,
      nodes: [
        {
          node_id: 'classify',
          kind: 'changed',
          fields: [
            { path: 'config.prompt', before: '{{trigger.body}}', after: '{{trigger.text}}' },
            { path: 'config.labels.1.name', before: 'b', after: 'c' },
            { path: 'config.labels.1.examples.1', after: 'y' },
            { path: 'config.labels.2', after: 'd' },
            { path: 'name', after: 'Classify' },
          ],
        },
      ],
    });
  });

  it('tells parts that came and went with their fields on one side', () => {
    const to = changed((definition) => {
      definition.nodes[1] = { id: 'chat', type: 'ai.chat', config: { prompt: 'x' } };
      definition.edges = [{ id: 'e2', source: 'start', target: 'chat', source_handle: 'out' }];
    });
    const { nodes, edges } = diffDefinitions(base, to);
    expect(nodes).toEqual([
      {
        node_id: 'chat',
        kind: 'added',
        fields: [
          { path: 'type', after: 'ai.chat' },
          { path: 'config', after: { prompt: 'x' } },
        ],
      },
      {
        node_id: 'classify',
        kind: 'removed',
        fields: [
          { path: 'type', before: 'ai.classify' },
          { path: 'config', before: base.nodes[1]?.config },
        ],
      },
    ]);
    expect(edges.map(({ edge_id, kind }) => [edge_id, kind])).toEqual([
      ['e2', 'added'],
      ['e1', 'removed'],
    ]);
  });

  it('tells a change of kind as a whole, and edges by their ends', () => {
    const to = changed((definition) => {
      const [start, node] = definition.nodes;
      if (node !== undefined) node.config.labels = { not: 'a list' };
      if (start !== undefined) start.config = JSON.parse('{"__proto__": 1}');
      definition.edges[0] = { id: 'e1', source: 'classify', target: 'classify' };
    });
    const { nodes, edges } = diffDefinitions(base, to);
    expect(nodes[0]?.fields).toEqual([{ path: 'config.__proto__', after: 1 }]);
    expect(nodes[1]?.fields).toEqual([
      { path: 'config.labels', before: base.nodes[1]?.config.labels, after: { not: 'a list' } },
    ]);
    expect(edges[0]?.fields).toEqual([{ path: 'source', before: 'start', after: 'classify' }]);
  });

  it('tells what changed in input_schema and settings, there or not', () => {
    const to = changed((definition) => {
      definition.input_schema = { type: 'object', properties: { body: { type: 'number' } } };
      delete definition.settings;
    });
    expect(diffDefinitions(base, to).other).toEqual([
      { path: 'input_schema.properties.body.type', before: 'string', after: 'number' },
      { path: 'settings', before: { timeout_ms: 1000 } },
    ]);
    expect(diffDefinitions({ nodes: [], edges: [] }, to).other).toEqual([
      { path: 'input_schema', after: to.input_schema },
    ]);
  });
});
