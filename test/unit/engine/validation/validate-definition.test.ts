import { describeNodeTypes, LIMITS, NODE_TYPES } from '@agentflow/contracts';
import { validateDefinition } from '@agentflow/engine';
import { describe, expect, it } from 'vitest';
import { brief, define, type NodeDraft, start, validate } from './definitions.ts';

const classify: NodeDraft = {
  id: 'classify',
  type: 'ai.classify',
  config: { prompt: '{{trigger.body}}', labels: ['billing', 'technical'] },
};
const route: NodeDraft = {
  id: 'route',
  type: 'logic.switch',
  config: { value: '{{classify.output.label}}', cases: [{ handle: 'billing', equals: 'billing' }] },
};
const chat = (id: string, prompt: string): NodeDraft => ({ id, type: 'ai.chat', config: { prompt } });

describe('a definition that is right', () => {
  it('has no problems', () => {
    const nodes = [start, classify, route, chat('answer', 'Label {{classify.output.label}}'), chat('other', 'x')];
    const joins = ['start>classify', 'classify>route', 'route.billing>answer', 'route.default>other'];
    expect(validate(nodes, joins, { env_names: [], check_model: () => null })).toEqual([]);
  });

  it('has none for the example of any node type', () => {
    for (const { type, example } of describeNodeTypes()) {
      if (type.startsWith('trigger.')) continue;
      const config = JSON.parse(JSON.stringify(example).replaceAll(/(classify|summary|route)\.output/g, 'trigger'));
      const round = { id: 'round', type: 'logic.transform', config: { expression: 'item' } };
      const [nodes, joins] = type === 'logic.loop' ? [[round], ['n.each>round']] : [[], []];
      expect(brief(validate([start, { id: 'n', type, config }, ...nodes], ['start>n', ...joins])), type).toEqual([]);
    }
  });
});

