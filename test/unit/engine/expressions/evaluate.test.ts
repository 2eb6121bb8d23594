import { compileExpression, evaluateDirectly } from '@agentflow/engine';
import jsonata from 'jsonata';
import { describe, expect, it } from 'vitest';
import { expectFailure, failureOf, resultOf, scopeOf } from './scope.ts';

const trigger = {
  amount: 5,
  name: 'Ada',
  nothing: null,
  items: [
    { price: 3, tags: ['a', 'b'], sku: 'x' },
    { price: 9, tags: [], sku: 'y' },
    { price: 1, tags: ['c'], sku: 'x' },
  ],
  single: [7],
  empty: [],
  matrix: [[{ x: 1 }, { x: 2 }], [{ x: 3 }]],
  deep: { list: [{ a: { b: 1 } }, { a: { b: 2 } }] },
};

describe('plain paths', () => {
  const paths = [
    ...[
      'trigger',
      'trigger.amount',
      'trigger.nothing',
      'trigger.nothing.more',
      'trigger.missing',
      'trigger.name.length',
    ],
    ...[
      'trigger.items',
      'trigger.items.price',
      'trigger.items.tags',
      'trigger.single',
      'trigger.empty',
      'trigger.empty.x',
    ],
    ...[
      'trigger.matrix.x',
      'trigger.deep.list.a.b',
      'missing',
      'missing.more',
      'n0.output.n',
      'n0.nope',
      'item.x',
      ' trigger.amount ',
    ],
  ];
  it.each(paths)('%s gives what JSONata gives', async (path) => {
    const root = { trigger, context: {}, env: {}, item: { x: 1 }, n0: { output: { n: 41 } } };
    const expected = (await jsonata(path).evaluate(root)) ?? null;
    const scope = { trigger, item: { x: 1 }, nodes: new Map([['n0', { output: { n: 41 } }]]) };
    expect(await resultOf(path, scope)).toEqual(JSON.parse(JSON.stringify(expected)));
  });

  it('needs no interpreter until a list is met', () => {
    const direct = (source: string) => {
      const compilation = compileExpression(source);
      return compilation.ok ? evaluateDirectly(compilation.expression, scopeOf({ trigger })) : null;
    };
    expect(direct('trigger.amount')).toEqual({ ok: true, value: 5 });
    expect(direct('trigger.items.price')).toBeNull();
    expect(direct('trigger.amount + 1')).toEqual({ ok: true, value: 6 });
    expect(direct('trigger.amount + "1"')).toBeNull();
    expect(direct('$sum(trigger.single)')).toBeNull();
  });

  it.each(['true', 'false', 'null', 'trigger.and', 'trigger.or.in'])('reads %s as JSONata does', async (source) => {
    const data = { and: 'x', or: { in: 'y' } };
    const expected = (await jsonata(source).evaluate({ trigger: data })) ?? null;
    expect(await resultOf(source, { trigger: data })).toEqual(expected);
  });
});

