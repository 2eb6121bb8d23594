import { EXPRESSION_LIMITS } from '@agentflow/engine';
import { describe, expect, it } from 'vitest';
import { expectFailure, resultOf } from './scope.ts';

/*
 * Expressions that are meant to hang, to fill memory or to reach what they must not. Each has to end as an error in
 * words. The time limit is wide for slow machines: without the bounds these run for minutes or for ever.
 */
const LIMIT_MS = 60_000;
const a50k = `${'a'.repeat(50_000)}b`;
const numbers = Array.from({ length: 50_000 }, (_, index) => index);

describe('an expression that never ends', () => {
  const endless = [
    '($f := function($x) { $f($x) }; $f(1))',
    '($f := function($x) { 1 + $f($x) }; $f(1))',
    '($f := function($x) { [$f($x), $f($x)] }; $f(1))',
    '($f := function() { $map([1..100], $f) }; $f())',
    '($a := function($x) { $b($x) }; $b := function($x) { $x ~> $a }; $a(1))',
    '($f := function($f) { $f($f) }; $f($f))',
    '$map([1..1000000], function($x) { $x })',
    '$map([1..20000], function($x) { $map([1..20000], function($y) { $x * $y }) })',
    '[1..10000][[1..10000][$ > 0] ~> $count = 1]',
    '$sort([1..20000], function($l, $r) { $l > $r })^($)^($)',
    '$reduce([1..20000], function($all, $x) { $append($all, [$x, $x]) }, [])',
    '[1..20000].[1..20000]',
    '$distinct([1..20000]).($ in [1..20000])',
  ];
  it.each(endless)(
    '%s',
    async (source) => {
      await expectFailure(source, 'expression_limit');
    },
    LIMIT_MS,
  );

  it('is stopped where its cost hides between steps', { timeout: LIMIT_MS }, async () => {
    const trigger = { text: a50k, numbers, matrix: [numbers.map((n) => ({ n }))] };
    const hidden = [
      '($r := [1..20000]; trigger.numbers[$r])',
      '$map([1..20000], function($x) { trigger = trigger.text })',
      '$map([1..20000], function($x) { $length(trigger.text) })',
      '$map([1..20000], function($x) { $string(trigger) })',
      '$map([1..20000], function($x) { $count(trigger.matrix.n) })',
      '$map([1..20000], function($x) { trigger.numbers and false })',
      '($f := function($l)<a<n>:n>{ 1 }; $map([1..20000], function($x) { $f(trigger.numbers) }))',
      'trigger.**',
      'trigger.numbers.($$.trigger.numbers)',
    ];
    for (const source of hidden) await expectFailure(source, 'expression_limit', { trigger });
  });
});

describe('an expression that fills memory', () => {
  const bombs = [
    '[1..10000000]',
    '$map([1..200], function($x) { [1..20000] })',
    '($f := function($s, $n) { $n = 0 ? $s : $f($s & $s, $n - 1) }; $f("a", 100))',
    '($f := function($s, $n) { $n = 0 ? $s : $f({"a": $s, "b": $s}, $n - 1) }; $f("a", 100))',
    '($f := function($s, $n) { $n = 0 ? $s : $f([[$s], [$s]], $n - 1) }; $f("a", 100))',
    '($f := function($s, $n) { $n = 0 ? $s : $f([[$s]], $n - 1) }; $f("a", 5000))',
    '$reduce([1..100], function($a, $b) { $append($a, $a) }, [1])',
    '$reduce([1..60], function($a, $b) { $a ~> |$|{"x": $, "y": $}| }, {"z": 1})',
    '$pad("x", 1000000000)',
    '$pad("x", -1000000, "abcdef")',
    '$join($map([1..20000], function($x) { "a" }), $pad("-", 1000))',
    '$join($map([1..20000], function($x) { $pad("-", 1000) }))',
    '$replace($pad("a", 100000, "a"), "a", $pad("b", 100000, "b"))',
    '$replace($pad("a", 10000, "a"), /a+/, $pad("$0", 10000, "$0"))',
    '$replace($pad("a", 10000, "a"), /a/, function($m) { $pad("b", 10000, "b") })',
    '$zip([1..20000], [1..20000]) ~> $string ~> function($s) { $map([1..1000], function($x) { $s & $x }) }',
    '$parseInteger($pad("I", 2000, "I"), "I")',
    '$formatInteger(1, $pad("0", 10000, "0"))',
    '$fromMillis(0, "[Y,1000000]")',
    '$map([1..20000], function($x) { $uppercase($pad("x", 10000)) })',
    '({"a": 1} ~> |$|{"self": $}|)',
  ];
  it.each(bombs)(
    '%s',
    async (source) => {
      await expectFailure(source, 'expression_limit');
    },
    LIMIT_MS,
  );

  it('is refused before the parser copies its operands', async () => {
    await expectFailure(`${'('.repeat(40)}a${' ?: b)'.repeat(40)}`, 'expression_limit');
    await expectFailure(`${'['.repeat(40)}a${' ?? b]'.repeat(40)}`, 'expression_limit');
    expect(await resultOf(`${Array(60).fill('trigger.a').join(' ?? ')} ?? 7`)).toBe(7);
    const flat = Array.from({ length: 60 }, (_, index) => `"k${index}": trigger.a ?? ${index}`);
    expect(await resultOf(`{${flat.join(', ')}}`)).toMatchObject({ k0: 0, k59: 59 });
  });

  it('is refused where its source is too long or nests too deeply', async () => {
    await expectFailure('x'.repeat(EXPRESSION_LIMITS.source_characters + 1), 'expression_limit');
    await expectFailure(`${'('.repeat(5000)}1${')'.repeat(5000)}`, 'expression_limit');
    await expectFailure(Array(5000).fill('1').join('+'), 'expression_limit');
    await expectFailure('-'.repeat(9000), 'expression_limit');
    expect(await resultOf(`${'('.repeat(90)}1${')'.repeat(90)}`)).toBe(1);
    expect(await resultOf(Array(100).fill('1').join('+'))).toBe(100);
  });

  it('is refused where the result nests too deeply to be JSON', async () => {
    await expectFailure(
      '($f := function($s, $n) { $n = 0 ? $s : $f({"a": $s}, $n - 1) }; $f(1, 120))',
      'expression_limit',
    );
  });
});