describe('nodes', () => {
  it('are told by id: twice, reserved, not an identifier', () => {
    const bad = ['start', 'trigger', 'in', 'node-1', 'Upper', '1st', 'a'.repeat(64)];
    const problems = validate([start, ...bad.map((id) => chat(id, 'x'))]).filter(({ field }) => field === 'id');
    expect(brief(problems)).toEqual([
      'duplicate_node_id nodes.1.id',
      'reserved_node_id nodes.2.id',
      'reserved_node_id nodes.3.id',
      ...[4, 5, 6, 7].map((index) => `invalid_node_id nodes.${index}.id`),
    ]);
    expect(problems[3]).toMatchObject({ node_id: 'node-1', field: 'id', severity: 'error' });
  });

  it('of an unknown type name the type that was meant', () => {
    const problems = validate(
      [start, { id: 'n', type: 'ai.clasify', config: { any: 'thing' } }],
      ['start>n', 'n.x>n2'],
    );
    expect(problems[0]).toMatchObject({ code: 'unknown_node_type', path: 'nodes.1.type', node_id: 'n', field: 'type' });
    expect(problems[0]?.message).toContain('Did you mean "ai.classify"?');
    expect(validate([start, { id: 'n', type: 'crm.sync' }], ['start>n'])[0]?.message).toBe(
      'There is no node type "crm.sync".',
    );
  });

  it('tell every problem of their config with its field', () => {
    const config = { model: 'nope', temperature: 9, labels: ['a', { name: '', surprise: 1 }], extra: true };
    const problems = validate([start, { id: 'c', type: 'ai.classify', config }], ['start>c']);
    expect(problems.map(({ code, path, field, message }) => ({ code, path, field, message }))).toEqual(
      [
        ['model', 'model must be provider/model.'],
        ['prompt', 'prompt is required.'],
        ['labels.1.name', 'labels.1.name must not be empty.'],
        ['labels.1', 'labels.1 has an unknown field: surprise.'],
        ['temperature', 'temperature must be at most 2.'],
        ['', 'The configuration has an unknown field: extra.'],
      ].map(([field, message]) => ({
        code: 'config_invalid',
        path: field === '' ? 'nodes.1' : `nodes.1.config.${field}`,
        field: field === '' ? undefined : field,
        message,
      })),
    );
  });

  it('tell the branch of a union that was meant', () => {
    const conditions = { all: [{ field: '{{trigger.a}}', operator: 'equal', value: 1 }, { any: [{ field: 1 }] }] };
    const problems = validate([start, { id: 'i', type: 'logic.if', config: { conditions } }], ['start>i']);
    expect(problems.map(({ field }) => field)).toEqual([
      'conditions.all.0.operator',
      'conditions.all.1.any.0.operator',
    ]);
    expect(problems[0]?.message).toContain('must be one of equals, not_equals');
  });

  it('tell wrong kinds, sizes and header names in words', () => {
    const http = { method: 'FETCH', url: '', headers: { 'bad header': 'x', ok: 5 }, fail_on_status: 'yes' };
    const messages = validate([start, { id: 'h', type: 'action.http', config: http }], ['start>h']).map(
      ({ message }) => message,
    );
    expect(messages).toEqual([
      'method must be one of GET, POST, PUT, PATCH, DELETE, HEAD.',
      'url must not be empty.',
      expect.stringContaining('must be a header name'),
      'headers.ok must be a text.',
      'fail_on_status must be true or false.',
    ]);
    const summarize = { prompt: 5, max_sentences: 1.5, model: 'x'.repeat(201) };
    expect(
      validate([start, { id: 's', type: 'ai.summarize', config: summarize }], ['start>s']).map(
        ({ message }) => message,
      ),
    ).toEqual([
      expect.stringContaining('model must'),
      'model must be provider/model.',
      'prompt must be a text.',
      'max_sentences must be a whole number.',
    ]);
    const few = { prompt: 'x', labels: ['a'] };
    expect(validate([start, { id: 'c', type: 'ai.classify', config: few }], ['start>c'])[0]?.message).toBe(
      'labels must have at least 2 entries.',
    );
    const many = { prompt: 'x', labels: Array.from({ length: 101 }, (_, index) => `l${index}`) };
    expect(validate([start, { id: 'c', type: 'ai.classify', config: many }], ['start>c'])[0]?.message).toBe(
      'labels must have at most 100 entries.',
    );
    const cold = { prompt: 'x', temperature: -1 };
    expect(validate([start, { id: 'c', type: 'ai.chat', config: cold }], ['start>c'])[0]?.message).toBe(
      'temperature must be at least 0.',
    );
  });

  it('may leave to the run what an expression becomes', () => {
    const config = {
      prompt: '{{trigger.x}}',
      temperature: '{{trigger.t}}',
      labels: '{{trigger.labels}}',
      model: '{{trigger.model}}',
    };
    expect(
      validate([start, { id: 'c', type: 'ai.classify', config }], ['start>c'], { check_model: () => 'no' }),
    ).toEqual([]);
    const cases = { value: 1, cases: '{{trigger.cases}}' };
    expect(
      validate([start, { id: 's', type: 'logic.switch', config: cases }, chat('t', 'x')], ['start>s', 's.any>t']),
    ).toEqual([]);
  });

  it('tell a model that the catalogue does not know', () => {
    const check_model = (model: string) => (model === 'openai/gpt-9' ? 'OpenAI has no model "gpt-9".' : null);
    const nodes = [start, { id: 'a', type: 'ai.chat', config: { prompt: 'x', model: 'openai/gpt-9' } }, chat('b', 'x')];
    expect(validate(nodes, ['start>a', 'start>b'], { check_model })).toEqual([
      expect.objectContaining({
        code: 'unknown_model',
        path: 'nodes.1.config.model',
        message: 'OpenAI has no model "gpt-9".',
      }),
    ]);
  });

  it('tell which of their fallback models are wrong', () => {
    const check_model = (model: string) => (model === 'openai/gpt-9' ? 'OpenAI has no model "gpt-9".' : null);
    const problems = (fallback: string[]) => {
      const node = { id: 'a', type: 'ai.chat', config: { prompt: 'x', fallback } };
      return validate([start, node], ['start>a'], { check_model }).map(({ code, path }) => [code, path]);
    };
    expect(problems(['openai/gpt-4o', 'openai/gpt-9'])).toEqual([['unknown_model', 'nodes.1.config.fallback.1']]);
    expect(problems(['gpt-4o', 'openai/gpt-4o'])).toEqual([['config_invalid', 'nodes.1.config.fallback.0']]);
    expect(problems(Array(6).fill('openai/gpt-4o'))).toEqual([['config_invalid', 'nodes.1.config.fallback']]);
    expect(problems(Array(5).fill('openai/gpt-4o'))).toEqual([]);
  });

  it('tell what is wrong with their answer schema', () => {
    const schema = {
      type: 'object',
      properties: { a: { type: 'strin' }, b: { type: 'string', pattern: '(?=x)' }, c: { $ref: '#/x' } },
    };
    const problems = validate([start, { id: 'x', type: 'ai.extract', config: { prompt: 'x', schema } }], ['start>x']);
    expect(problems.map(({ field }) => field)).toEqual([
      'schema.properties.a.type',
      'schema.properties.b.pattern',
      'schema.properties.c.$ref',
    ]);
    const wrong = { prompt: 'x', schema: { type: 'array' } };
    expect(validate([start, { id: 'x', type: 'ai.extract', config: wrong }], ['start>x'])[0]).toMatchObject({
      field: 'schema',
    });
  });
});