describe('simple expressions', () => {
  const data = {
    i: 5,
    zero: 0,
    half: 0.1,
    text: 'abc',
    empty: '',
    yes: true,
    no: false,
    nil: null,
    list: [1],
    none: [],
    object: { a: 1 },
  };
  const operands = [
    ...Object.keys(data).map((name) => `trigger.${name}`),
    'trigger.missing',
    '7',
    '-1',
    '"x"',
    'true',
    'null',
  ];
  const operators = ['+', '-', '*', '/', '%', '=', '!=', '<', '<=', '>', '>=', '&', 'and', 'or'];

  it('give what JSONata gives, whatever the kinds of their operands', { timeout: 60_000 }, async () => {
    const scope = scopeOf({ trigger: data });
    let direct = 0;
    for (const left of operands) {
      for (const operator of operators) {
        for (const right of operands) {
          const source = `${left} ${operator} ${right}`;
          const compilation = compileExpression(source);
          const fast = compilation.ok ? evaluateDirectly(compilation.expression, scope) : null;
          if (fast === null) continue;
          direct += 1;
          const expected = (await jsonata(source).evaluate({ trigger: data })) ?? null;
          expect(fast, source).toEqual({ ok: true, value: JSON.parse(JSON.stringify(expected)) });
        }
      }
    }
    expect(direct).toBeGreaterThan(1000);
  });

  it('choose as JSONata does', async () => {
    for (const condition of operands) {
      const source = `${condition} ? trigger.text : trigger.i * 2 + trigger.i`;
      expect(await resultOf(source, { trigger: data }), source).toBe(await jsonata(source).evaluate({ trigger: data }));
      expect(await resultOf(`${condition} ? 1`, { trigger: data })).toBe(
        (await jsonata(`${condition} ? 1`).evaluate({ trigger: data })) ?? null,
      );
    }
  });

  it('build objects as JSONata does', async () => {
    const scope = scopeOf({ trigger: data });
    let direct = 0;
    for (const operand of operands) {
      for (const source of [
        `{"a": ${operand}}`,
        `{"a": ${operand}, "b": {"c": ${operand} = 5, "toString": 1}}`,
        `{"a": trigger.yes ? ${operand} : 1, "": "x"}`,
      ]) {
        const compilation = compileExpression(source);
        const fast = compilation.ok ? evaluateDirectly(compilation.expression, scope) : null;
        const expected = JSON.parse(JSON.stringify(await jsonata(source).evaluate({ trigger: data })));
        if (fast !== null) {
          direct += 1;
          expect(fast, source).toEqual({ ok: true, value: expected });
        }
        expect(await resultOf(source, { trigger: data }), source).toEqual(expected);
      }
    }
    expect(direct).toBeGreaterThan(30);
  });

  it('leave to JSONata what is not simple', () => {
    const sources = [
      'trigger.i[0]',
      'trigger.i[]',
      'trigger.list.a',
      'trigger@$x.i',
      '(trigger.i)',
      '-trigger.i',
      '[1]',
      'trigger.i in [5]',
      '1[0]',
      'trigger.*',
      '{trigger.text: 1}',
      '{"a": 1, "a": 2}',
      '{"a": trigger.object}',
      '{"a": trigger.list}',
      '{"_jsonata_lambda": true}',
      'trigger{"a": 1}',
    ];
    for (const source of sources) {
      const compilation = compileExpression(source);
      expect(compilation.ok && evaluateDirectly(compilation.expression, scopeOf({ trigger: data })), source).toBeNull();
    }
    const long = { text: 'x'.repeat(1_500_000) };
    const compilation = compileExpression('trigger.text & trigger.text');
    expect(compilation.ok && evaluateDirectly(compilation.expression, scopeOf({ trigger: long }))).toBeNull();
  });
});

