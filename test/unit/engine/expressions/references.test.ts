import { compileExpression, referencesOf } from '@agentflow/engine';
import { describe, expect, it } from 'vitest';

function references(source: string): string[] {
  const compilation = compileExpression(source);
  if (!compilation.ok) expect.fail(`${source}: ${compilation.error.message}`);
  return referencesOf(compilation.expression)
    .map(({ root, path }) => [root, ...path].join('.'))
    .sort();
}

describe('referencesOf', () => {
  const cases: [string, string[]][] = [
    ['trigger', ['trigger']],
    ['classify.output.label', ['classify.output.label']],
    ['n0.output.n + n1.output', ['n0.output.n', 'n1.output']],
    ['env.KEY & "x"', ['env.KEY']],
    ['`a b`.c', ['a b.c']],
    ['"a".b', ['a.b']],
    ['$$.trigger.x', ['trigger.x']],
    ['$.trigger.x', ['trigger.x']],
    ['$$', []],
    ['$', []],
    ['$$.trigger.x[$$.a.output > b]', ['a.output', 'trigger.x']],
    ['trigger.items[price > 3].sku', ['trigger.items.sku']],
    ['trigger.items[$$.limit.output < price]', ['limit.output', 'trigger.items']],
    ['trigger.items[0]', ['trigger.items']],
    ['trigger.items.(price * quantity)', ['trigger.items']],
    ['trigger.items.{"p": price, "n": $$.n.output}', ['n.output', 'trigger.items']],
    ['trigger.items.[price, sku]', ['trigger.items']],
    ['trigger.items{sku: $sum(price)}', ['trigger.items']],
    ['trigger.items^(>price, sku)', ['trigger.items']],
    ['trigger.items@$i.sku', ['trigger.items.sku']],
    ['trigger.items#$n.sku', ['trigger.items.sku']],
    ['trigger.items.price.%.sku', ['trigger.items.price']],
    ['trigger.items.$sum(price)', ['trigger.items']],
    ['$sum(trigger.items.price)', ['trigger.items.price']],
    ['$map(trigger.items, function($i) { $i.price + fee.output })', ['fee.output', 'trigger.items']],
    ['$filter(a.output, function($v, $k) { $v.x = $k })', ['a.output']],
    ['($x := a.output; $x.label & b.output)', ['a.output', 'b.output']],
    ['($r := $$; $r.whatever)', []],
    ['a.output ? b.output : c.output', ['a.output', 'b.output', 'c.output']],
    ['a.output ?? b.output', ['a.output', 'b.output']],
    ['a.output ?: b.output', ['a.output', 'b.output']],
    ['[a.output, b.output]', ['a.output', 'b.output']],
    ['{"k": a.output, b.output: 1}', ['a.output', 'b.output']],
    ['a.output in b.output', ['a.output', 'b.output']],
    ['-a.output', ['a.output']],
    ['a.output ~> $sum', ['a.output']],
    ['a.output ~> $map(function($x) { $x.y })', ['a.output']],
    ['trigger ~> |items|{"price": price * 2}, "sku"|', ['trigger']],
    ['(a.output)[label = "x"]', ['a.output']],
    ['(a.output){label: $count($)}', ['a.output']],
    ['$f(?, a.output)', ['a.output']],
    ['[1..n.output]', ['n.output']],
    ['*.output', []],
    ['**.label', []],
    ['trigger.*.x', ['trigger']],
    ['$lookup(env, "X")', ['env']],
    ['$exists(a.output) and b.output', ['a.output', 'b.output']],
    ['trigger.items[][0]', ['trigger.items']],
    ['/re/', []],
    ['"text"', []],
    ['true', []],
    ['and.or', ['and.or']],
    ['a.output.x & a.output.x', ['a.output.x']],
    ['function($x) { $x.y }(a.output)', ['a.output']],
    ['$reduce(a.output, function($l, $r) { $l + $r.n }, b.output)', ['a.output', 'b.output']],
    ['items[price > 3]', ['items']],
  ];
  it.each(cases)('%s', (source, expected) => expect(references(source)).toEqual([...expected].sort()));
});