describe('expressions', () => {
  const linear = (prompt: string, options = {}) =>
    validate([start, classify, chat('answer', prompt)], ['start>classify', 'classify>answer'], options);

  it('name a node that is not there, and the one that was meant', () => {
    const [problem] = linear('x {{clasify.output.label}}');
    expect(problem).toMatchObject({
      code: 'unknown_node',
      path: 'nodes.2.config.prompt',
      node_id: 'answer',
      field: 'prompt',
    });
    expect(problem?.message).toBe('No node is called "clasify". Did you mean "classify"?');
    expect(linear('{{triger.x}}')[0]?.message).toContain('"trigger"');
    expect(linear('{{unrelated_name.output}}')[0]?.message).toBe('No node is called "unrelated_name".');
  });

  it('that do not parse or can’t run are told', () => {
    expect(brief(linear('{{ 1 + }}'))).toEqual(['expression_invalid nodes.2.config.prompt']);
    expect(brief(linear('{{ open'))).toEqual(['expression_invalid nodes.2.config.prompt']);
    expect(linear('{{ $now() }}')[0]?.message).toContain('$now is not available');
    expect(linear('{{ $contains(trigger.x, /(a)\\1/) }}')[0]?.message).toContain('reference back');
  });

  it('deep in a config name their field', () => {
    const conditions = { all: [{ field: '{{nope.output}}', operator: 'equals', value: ['{{nope2.output}}'] }] };
    const problems = validate([start, { id: 'i', type: 'logic.if', config: { conditions } }], ['start>i']);
    expect(problems.map(({ field }) => field)).toEqual(['conditions.all.0.field', 'conditions.all.0.value.0']);
  });

  it('that stand bare are read as a whole', () => {
    const transform = (expression: string) =>
      brief(validate([start, { id: 't', type: 'logic.transform', config: { expression } }], ['start>t']));
    expect(transform('$sum(trigger.items[price > 3].price)')).toEqual([]);
    expect(transform('{"a": {"b": 1}}')).toEqual([]);
    expect(transform('nope.output')).toEqual(['unknown_node nodes.1.config.expression']);
    expect(transform('{{trigger.x}}')).toEqual(['expression_invalid nodes.1.config.expression']);
  });

  it('may only look upstream', () => {
    const nodes = [start, chat('a', '{{b.output.text}}'), chat('b', '{{b.output.text}}')];
    const problems = validate(nodes, ['start>a', 'a>b']);
    expect(brief(problems)).toEqual([
      'reference_not_upstream nodes.1.config.prompt',
      'reference_not_upstream nodes.2.config.prompt',
    ]);
    expect(problems[0]?.message).toContain('"b" does not run before "a"');
    expect(problems[1]?.message).toContain('its own output');
  });

  it('warn where the node may not have run', () => {
    const branch = {
      id: 'cond',
      type: 'logic.if',
      config: { conditions: { all: [{ field: 1, operator: 'equals', value: 1 }] } },
    };
    const joins = ['start>cond', 'cond.true>a', 'cond.false>b', 'a>m', 'b>m', 'm>end'];
    const nodes = (prompt: string) => [
      start,
      branch,
      chat('a', 'x'),
      chat('b', 'x'),
      { id: 'm', type: 'logic.merge' },
      chat('end', prompt),
    ];
    const problems = validate(nodes('{{a.output.text}} {{m.output}} {{cond.output.result}} {{start.output}}'), joins);
    expect(brief(problems)).toEqual(['reference_other_branch? nodes.5.config.prompt']);
    expect(problems[0]?.message).toContain('"a" only runs when "cond" takes its exit "true"');
    expect(validate(nodes('{{a.output.text ?? b.output.text}}{{$exists(a.output) ? 1 : 2}}'), joins)).toEqual([]);
    const across = [start, branch, chat('a', 'x'), chat('b', '{{a.output.text}}')];
    expect(brief(validate(across, joins.slice(0, 3)))).toEqual(['reference_not_upstream nodes.3.config.prompt']);
  });

  it('do not warn between parallel branches or inside one branch', () => {
    const nodes = [
      start,
      chat('a', 'x'),
      chat('b', 'x'),
      { id: 'm', type: 'logic.merge' },
      chat('end', '{{a.output.text}}'),
    ];
    expect(validate(nodes, ['start>a', 'start>b', 'a>m', 'b>m', 'm>end'])).toEqual([]);
    const inside = [start, classify, route, chat('a', 'x'), chat('b', '{{a.output.text}}')];
    expect(validate(inside, ['start>classify', 'classify>route', 'route.billing>a', 'a>b'])).toEqual([]);
    const failing: NodeDraft = { ...chat('f', 'x'), on_error: 'branch' };
    const rescue = [
      start,
      failing,
      chat('ok', 'x'),
      chat('no', '{{f.output.error}}'),
      { id: 'm', type: 'logic.merge' },
      chat('z', '{{ok.output.text}}'),
    ];
    expect(brief(validate(rescue, ['start>f', 'f.out>ok', 'f.error>no', 'ok>m', 'no>m', 'm>z']))).toEqual([
      'reference_other_branch? nodes.5.config.prompt',
    ]);
  });

  it('name outputs, and fields that the output has', () => {
    expect(linear('{{classify.label}}')[0]?.message).toBe(
      'A node has only "output": write classify.output.label instead of classify.label.',
    );
    const [problem] = linear('{{classify.output.lable}}');
    expect(problem).toMatchObject({ severity: 'warning', code: 'unknown_output_field' });
    expect(problem?.message).toContain('Did you mean "label"?');
    expect(linear('{{classify.output}} {{classify}} {{start.output.any.thing}}')).toEqual([]);
    const schema = { type: 'object', properties: { order: { type: 'string' } } };
    const extract = { id: 'x', type: 'ai.extract', config: { prompt: 'x', schema } };
    const following = (prompt: string, config = extract) =>
      brief(validate([start, config, chat('y', prompt)], ['start>x', 'x>y']));
    expect(following('{{x.output.order}}')).toEqual([]);
    expect(following('{{x.output.nope}}')).toEqual(['unknown_output_field? nodes.2.config.prompt']);
  });

  it('name secrets that exist', () => {
    const [problem] = linear('{{env.API_KEI}}', { env_names: ['API_KEY'] });
    expect(problem).toMatchObject({ severity: 'error', code: 'unknown_env' });
    expect(problem?.message).toBe('There is no secret "API_KEI". Did you mean "API_KEY"?');
    expect(linear('{{env.API_KEY}} {{$lookup(env, "x")}}', { env_names: ['API_KEY'] })).toEqual([]);
    expect(linear('{{env.ANY}}')).toEqual([]);
  });

  it('read context freely and item only in loops', () => {
    expect(linear('{{context.anything}}')).toEqual([]);
    expect(brief(linear('{{item.x}}'))).toEqual(['item_outside_loop? nodes.2.config.prompt']);
  });
});