describe('expressions', () => {
  const cases: [string, unknown][] = [
    ['trigger.amount + 1', 6],
    ['trigger.name & "!"', 'Ada!'],
    ['trigger.items[price > 2].sku', ['x', 'y']],
    ['$sum(trigger.items.price)', 13],
    ['$max(trigger.items.price) - $min(trigger.items.price)', 8],
    ['trigger.items^(>price).price', [9, 3, 1]],
    ['trigger.items{sku: $count(price)}', { x: 2, y: 1 }],
    ['trigger.items.tags[]', ['a', 'b', 'c']],
    ['$map(trigger.items, function($i, $n) { $i.price * $n })', [0, 9, 2]],
    ['$sort([3, 1, 2])', [1, 2, 3]],
    ['$sort(["b", "a"])', ['a', 'b']],
    ['$sort(trigger.items, function($l, $r) { $l.price > $r.price }).price', [1, 3, 9]],
    ['$sort([5])', [5]],
    [
      '$distinct([1, "1", 1, {"a": 1, "b": [2]}, {"b": [2], "a": 1}, null, null, true, true])',
      [1, '1', { a: 1, b: [2] }, null, true],
    ],
    ['$distinct(trigger.items.sku)', ['x', 'y']],
    ['$distinct(5)', 5],
    ['$spread({"a": 1, "b": 2})', [{ a: 1 }, { b: 2 }]],
    ['$spread([{"a": 1}, {"b": 2, "c": 3}, 4])', [{ a: 1 }, { b: 2 }, { c: 3 }, 4]],
    ['$spread("text")', 'text'],
    ['$max([])', null],
    ['$min(trigger.missing)', null],
    ['$base64encode("naïve €")', 'bmHDr3ZlIOKCrA=='],
    ['$base64decode($base64encode("naïve €"))', 'naïve €'],
    ['$base64decode(trigger.missing)', null],
    ['$base64encode(trigger.missing)', null],
    ['$map(["abc", "def"], $substring(?, 0, 2))', ['ab', 'de']],
    ['$map(["a"], $uppercase)', 'A'],
    ['["a", "b"] ~> $join("-")', 'a-b'],
    ['$replace("a-b-c", "-", "+")', 'a+b+c'],
    ['$replace("2025-01-31", /(\\d+)-(\\d+)-(\\d+)/, "$3.$2.$1")', '31.01.2025'],
    ['$replace("a1b22", /\\d+/, function($m) { "<" & $m.match & ">" })', 'a<1>b<22>'],
    ['$replace("aaa", /a/, "b", 2)', 'bba'],
    ['$match("a1b22", /([a-z])(\\d+)/).groups[1]', ['1', '22']],
    ['$split("a, b;c", /[,;]\\s*/)', ['a', 'b', 'c']],
    ['$contains("HELLO", /hello/i)', true],
    ['$contains("a\\nb", /^b$/m)', true],
    ['$contains("a\\nb", /^b$/)', false],
    ['$match("ab", /(x)?b/).groups', [null]],
    ['$filter(["a1", "b"], /\\d/)', 'a1'],
    ['$pad("x", 3, "-")', 'x--'],
    ['$append([1], [2, 3])', [1, 2, 3]],
    [
      '$zip([1, 2], [3, 4])',
      [
        [1, 3],
        [2, 4],
      ],
    ],
    ['$formatNumber(1234.5, "#,##0.00")', '1,234.50'],
    ['$formatNumber(1234.5, "#.##0,00", {"decimal-separator": ",", "grouping-separator": "."})', '1.234,50'],
    ['$formatInteger(12, "w")', 'twelve'],
    ['$parseInteger("twelve", "w")', 12],
    ['$toMillis("2025-01-31T00:00:00Z")', 1738281600000],
    ['$toMillis("31/01/2025", "[D01]/[M01]/[Y0001]")', 1738281600000],
    ['$fromMillis(0, "[Y0001]-[M01]-[D01]")', '1970-01-01'],
    [
      'trigger ~> |items[0]|{"price": 0}, ["tags"]| ~> $lookup("items") ~> function($i) { $i[0] }',
      { price: 0, sku: 'x' },
    ],
    ['($f := function($n) { $n <= 1 ? 1 : $n * $f($n - 1) }; $f(10))', 3628800],
    ['($f := function($n, $sum) { $n = 0 ? $sum : $f($n - 1, $sum + $n) }; $f(5000, 0))', 12502500],
    ['[1..5]', [1, 2, 3, 4, 5]],
    ['trigger.missing ?? "default"', 'default'],
    ['trigger.nothing', null],
    ['{"a": trigger.missing, "b": 1}', { b: 1 }],
    ['trigger.items#$i[$i = 1].price', 9],
    ['trigger.items.tags.{"tag": $, "sku": %.sku}[0]', { tag: 'a', sku: 'x' }],
    ['$reduce([1, 2, 3], function($a, $b) { $a + $b })', 6],
    ['$string(trigger.single)', '[7]'],
    ['$$.trigger.amount', 5],
    ['function($a)<n:n>{$a + 1}(2)', 3],
    ['(0 * -1)', 0],
  ];
  it.each(cases)('%s', async (source, expected) => {
    expect(await resultOf(source, { trigger })).toEqual(expected);
  });

  it('sees nodes, context, env and item beside the trigger, which win over nodes of their name', async () => {
    const nodes = new Map<string, { output: number }>([
      ['n0', { output: 41 }],
      ['trigger', { output: 0 }],
    ]);
    const scope = { trigger: 1, context: { k: 2 }, env: { KEY: 'marker' }, item: 3, nodes };
    expect(await resultOf('[n0.output, trigger, context.k, env.KEY, item]', scope)).toEqual([41, 1, 2, 'marker', 3]);
  });

  it('sees nodes that end between two evaluations over the same scope', async () => {
    const nodes = new Map([['a', { output: 1 }]]);
    const scope = scopeOf({ nodes });
    expect(await resultOf('b.output', scope)).toBeNull();
    nodes.set('b', { output: 2 });
    expect(await resultOf('b.output', scope)).toBe(2);
  });

  it('runs side by side without one evaluation spending the other one’s steps', async () => {
    const source = '$count($map([1..9000], function($x) { $x * trigger.n }))';
    const results = await Promise.all([1, 2, 3, 4].map((n) => resultOf(source, { trigger: { n } })));
    expect(results).toEqual([9000, 9000, 9000, 9000]);
  });

  it('gives copies, so that a changed result changes no scope', async () => {
    const data = { list: [{ a: 1 }] };
    const result = (await resultOf('trigger.list[0]', { trigger: data })) as { a: number };
    result.a = 2;
    expect(data.list[0]).toEqual({ a: 1 });
  });

  it('leaves the scope alone when a transform changes its copy', async () => {
    const data = { list: [{ a: 1 }] };
    expect(await resultOf('trigger ~> |list|{"a": 2}|', { trigger: data })).toEqual({ list: [{ a: 2 }] });
    expect(data).toEqual({ list: [{ a: 1 }] });
  });
});