describe('regular expressions', () => {
  it('match in time that grows with the text', { timeout: LIMIT_MS }, async () => {
    const trigger = { text: a50k };
    expect(await resultOf('$contains(trigger.text, /^(a+)+$/)', { trigger })).toBe(false);
    expect(await resultOf('$contains(trigger.text, /^(a|aa)+$/)', { trigger })).toBe(false);
    expect(await resultOf('$contains(trigger.text, /(.*)(.*)(.*)(.*)(.*)c/)', { trigger })).toBe(false);
    expect(await resultOf('$count($match($substring(trigger.text, 0, 5000), /a/))', { trigger })).toBe(5000);
  });

  it('are stopped where searching again and again would be quadratic', { timeout: LIMIT_MS }, async () => {
    const trigger = { text: a50k };
    await expectFailure('$match(trigger.text, /a(.*c)?/)', 'expression_limit', { trigger });
    await expectFailure('$split(trigger.text, /a(.*c)?/)', 'expression_limit', { trigger });
    await expectFailure('$replace(trigger.text, /a(.*c)?/, "")', 'expression_limit', { trigger });
  });

  it('that need backtracking are refused in words', async () => {
    expect((await expectFailure('$contains("ab", /a(?=b)/)', 'expression_syntax')).message).toContain('looking ahead');
    expect((await expectFailure('$contains("ab", /(?<!a)b/)', 'expression_syntax')).message).toContain(
      'looking ahead or behind',
    );
    expect((await expectFailure('$contains("aa", /(a)\\1/)', 'expression_syntax')).message).toContain('reference back');
    expect((await expectFailure('$contains("aa", /a{2,1}/)', 'expression_syntax')).message).toContain(
      'egular expression',
    );
  });

  it('that would compile to a huge program are refused', async () => {
    await expectFailure(`$contains("x", /(${'abcdefghij'.repeat(45)}){900}/)`, 'expression_syntax');
    await expectFailure('$contains("x", /((abcdefghij){30}){30}/)', 'expression_syntax');
    await expectFailure(`$contains("x", /${'a'.repeat(1001)}/)`, 'expression_syntax');
    await expectFailure(`$contains("x", /${'(\\w{900}[\\]a])'.repeat(20)}/)`, 'expression_syntax');
    expect(await resultOf('$contains("2025-01-31", /^\\d{4}-\\d{2}-\\d{2}$/)')).toBe(true);
  });

  it('don’t hang on empty matches or on what is no text', async () => {
    await expectFailure('$match("abc", /x*/)', 'expression_failed');
    expect(await resultOf('$filter([5, "xa"], /a/)')).toBe('xa');
    await expectFailure('$contains("a", /a/ ?: 1)', 'expression_failed');
  });

  it('that JSONata builds from pictures stay linear', { timeout: LIMIT_MS }, async () => {
    const digits = '1'.repeat(90);
    await expectFailure(`$toMillis("${digits}x", "[Y][M][D][H][m][s][f]")`, 'expression_limit');
    await expectFailure(`$toMillis("${'1'.repeat(200)}", "[Y]")`, 'expression_limit');
    await expectFailure(`$toMillis("1", "${'[Y]'.repeat(100)}")`, 'expression_limit');
    await expectFailure(`function($x)<${'x+'.repeat(8)}n:x>{ $x }`, 'expression_limit');
  });

  it('in number pictures can’t be made to loop', async () => {
    await expectFailure('$formatNumber(1, "0", {"zero-digit": ""})', 'expression_failed');
    await expectFailure('$formatNumber(1, "0", {"grouping-separator": ""})', 'expression_failed');
    await expectFailure('$formatNumber(1, "0", {"digit": 5})', 'expression_failed');
  });
});