describe('edges', () => {
  const nodes = [start, classify, route, chat('a', 'x'), { id: 'stop', type: 'logic.stop' }];
  const joins = ['start>classify', 'classify>route', 'route.billing>a', 'a>stop'];

  it('are told by their ends, exits and repetition', () => {
    const bad = [
      'nope>a',
      'a>clasify',
      'a>a',
      'route>a',
      'route.biling>a',
      'a.true>stop',
      'stop>a',
      'a>start',
      'start>classify',
    ];
    const problems = validate(nodes, [...joins, ...bad]).filter(({ edge_id }) => edge_id !== undefined);
    expect(brief(problems)).toEqual([
      'edge_unknown_source edges.4.source',
      'edge_unknown_target edges.5.target',
      'self_loop edges.6.target',
      'unknown_handle edges.7.source_handle',
      'unknown_handle edges.8.source_handle',
      'unknown_handle edges.9.source_handle',
      'unknown_handle edges.10.source',
      'edge_into_trigger edges.11.target',
      'duplicate_edge edges.12.target',
    ]);
    expect(problems.map(({ message }) => message)).toEqual([
      'No node is called "nope".',
      'No node is called "clasify". Did you mean "classify"?',
      '"a" is connected to itself.',
      'An edge from "route" must name one of its exits: billing, default.',
      '"route" has no exit "biling"; it has billing, default. Did you mean "billing"?',
      '"a" has no exit "true"; it has out.',
      '"stop" ends the execution: nothing can follow it.',
      '"start" starts the agent: nothing can come before it.',
      '"start" is already connected to "classify" by this exit.',
    ]);
  });

  it('with one id twice are told, and exits that lead nowhere are fine', () => {
    const definition = define(nodes, joins);
    for (const edge of definition.edges) edge.id = 'same';
    expect(brief(validateDefinition(definition))).toEqual(
      [1, 2, 3].map((index) => `duplicate_edge_id edges.${index}.id`),
    );
  });

  it('may leave by the error exit where the node has one', () => {
    const branching: NodeDraft = { ...chat('f', 'x'), on_error: 'branch' };
    expect(validate([start, branching, chat('b', 'x')], ['start>f', 'f.error>b'])).toEqual([]);
    expect(brief(validate([start, chat('f', 'x'), chat('b', 'x')], ['start>f', 'f.error>b']))).toEqual([
      'unknown_handle edges.1.source_handle',
    ]);
  });
});