describe('mistakes', () => {
  it('tells syntax errors with their place', async () => {
    expect(await expectFailure('[1, 2', 'expression_syntax')).toMatchObject({ position: 5 });
    await expectFailure('trigger..x', 'expression_syntax');
    await expectFailure('', 'expression_syntax');
    await expectFailure('  ', 'expression_syntax');
    await expectFailure('"abc', 'expression_syntax');
  });

  it('tells what JSONata refuses, and the author’s own $error', async () => {
    expect((await expectFailure('"a" + 1', 'expression_failed')).message).toContain('must evaluate to a number');
    expect((await expectFailure('$error("no customer")', 'expression_failed')).message).toBe('no customer');
    expect((await expectFailure('$assert(false, "broken")', 'expression_failed')).message).toBe('broken');
    expect((await expectFailure('$sort([1, "a"])', 'expression_failed')).message).toContain('$sort');
    expect((await expectFailure('$base64decode("%%")', 'expression_failed')).message).toContain('base64');
    expect((await expectFailure('$nope(1)', 'expression_failed')).message).toBe(
      'Something that is not a function is called like one.',
    );
    await expectFailure('$formatNumber(1, "0", {"infinity": ""})', 'expression_failed');
  });

  it('cuts long messages', async () => {
    const { message } = await failureOf(`$error("${'x'.repeat(2000)}")`);
    expect(message.length).toBeLessThan(600);
  });

  it('refuses results that are no JSON', async () => {
    await expectFailure('$sum', 'expression_result');
    await expectFailure('function($x) { $x }', 'expression_result');
    await expectFailure('{"a": [{"b": $sum}]}', 'expression_result');
    await expectFailure('/a/', 'expression_result');
    await expectFailure('1 / 0', 'expression_result');
  });

  it('remembers what it compiled, failures too', () => {
    expect(compileExpression('trigger.a + 41')).toBe(compileExpression('trigger.a + 41'));
    expect(compileExpression('trigger.a +')).toBe(compileExpression('trigger.a +'));
    const first = compileExpression('trigger.evicted + 0');
    for (let n = 1; n <= 600; n += 1) compileExpression(`trigger.x${n}`);
    expect(compileExpression('trigger.evicted + 0')).not.toBe(first);
    const again = compileExpression('trigger.evicted + 0');
    for (let n = 10; n < 30; n += 1) compileExpression(`"${'x'.repeat(19_000)}${n}"`);
    expect(compileExpression('trigger.evicted + 0')).not.toBe(again);
  });
});
