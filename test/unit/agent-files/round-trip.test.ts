import { definitionOf, filesOf } from '@agentflow/agent-files';
import {
  type AgentDefinition,
  agentDefinition,
  type JsonValue,
  WORKSPACE_LIMITS,
  workspaceFiles,
} from '@agentflow/contracts';
import { describe, expect, it } from 'vitest';
import { nastyDefinition } from '../../support/nasty-definitions.ts';
import { random } from '../../support/nasty-values.ts';

function readBack(definition: AgentDefinition): AgentDefinition {
  const reading = definitionOf(filesOf(definition));
  if (!reading.ok) throw new Error(JSON.stringify(reading.problems.slice(0, 5)));
  expect(reading.unused).toEqual([]);
  return reading.definition;
}

function expectRoundTrip(definition: AgentDefinition, words: string): void {
  const files = filesOf(definition);
  expect(workspaceFiles.safeParse(files).error?.message, words).toBeUndefined();
  const back = readBack(definition);
  expect(back, words).toEqual(definition);
  expect(filesOf(back), words).toEqual(files);
}

describe('definition → files → definition', () => {
  it('gives back any definition that the contract takes, and the same files for it', () => {
    for (let seed = 0; seed < 2000; seed++) expectRoundTrip(nastyDefinition(random(seed)), `seed ${seed}`);
  });

  it('writes the same files whatever the order of keys', () => {
    const turned = (value: JsonValue): JsonValue =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).reverse())
        : value;
    const definition = agentDefinition.parse({
      nodes: [
        { id: 'ask', type: 'ai.chat', config: { model: 'a/b', prompt: 'Hello', system: 'Be kind', temperature: 0 } },
      ],
      edges: [],
    });
    const other = agentDefinition.parse({
      edges: [],
      nodes: definition.nodes.map((node) => ({
        ...(turned(node as unknown as JsonValue) as object),
        config: turned(node.config),
      })),
    });
    expect(filesOf(other)).toEqual(filesOf(definition));
  });

  it.each([
    ['a huge prompt', { prompt: 'word\n'.repeat(120_000) }],
    ['a huge list', { list: Array.from({ length: 100_000 }, (_, at) => at) }],
    [
      'a list of a list of … numbers',
      {
        deep: Array.from({ length: 50 }).reduce<JsonValue>(
          (inner) => [inner],
          Array.from({ length: 50_000 }, () => 1),
        ),
      },
    ],
    ['a thousand tools', { tools: Array.from({ length: 1000 }, (_, at) => ({ kind: 'builtin', name: `t${at}` })) }],
    ['a thousand tools without names', { tools: Array.from({ length: 1000 }, () => ({})) }],
    ['line breaks in a nested text', { nested: { text: '\n'.repeat(200_000) } }],
  ])('keeps %s within what a workspace holds', (words, config) => {
    expectRoundTrip(
      { nodes: [{ id: 'ask', type: 'ai.agent', config: config as Record<string, JsonValue> }], edges: [] },
      words,
    );
  });

  it('takes as many nodes with texts as a definition may have', () => {
    const nodes = Array.from({ length: 300 }, (_, at) => ({
      id: `n${at}`,
      type: 'ai.chat',
      config: { prompt: `p${at}`, system: 's' },
    }));
    const note = (value: unknown) => Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`n${at}`, value]));
    const definition = agentDefinition.parse({ nodes, edges: [], knowledge: note('x'), tests: note({}) });
    expectRoundTrip(definition, 'many nodes');
    expect(Object.keys(filesOf(definition)).length).toBeLessThanOrEqual(WORKSPACE_LIMITS.files);
  });
});
