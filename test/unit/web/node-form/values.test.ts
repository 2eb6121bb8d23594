import type { AgentNode, DefinitionProblem } from '@agentflow/contracts';
import { describe, expect, it } from 'vitest';
import {
  groupOf,
  isGroup,
  membersOf,
  readGroup,
  withMember,
} from '../../../../web/src/features/node-form/conditions.ts';
import { unitFor, unitMs } from '../../../../web/src/features/node-form/durations.ts';
import { readLabels, withPart } from '../../../../web/src/features/node-form/labels.ts';
import { messageBeside, problemsAt, withField, withOwn } from '../../../../web/src/features/node-form/node-changes.ts';
import { joinUrl, splitUrl } from '../../../../web/src/features/node-form/query-rows.ts';
import {
  rowsOf,
  type SchemaRow,
  typeOf,
  withDescription,
  withRows,
  withType,
} from '../../../../web/src/features/node-form/schema-rows.ts';
import { handleFor, readCases, withValue } from '../../../../web/src/features/node-form/switch-cases.ts';

describe('changes of a node', () => {
  const node: AgentNode = { id: 'a', type: 'ai.chat', config: { model: 'x', future: { kept: true } }, name: 'A' };

  it('set and clear one field and leave the rest where it is', () => {
    expect(withField(node.config, 'model', 'y')).toEqual({ model: 'y', future: { kept: true } });
    expect(withField(node.config, 'model', undefined)).toEqual({ future: { kept: true } });
    expect(withOwn(node, 'name', undefined)).not.toHaveProperty('name');
    expect(withOwn(node, 'timeout_ms', 5000)).toEqual({ ...node, timeout_ms: 5000 });
  });

  it('problems stand at the field and at those around them, without its name in front', () => {
    const problem = (field: string, message: string): DefinitionProblem => ({
      ...{ severity: 'error', code: 'config_invalid', path: `nodes.0.config.${field}` },
      ...{ field, message },
    });
    const problems = [problem('labels.0.name', 'labels.0.name must not be empty.'), problem('labelled', 'no.')];
    expect(problemsAt(problems, 'labels')).toEqual([problems[0]]);
    expect(messageBeside(problems[0] as DefinitionProblem, 'labels')).toBe('0.name must not be empty.');
    expect(messageBeside(problem('prompt', 'prompt is required.'), 'prompt')).toBe('Is required.');
    expect(messageBeside(problem('prompt', 'Something else.'), 'prompt')).toBe('Something else.');
  });
});

describe('conditions', () => {
  const inner = { any: [{ field: '{{a}}', operator: 'is_empty' as const }] };
  const group = { all: [{ field: '{{b}}', operator: 'equals' as const, value: 1 }, inner] };

  it('are read as they are stored, groups inside groups', () => {
    const read = readGroup(group);
    expect(read).toBe(group);
    expect(membersOf(group).map(isGroup)).toEqual([false, true]);
  });

  it('begin with one, and stay visible when the last was taken out', () => {
    expect(readGroup(undefined)).toEqual({ all: [{ field: '', operator: 'equals', value: '' }] });
    expect(readGroup({ any: [] })).toEqual({ any: [] });
  });

  it('are not guessed at where they have another shape', () => {
    for (const value of ['{{trigger.conditions}}', 5, [], { all: 'x' }, { all: [], any: [] }, { all: [{ op: '=' }] }]) {
      expect(readGroup(value)).toBeNull();
    }
  });

  it('change one at a time', () => {
    expect(withMember(group, 0, null)).toEqual({ all: [inner] });
    expect(withMember(group, 1, { field: 'x', operator: 'is_empty' })).toEqual({
      all: [group.all[0], { field: 'x', operator: 'is_empty' }],
    });
    expect(groupOf('any', membersOf(group))).toEqual({ any: group.all });
  });
});

