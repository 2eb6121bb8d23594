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
const same = { nodes: [], edges: [], other: [] };

function changed(change: (definition: AgentDefinition) => void): AgentDefinition {
  const copy = structuredClone(base);
  change(copy);
  return copy;
}

describe('diffDefinitions', () => {
  it('finds nothing between equal definitions, whatever the order of keys and the places on the canvas', () => {
    const moved = changed((definition) => {
      definition.nodes = definition.nodes.map((node) => ({ ...node, position: { x: 9, y: 9 } }));
      definition.input_schema = { properties: { body: { type: 'string' } }, type: 'object' };
    });
    expect(diffDefinitions(base, base)).toEqual(same);
    expect(diffDefinitions(base, moved)).toEqual(same);
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