describe('what must not be reached', () => {
  it.each([
    '$eval("1 + 1")',
    '$now()',
    '$millis()',
    '$random()',
    '$shuffle([1, 2])',
    '($f := $eval; $f("1"))',
    '"1" ~> $eval',
  ])('%s is forbidden', async (source) => {
    await expectFailure(source, 'expression_forbidden');
  });

  it('prototypes', async () => {
    const trigger = JSON.parse('{"o": {"__proto__": {"admin": true}, "a": 1}, "text": "x", "list": [1]}');
    for (const source of [
      ...['"".constructor', 'trigger.constructor', 'trigger.o.constructor.prototype', 'trigger.text.__proto__'],
      ...[
        'trigger.list.constructor',
        '$lookup(trigger, "__proto__")',
        '$lookup(trigger, "constructor")',
        '$sum.constructor',
      ],
      ...['trigger.toString', '$$.constructor', '$$.__proto__', 'trigger.o.hasOwnProperty', '{}.constructor'],
    ]) {
      expect(await resultOf(source, { trigger }), source).toBeNull();
    }
    expect(await resultOf('trigger.o.admin', { trigger })).toBeNull();
  });

  it('prototypes by writing', async () => {
    const sources = [
      '{"__proto__": {"polluted": true}}',
      '$merge([{"a": 1}, {"__proto__": {"polluted": true}}])',
      '{"a": 1} ~> |$|{"__proto__": {"polluted": true}}|',
      '[{"k": "__proto__"}]{k: {"polluted": true}}',
      '$sift({"__proto__": {"polluted": true}}, function($v) { true })',
    ];
    for (const source of sources) {
      const value = (await resultOf(source)) as Record<string, unknown>;
      expect(Object.getPrototypeOf(value), source).toBe(Object.prototype);
      expect(({} as Record<string, unknown>).polluted, source).toBeUndefined();
      expect(value.polluted, source).toBeUndefined();
    }
  });

  it('JSONata’s insides through data that looks like a function', async () => {
    const forged = { _jsonata_lambda: true, arguments: [], body: { type: 'variable', value: 'eval' }, environment: {} };
    const trigger = { forged, builtin: { _jsonata_function: true, implementation: 'x' }, data: { a: 1 } };
    await expectFailure('trigger.forged(1)', 'expression_failed', { trigger });
    await expectFailure('trigger.builtin(1)', 'expression_failed', { trigger });
    await expectFailure('trigger.data(1)', 'expression_failed', { trigger });
    await expectFailure('$map([1], trigger.forged)', 'expression_failed', { trigger });
    await expectFailure('($f := function($x) { trigger.data($x) }; $f(1))', 'expression_failed', { trigger });
    expect(trigger.data).toEqual({ a: 1 });
    expect(forged).not.toHaveProperty('token');
    await expectFailure('{"_jsonata_lambda": true}', 'expression_failed');
    expect(await resultOf('trigger.forged.arguments', { trigger })).toBeNull();
  });

  it('the insides of functions', async () => {
    const f = '$f := function($x) { $x }';
    for (const source of [
      `(${f}; $spread($f))`,
      `(${f}; $spread([$f]))`,
      `(${f}; $m := $merge(?); $m([$f]))`,
      `(${f}; $s := $sift(?, function($v, $k) { $k != "_jsonata_lambda" }); $s($f))`,
      `(${f}; $e := $each(?, function($v) { $v }); $e($f))`,
      `(${f}; {"a": 1} ~> |$|$f, ["_jsonata_lambda"]|)`,
      `(${f}; $n := $formatNumber(1, "0", {"digit": $f}))`,
    ]) {
      await expectFailure(source, 'expression_failed');
    }
    expect(await resultOf(`(${f}; $f.environment)`)).toBeNull();
    expect(await resultOf(`(${f}; $lookup($f, "environment"))`)).toBeNull();
  });

  it('a promise that never comes true', async () => {
    for (const source of [
      '{"then": /a/}',
      'trigger{"then": /a/}',
      '($f := function($g) { {"then": $g} }; $f(function() { 1 }))',
    ]) {
      await expectFailure(source, 'expression_failed', { trigger: { a: 1 } });
    }
    await expectFailure('$map([1], /a/)@$then', 'expression_limit');
    await expectFailure('trigger#$then.a', 'expression_limit');
    expect(await resultOf('($lib := {"twice": function($x) { 2 * $x }}; $lib.twice(4))')).toBe(8);
  });

  it('the time of day, through parts of a date that are left out', async () => {
    expect(await resultOf('$toMillis("10:00", "[H]:[m]")')).toBe(36_000_000);
  });
});