describe('the graph', () => {
  it('starts with one trigger', () => {
    expect(brief(validate([]))).toEqual(['no_trigger nodes']);
    expect(brief(validate([chat('a', 'x')]))).toEqual(['no_trigger nodes']);
    expect(brief(validate([start, { id: 'again', type: 'trigger.manual' }]))).toEqual([
      'several_triggers nodes.1.type',
    ]);
  });

  it('names nodes that are never reached', () => {
    const problems = validate([start, chat('a', 'x'), chat('b', 'x')], ['a>b']);
    expect(brief(problems)).toEqual(['unreachable_node nodes.1', 'unreachable_node nodes.2']);
    expect(problems[0]).toMatchObject({ node_id: 'a' });
  });

  it('names the nodes of each cycle', () => {
    const nodes = [start, ...['a', 'b', 'c', 'd', 'e'].map((id) => chat(id, 'x'))];
    const problems = validate(nodes, ['start>a', 'a>b', 'b>c', 'c>a', 'c>d', 'd>e', 'e>d']);
    const cycles = problems.filter(({ code }) => code === 'cycle').map(({ message, node_id }) => [node_id, message]);
    expect(cycles).toEqual([
      ['d', 'These nodes wait for each other and would never run: d → e → d.'],
      ['a', 'These nodes wait for each other and would never run: a → b → c → a.'],
    ]);
  });

  it('is bounded', () => {
    const many = Array.from({ length: LIMITS.definition_nodes + 1 }, (_, index) => ({
      id: `n${index}`,
      type: 'x',
      config: {},
    }));
    const joins = Array.from({ length: LIMITS.definition_edges + 1 }, (_, index) => ({
      id: `e${index}`,
      source: 'a',
      target: 'b',
    }));
    expect(brief(validateDefinition({ nodes: many, edges: joins }))).toEqual([
      'too_many_nodes nodes',
      'too_many_edges edges',
    ]);
    const bad = Array.from({ length: 300 }, (_, index) => ({
      id: `N${index}`,
      type: 'nope',
      config: { a: '{{x.output}}', b: '{{' },
    }));
    expect(validate(bad)).toHaveLength(500);
  });

  it('of 300 nodes that all refer to each other is checked quickly', () => {
    const nodes = Array.from({ length: 298 }, (_, index) =>
      chat(`n${index}`, index === 0 ? 'x' : `{{n${index - 1}.output.text}} {{n0.output.text}}`),
    );
    const joins = nodes
      .slice(1)
      .flatMap(({ id }, index) => [`n${index}>${id}`, ...(index > 2 ? [`n${index - 2}>${id}`] : [])]);
    const definition = define([start, ...nodes], ['start>n0', ...joins]);
    const before = performance.now();
    expect(validateDefinition(definition)).toEqual([]);
    expect(performance.now() - before).toBeLessThan(2000);
  });
});

describe('input_schema', () => {
  it('must be a schema that can be checked', () => {
    const schema = { type: 'object', properties: { a: { type: 'text' }, b: { items: 5 } }, required: 'a', not: {} };
    const problems = validateDefinition(define([start], [], { input_schema: schema }));
    expect(brief(problems)).toEqual([
      'input_schema_invalid input_schema.not',
      'input_schema_invalid input_schema.required',
      'input_schema_invalid input_schema.properties.a.type',
      'input_schema_invalid input_schema.properties.b.items',
    ]);
    expect(validateDefinition(define([start], [], { input_schema: { type: 'object' } }))).toEqual([]);
  });
});