describe('cases of a switch', () => {
  it('name their exit after the value, once each', () => {
    expect(handleFor('Refund request!', [])).toBe('refund_request');
    expect(handleFor('billing', ['billing', 'billing_2'])).toBe('billing_3');
    expect(handleFor('default', [])).toBe('case');
    expect(handleFor('42', [])).toBe('case');
    expect(handleFor({ a: 1 }, [])).toBe('case');
  });

  it('rename an exit that was suggested, not one that somebody named or an edge leaves by', () => {
    expect(withValue([{ handle: 'bill', equals: 'bill' }], 0, 'billing', false)[0]?.handle).toBe('billing');
    expect(withValue([{ handle: 'bill', equals: 'bill' }], 0, 'billing', true)[0]?.handle).toBe('bill');
    expect(withValue([{ handle: 'mine', equals: 'bill' }], 0, 'billing', false)[0]?.handle).toBe('mine');
  });

  it('with fields that rows do not show are left to JSON', () => {
    expect(readCases([{ handle: 'a', equals: null }])).toEqual([{ handle: 'a', equals: null }]);
    expect(readCases([{ handle: 'a', equals: 1, extra: 2 }])).toBeNull();
    expect(readCases('{{x}}')).toBeNull();
  });
});

describe('labels', () => {
  it('stay names until they are more', () => {
    expect(withPart('billing', { name: 'invoices' })).toBe('invoices');
    expect(withPart('billing', { description: 'Money' })).toEqual({ name: 'billing', description: 'Money' });
    expect(withPart({ name: 'a', description: 'b', examples: ['c'] }, { description: '' })).toEqual({
      ...{ name: 'a', examples: ['c'] },
    });
  });

  it('of another shape are left to JSON', () => {
    expect(readLabels(['a', { name: 'b' }])).toEqual(['a', { name: 'b' }]);
    expect(readLabels([{ name: 'b', colour: 'red' }])).toBeNull();
    expect(readLabels([5])).toBeNull();
  });
});

describe('the rows of a JSON Schema', () => {
  const schema = {
    type: 'object',
    title: 'Kept',
    properties: {
      id: { type: 'string', minLength: 3, description: 'Which one' },
      tone: { type: 'string', enum: ['calm', 'warm'] },
      deep: { type: 'object', properties: { x: { type: 'number' } } },
      odd: { $ref: '#/elsewhere' },
    },
    required: ['id'],
  };

  it('show a schema and give it back as it was', () => {
    const rows = rowsOf(schema) as SchemaRow[];
    expect(rows.map((row) => [row.name, typeOf(row), row.required])).toEqual([
      ['id', 'text', true],
      ['tone', 'choice', false],
      ['deep', 'other', false],
      ['odd', 'other', false],
    ]);
    expect(withRows(schema, rows)).toEqual(schema);
  });

  it('keep what they do not show', () => {
    const [id] = rowsOf(schema) as [SchemaRow];
    expect(withDescription(id, '').schema).toEqual({ type: 'string', minLength: 3 });
    expect(withType(id, 'number').schema).toEqual({ type: 'number', description: 'Which one' });
  });

  it('are none for what is no object schema', () => {
    expect(rowsOf({ type: 'array' })).toBeNull();
    expect(rowsOf({ type: 'object', properties: [] })).toBeNull();
    expect(rowsOf({ anyOf: [] })).toBeNull();
    expect(rowsOf(undefined)).toEqual([]);
  });
});

describe('the query of a URL', () => {
  const url = 'https://{{trigger.host & "?&"}}/a/{id}?q={{trigger.subject}}&page=2&tag=a%20b&bare#part';

  it('is taken apart outside of expressions and put together again', () => {
    const { base, rows, hash } = splitUrl(url);
    expect(base).toBe('https://{{trigger.host & "?&"}}/a/{id}');
    expect(rows).toEqual([
      { key: 'q', value: '{{trigger.subject}}' },
      { key: 'page', value: '2' },
      { key: 'tag', value: 'a b' },
      { key: 'bare', value: '' },
    ]);
    expect(joinUrl(base, rows, hash)).toBe(url);
  });

  it('escapes text, keeps places and expressions, leaves out rows without a name', () => {
    const rows = [
      { key: 'a&b', value: '1=2 {order_id} {{x & "&"}}' },
      { key: '', value: 'lost' },
    ];
    expect(joinUrl('https://e.com', rows, '')).toBe('https://e.com?a%26b=1%3D2%20{order_id}%20{{x & "&"}}');
    expect(splitUrl('https://e.com?x=%zz').rows).toEqual([{ key: 'x', value: '%zz' }]);
  });
});

describe('durations', () => {
  it('are told in the largest whole unit', () => {
    expect([90_000, 3_600_000, 86_400_000, 1500, 0].map(unitFor)).toEqual([
      ...['seconds', 'hours', 'days', 'seconds', 'seconds'],
    ]);
    expect(unitMs('minutes')).toBe(60_000);
  });
});
