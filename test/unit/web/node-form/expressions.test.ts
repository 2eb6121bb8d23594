import type { AgentDefinition, AgentNode } from '@agentflow/contracts';
import { createTextCheck, viewOf } from '@agentflow/engine';
import { describe, expect, it } from 'vitest';
import { findProblems } from '../../../../web/src/features/node-form/expressions/find-problems.ts';
import { stretchesOf } from '../../../../web/src/features/node-form/expressions/highlight.ts';
import { previewOf, previewScope } from '../../../../web/src/features/node-form/expressions/preview-scope.ts';
import {
  openBraces,
  openExpression,
  suggestionsFor,
} from '../../../../web/src/features/node-form/expressions/suggestions.ts';

const definition: AgentDefinition = {
  input_schema: { type: 'object', properties: { subject: { type: 'string', description: 'First line' } } },
  nodes: [
    { id: 'start', type: 'trigger.manual', config: {} },
    { id: 'summary', type: 'ai.summarize', name: 'Summarize', config: { prompt: '{{trigger.body}}' } },
    {
      id: 'fields',
      type: 'ai.extract',
      config: { schema: { type: 'object', properties: { order: { type: 'string' } } } },
    },
    { id: 'each', type: 'logic.loop', name: 'Lines', config: { items: '{{trigger.lines}}' } },
    { id: 'line', type: 'logic.transform', config: { expression: 'item.price' } },
    { id: 'after', type: 'action.http', config: { url: 'https://example.com' } },
  ],
  edges: [
    { id: '1', source: 'start', target: 'summary' },
    { id: '2', source: 'summary', target: 'fields' },
    { id: '3', source: 'fields', target: 'each' },
    { id: '4', source: 'each', target: 'line', source_handle: 'each' },
    { id: '5', source: 'each', target: 'after', source_handle: 'out' },
  ],
};
const LAST = {
  trigger: { body: 'Long text', lines: [{ price: 4 }, { price: 5 }] },
  summary: { summary: 'Short' },
  line: { never: 'seen' },
};

function nodeOf(id: string): AgentNode {
  return definition.nodes.find((node) => node.id === id) as AgentNode;
}

function offered(id: string, extra: { bare?: boolean; withResult?: boolean } = {}) {
  const view = viewOf(definition, id);
  const scope = previewScope(nodeOf(id), view, LAST, ['API_TOKEN']);
  const { bare = false, withResult = false } = extra;
  return suggestionsFor({ definition, node: nodeOf(id), view, scope, envNames: ['API_TOKEN'], bare, withResult });
}

describe('what is offered after {{', () => {
  it('is what upstream nodes give, by schema and by the last run, the nearest first', () => {
    const all = offered('after');
    const paths = all.map(({ path }) => path);
    expect(paths).toContain('fields.output.order');
    expect(paths).toContain('each.output.results');
    expect(paths.indexOf('each.output')).toBeLessThan(paths.indexOf('summary.output'));
    expect(all.find(({ path }) => path === 'summary.output.summary')).toMatchObject({
      section: 'Summarize',
      value: 'Short',
    });
    expect(paths).not.toContain('line.output');
    expect(paths).not.toContain('item');
  });

  it('is the trigger by its schema and by what came last', () => {
    const all = offered('summary');
    expect(all.find(({ path }) => path === 'trigger.subject')).toMatchObject({
      type: 'string',
      description: 'First line',
    });
    expect(all.find(({ path }) => path === 'trigger.body')?.value).toBe('Long text');
    expect(all.find(({ path }) => path === 'trigger.lines.price')?.value).toBe(4);
  });

  it('is the round inside a loop, with its first item', () => {
    const all = offered('line');
    expect(all[0]).toMatchObject({ path: 'item', value: { price: 4 } });
    expect(all.map(({ path }) => path)).toEqual(expect.arrayContaining(['item.price', 'each.item', 'each.index']));
    expect(all.map(({ path }) => path)).not.toContain('each.output');
  });

  it('is what the project of the last run shares', () => {
    const context = { plan: { goal: 'Answer' }, 'handoff:agt_1': 1 };
    const scope = previewScope(nodeOf('after'), viewOf(definition, 'after'), { ...LAST, context }, []);
    const view = viewOf(definition, 'after');
    const all = suggestionsFor({
      definition,
      node: nodeOf('after'),
      view,
      scope,
      envNames: [],
      bare: false,
      withResult: false,
    });
    expect(all.find(({ path }) => path === 'context.plan.goal')?.value).toBe('Answer');
    expect(all.find(({ path }) => path === 'context.`handoff:agt_1`')?.value).toBe(1);
  });

  it('is secrets and context too, functions in bare JSONata, and result in an output mapping', () => {
    expect(offered('after').map(({ path }) => path)).toEqual(expect.arrayContaining(['context', 'env.API_TOKEN']));
    expect(offered('after').map(({ path }) => path)).not.toContain('$sum');
    expect(offered('after', { bare: true }).map(({ path }) => path)).toContain('$sum');
    expect(offered('after', { withResult: true }).map(({ path }) => path)).toContain('result.status');
  });
});