describe('any draft that has the shape of a definition', () => {
  /** A small deterministic generator: the same garbage on every run. */
  function garbage(seed: number) {
    let state = seed;
    const random = (below: number) => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state % below;
    };
    const pick = <T>(list: readonly T[]): T => list[random(list.length)] as T;
    const texts = [
      ...[
        '',
        'x',
        '{{',
        '}}',
        '{{a.output}}',
        '{{ $$.b.output[0].x }}',
        '{{env.K}}',
        '{{ 1 + }}',
        '\\{{',
        '__proto__',
        '{{trigger.__proto__}}',
      ],
      ...[
        '{{constructor.output}}',
        'openai/x',
        '{"a": 1}',
        '$now()',
        'a.output ?? b',
        '(((',
        '/(a)\\1/',
        'ſ🙂',
        '{{a}}{{b}}',
      ],
    ];
    const ids = ['a', 'b', 'c', 'start', 'trigger', '__proto__', 'constructor', 'A-1', 'toString'];
    const keys = [
      'prompt',
      'model',
      'labels',
      'schema',
      'cases',
      'conditions',
      'expression',
      'url',
      'headers',
      '__proto__',
      'constructor',
      'value',
    ];
    const value = (depth: number): unknown => {
      const kind = random(depth > 4 ? 5 : 8);
      if (kind < 3) return pick(texts);
      if (kind === 3) return random(2) === 0 ? null : random(2) === 0;
      if (kind === 4) return random(1000) - 500;
      if (kind === 5) return Array.from({ length: random(4) }, () => value(depth + 1));
      return object(depth + 1);
    };
    const object = (depth: number): Record<string, unknown> => {
      const entries = Array.from({ length: random(5) }, () => [
        pick([...keys, 'type', 'properties', 'all', 'any', 'name']),
        value(depth),
      ]);
      return JSON.parse(
        `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${JSON.stringify(item)}`).join(',')}}`,
      );
    };
    const nodes = Array.from({ length: random(8) }, () => ({
      id: pick(ids),
      type: pick([...Object.keys(NODE_TYPES), 'trigger.nope', 'constructor', 'x']),
      config: object(0),
      ...(random(3) === 0 ? { on_error: pick(['fail', 'continue', 'branch']) } : {}),
    }));
    const edges = Array.from({ length: random(10) }, () => ({
      id: pick(['e1', 'e2', '__proto__']),
      source: pick(ids),
      target: pick(ids),
      ...(random(2) === 0 ? { source_handle: pick(['out', 'true', 'error', 'default', '__proto__']) } : {}),
    }));
    return { nodes, edges, ...(random(2) === 0 ? { input_schema: object(0) } : {}) };
  }

  it('gives problems, never an exception', () => {
    const seen = new Set<string>();
    for (let seed = 1; seed <= 600; seed += 1) {
      const definition = garbage(seed) as Parameters<typeof validateDefinition>[0];
      for (const problem of validateDefinition(definition, { env_names: ['K'], check_model: () => null })) {
        seen.add(problem.code);
        expect(problem.path, JSON.stringify(problem)).toMatch(/^(nodes|edges|input_schema)/);
        expect(problem.message.length).toBeGreaterThan(10);
      }
    }
    expect(seen.size).toBeGreaterThan(15);
  });

  it('for a policy without the limit that it is about', () => {
    const nodes = [{ id: 'start', type: 'trigger.manual', config: {} }];
    const settings = { concurrency_policy: 'queue' } as const;
    expect(validateDefinition({ nodes, edges: [], settings })).toMatchObject([
      { severity: 'error', code: 'concurrency_policy_without_limit', path: 'settings.concurrency_policy' },
    ]);
    expect(validateDefinition({ nodes, edges: [], settings: { ...settings, max_concurrency: 1 } })).toEqual([]);
  });

  it('even where config is missing', () => {
    const node = { id: 'n', type: 'ai.chat' } as NodeDraft;
    const problems = validateDefinition({ nodes: [node], edges: [] } as unknown as Parameters<
      typeof validateDefinition
    >[0]);
    expect(brief(problems)).toContain('config_invalid nodes.0.config.prompt');
  });
});
