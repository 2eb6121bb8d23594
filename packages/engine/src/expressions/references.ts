import type { CompiledExpression } from './compile.ts';
import { childrenOf, filtersOf, leftOf, pairsOf, type SyntaxNode } from './syntax-tree.ts';

/** A name that an expression reads from its root: `classify.output.label` is root `classify`, path `output`, `label`. */
export interface Reference {
  readonly root: string;
  /** The plain names that follow, up to the first thing that is not one. */
  readonly path: readonly string[];
}

/** A reference with the place of its root's name in the source; `start` and `end` take in backticks around it. */
export interface PlacedReference extends Reference {
  readonly start: number;
  readonly end: number;
}

interface Found extends Reference {
  readonly step: SyntaxNode | undefined;
}

/**
 * Where names start. In a step after a dot, a filter, a group or a sort term they belong to the value at hand, so they
 * say nothing about the root.
 */
type Context = 'root' | 'value';

function plainNames(steps: readonly SyntaxNode[]): string[] {
  const names: string[] = [];
  for (const step of steps) {
    if (step.type !== 'name' || typeof step.value !== 'string') break;
    names.push(step.value);
  }
  return names;
}

/** `$$` is the root wherever it stands, `$` the value at hand. */
function startsAtRoot(step: SyntaxNode, context: Context): boolean {
  return step.type === 'variable' && (step.value === '$' || (step.value === '' && context === 'root'));
}

function collectPath(node: SyntaxNode, context: Context, found: Found[]): void {
  const [first, ...rest] = node.steps ?? [];
  if (first === undefined) return;
  const steps = startsAtRoot(first, context) ? rest : (node.steps ?? []);
  const [root, ...path] = plainNames(steps);
  const readsRoot = startsAtRoot(first, context) || (first.type === 'name' && context === 'root');
  if (readsRoot && root !== undefined) found.push({ root, path, step: steps[0] });
  collectStep(first, context, found);
  for (const step of rest) collectStep(step, 'value', found);
}

function collectStep(step: SyntaxNode, context: Context, found: Found[]): void {
  if (step.type !== 'name' && step.type !== 'variable') collect({ ...step, predicate: [], stages: [] }, context, found);
  for (const term of step.terms ?? []) collect(term.expression, 'value', found);
  for (const filter of filtersOf(step)) collect(filter, 'value', found);
  for (const part of (step.group?.lhs ?? []).flat()) collect(part, 'value', found);
}

function collect(node: SyntaxNode, context: Context, found: Found[]): void {
  if (node.type === 'path') collectPath(node, context, found);
  else if (node.type === 'transform') {
    // The pattern, update and deletions of a transform see what it is applied to.
    for (const child of childrenOf(node)) collect(child, 'value', found);
    return;
  } else {
    const children = [
      leftOf(node),
      node.rhs,
      node.procedure,
      node.body,
      node.expression,
      node.condition,
      node.then,
      node.else,
      ...(node.arguments ?? []),
      ...(node.expressions ?? []),
      ...pairsOf(node).flat(),
    ];
    for (const child of children) if (child !== undefined) collect(child, context, found);
    for (const filter of filtersOf(node)) collect(filter, 'value', found);
  }
  for (const part of (node.group?.lhs ?? []).flat()) collect(part, 'value', found);
}

/**
 * What an expression reads from its root, told from its syntax alone, each reference once. Misses what is computed
 * (`$lookup($$, name)`, wildcards); never tells a name that belongs to an inner value.
 */
export function referencesOf(expression: CompiledExpression): Reference[] {
  const found: Found[] = [];
  collect(expression.tree, 'root', found);
  const once = new Map(found.map(({ root, path }) => [JSON.stringify([root, path]), { root, path }]));
  return [...once.values()];
}

/** The same, but every place where a name stands, in the order of the source. */
export function placedReferencesOf({ tree, source }: CompiledExpression): PlacedReference[] {
  const found: Found[] = [];
  collect(tree, 'root', found);
  // The parser copies what stands left of `??` and `?:`, so that one name is found more than once.
  const places = new Map<number, PlacedReference>();
  for (const { root, path, step } of found) {
    const end = step?.position;
    if (end === undefined) continue;
    const plain = end - root.length;
    const start = source.slice(plain, end) === root ? plain : plain - 2;
    if (source.slice(start, end).replaceAll('`', '') === root) places.set(start, { root, path, start, end });
  }
  return [...places.values()].sort((left, right) => left.start - right.start);
}