describe('where a cursor stands', () => {
  it('is inside an expression from {{ to }}', () => {
    expect(openExpression('Hello {{')).toBe(8);
    expect(openExpression('Hello {{ tri')).toBe(8);
    expect(openExpression('Hello {{trigger}} ')).toBe(-1);
    expect(openExpression('Hello \\{{ ')).toBe(-1);
    expect(openExpression('Hello { ')).toBe(-1);
  });

  it('knows the braces that the expression itself opened', () => {
    expect(openBraces(' {"a": "}"')).toBe(1);
    expect(openBraces(' {"a": 1}')).toBe(0);
  });
});

describe('mistakes as one types', () => {
  const check = createTextCheck(definition, 'after', ['API_TOKEN']);
  const marked = (text: string, kind: 'template' | 'expression' | 'json', field = '') =>
    findProblems(text, kind, check, field).map(({ from, to, code, severity }) => [
      text.slice(from, to),
      code,
      severity,
    ]);

  it('are marked at the name that is wrong, as often as it stands there', () => {
    expect(marked('A {{sumary.output.summary}} and {{ summary.output.x }}', 'template')).toEqual([
      ['sumary.output.summary', 'unknown_node', 'error'],
      ['summary.output.x', 'unknown_output_field', 'warning'],
    ]);
    expect(marked('nope.a + nope.a', 'expression')).toHaveLength(2);
    expect(marked('{{env.MISSING}}{{env.API_TOKEN}}', 'template')).toEqual([['env.MISSING', 'unknown_env', 'error']]);
  });

  it('tell rounds, order and what is not there', () => {
    expect(marked('{{line.output}}', 'template')).toEqual([['line.output', 'reference_not_upstream', 'error']]);
    expect(marked('{{item}}', 'template')).toEqual([['item', 'item_outside_loop', 'warning']]);
    expect(marked('result', 'expression')).toEqual([['result', 'unknown_node', 'error']]);
    expect(marked('result', 'expression', 'output_mapping')).toEqual([]);
  });

  it('are told for an expression that does not end or does not parse', () => {
    expect(marked('Hello {{trigger.a', 'template')).toEqual([['{{trigger.a', 'expression_invalid', 'error']]);
    expect(marked('{{ 1 + }}', 'template')[0]?.[1]).toBe('expression_invalid');
    expect(marked('', 'expression')).toEqual([]);
    expect(marked('{{nope.a}} {{}} {{nope.b}} {{tri', 'template').map(([text]) => text)).toEqual([
      ...['nope.a', '{{}}', 'nope.b', '{{tri'],
    ]);
  });

  it('inside JSON stand in its texts, escapes or not', () => {
    expect(marked('{"a": "{{nope.b}}", "c": 1}', 'json')).toEqual([['nope.b', 'unknown_node', 'error']]);
    expect(marked('{"a": "say \\"{{nope}}\\""}', 'json')).toEqual([['"say \\"{{nope}}\\""', 'unknown_node', 'error']]);
    expect(marked('{"a": }', 'json')[0]?.[1]).toBe('json_invalid');
    expect(marked('', 'json')).toEqual([]);
  });

  it('are none for a node that is not there', () => {
    expect(createTextCheck(definition, 'gone', []).template('{{x}}')).toEqual([]);
  });
});

describe('the preview', () => {
  const scope = previewScope(nodeOf('after'), viewOf(definition, 'after'), LAST, ['API_TOKEN']);

  it('is what the engine would make of the last run', async () => {
    expect(await previewOf('S: {{summary.output.summary}}', 'template', scope)).toEqual({
      ...{ state: 'value', value: 'S: Short' },
    });
    expect(await previewOf('$sum(trigger.lines.price)', 'expression', scope)).toEqual({ state: 'value', value: 9 });
    expect(await previewOf('{"n": "{{$count(trigger.lines)}}"}', 'json', scope)).toEqual({
      ...{ state: 'value', value: { n: 2 } },
    });
  });

  it('shows secrets as they are named, never more', async () => {
    expect(await previewOf('Bearer {{env.API_TOKEN}}', 'template', scope)).toEqual({
      ...{ state: 'value', value: 'Bearer {{env.API_TOKEN}}' },
    });
  });

  it('is nothing for plain text, and says why there is none', async () => {
    expect(await previewOf('plain', 'template', scope)).toEqual({ state: 'none' });
    expect(await previewOf('{"half": ', 'json', scope)).toEqual({ state: 'none' });
    expect(await previewOf('$number("x")', 'expression', scope)).toMatchObject({ state: 'failed' });
  });

  it('stops what would never end', async () => {
    const endless = '($f := function($n) { $f($n + 1) }; $f(0))';
    expect(await previewOf(endless, 'expression', scope)).toMatchObject({ state: 'failed' });
  });
});

describe('colours', () => {
  const styled = (text: string, kind: 'template' | 'expression' | 'json') =>
    stretchesOf(text, kind).map(({ from, to, style }) => [text.slice(from, to), style]);

  it('set expressions apart from text', () => {
    expect(styled('a {{b.c}}', 'template')).toEqual([
      ['{{b.c}}', 'expression'],
      ['{{', 'brace'],
      ['b', 'name'],
      ['}}', 'brace'],
    ]);
    expect(styled('$sum(a.b) > 2', 'expression')).toEqual([
      ['$sum', 'function'],
      ['a', 'name'],
      ['2', 'number'],
    ]);
    expect(styled('{"k": "{{x}}"}', 'json')).toEqual([
      ['"k"', 'key'],
      ['"{{x}}"', 'text'],
      ['{{x}}', 'expression'],
    ]);
  });
});
