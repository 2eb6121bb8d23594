import { boundedBuiltins, FORBIDDEN_FUNCTIONS, forbiddenFunction } from './builtins.ts';
import { isDirect } from './direct-evaluation.ts';
import { describeFailure, type ExpressionError, ExpressionFault, limitReached } from './failure.ts';
import { EVALUATE_ENTRY, EVALUATE_EXIT, type JsonataExpression, parseJsonata } from './jsonata-internals.ts';
import { scanTokens } from './lexical.ts';
import { EXPRESSION_LIMITS } from './limits.ts';
import { enterNode, leaveNodes, type NodeDuty } from './metered-evaluation.ts';
import { literalPattern } from './regex.ts';
import { childrenOf, filtersOf, leftOf, pairsOf, type SyntaxNode } from './syntax-tree.ts';

/** An expression that is ready to run, over and over and side by side. Make one with compileExpression. */
export interface CompiledExpression {
  readonly source: string;
  /** Whether it is simple enough to be tried without the interpreter. */
  readonly direct: boolean;
  readonly tree: SyntaxNode;
  readonly program: JsonataExpression;
}

export type Compilation =
  | { readonly ok: true; readonly expression: CompiledExpression }
  | { readonly ok: false; readonly error: ExpressionError };

/**
 * Bounds what the parser will do before it does it: it recurses into brackets, and it copies everything to the left of
 * `??` and `?:`, so that a few nested ones would make billions of nodes.
 */
function checkSource(source: string): void {
  if (source.length > EXPRESSION_LIMITS.source_characters) throw limitReached('is too long');
  const outer: number[] = [];
  let total = 0;
  let operand = 0;
  for (const token of scanTokens(source)) {
    const text = source.slice(token.start, Math.min(token.end, token.start + 2));
    const symbol = token.kind === 'symbol' ? (text[0] as string) : '';
    operand += 1;
    if (symbol !== '' && '([{'.includes(symbol)) {
      outer.push(total, operand);
      total = 0;
      operand = 0;
      if (outer.length / 2 > EXPRESSION_LIMITS.bracket_depth) throw limitReached('nests too many brackets');
    } else if (symbol !== '' && ')]}'.includes(symbol)) {
      const inner = total + operand;
      operand = (outer.pop() ?? 0) + inner;
      total = outer.pop() ?? 0;
    } else if (symbol === ',' || symbol === ';') {
      total += operand;
      operand = 0;
    } else if (symbol === '?' && /[?:]/.test(source[token.start + 1] ?? '')) {
      total += 2 * operand;
      operand = 0;
    }
    if (total + operand > EXPRESSION_LIMITS.source_tokens) throw limitReached('is too complicated');
  }
}

/** A lambda's signature becomes a backtracking regular expression over the kinds of its arguments. */
function checkSignature(node: SyntaxNode): void {
  const optional = node.signature?.definition?.match(/[+?-]/g)?.length ?? 0;
  if (optional > 4) throw limitReached('has a function signature that is too complicated');
}

function checkNode(node: SyntaxNode): void {
  if (node.type === 'variable' && typeof node.value === 'string' && FORBIDDEN_FUNCTIONS.has(node.value)) {
    throw forbiddenFunction(node.value);
  }
  const bound = [node.focus, node.index, ...(node.stages ?? []).map((stage) => stage.value)];
  if (bound.includes('then')) throw limitReached('binds a variable called $then, which is not possible');
  if (node.type === 'regex') literalPattern(node.value);
  if (node.type === 'lambda') checkSignature(node);
}

const ALWAYS_WEIGHED = new Set(['binary', 'condition', 'apply']);

/** What the evaluation has to watch at some nodes beyond counting them. */
function assignDuties(node: SyntaxNode, hasSignature: boolean, duties: Map<object, NodeDuty>): void {
  if (ALWAYS_WEIGHED.has(node.type)) {
    for (const operand of [leftOf(node), node.rhs, node.condition]) if (operand) duties.set(operand, 'weigh');
  }
  for (const filter of filtersOf(node)) duties.set(filter, 'weigh');
  if (hasSignature) for (const argument of node.arguments ?? []) duties.set(argument, 'weigh');
  if (node.procedure) duties.set(node.procedure, 'call');
  for (const [, value] of [...pairsOf(node), ...(node.group?.lhs ?? [])]) duties.set(value, 'field');
  if (node.update) duties.set(node.update, 'mutate');
  if (node.delete) duties.set(node.delete, 'mutate');
}

/** Walks the tree without recursion: a chain of ten thousand `+` is ten thousand levels deep. */
function inspect(root: SyntaxNode): Map<object, NodeDuty> {
  const nodes: SyntaxNode[] = [];
  let level: SyntaxNode[] = [root];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > EXPRESSION_LIMITS.tree_depth) throw limitReached('nests too deeply');
    for (const node of level) nodes.push(node);
    level = level.flatMap(childrenOf);
  }
  const hasSignature = nodes.some((node) => node.signature !== undefined);
  const duties = new Map<object, NodeDuty>();
  for (const node of nodes) {
    checkNode(node);
    assignDuties(node, hasSignature, duties);
  }
  return duties;
}

function compileFresh(source: string): Compilation {
  try {
    checkSource(source);
    const program = parseJsonata(source, EXPRESSION_LIMITS.sequence);
    const tree = program.ast() as SyntaxNode;
    const duties = inspect(tree);
    for (const [name, builtin] of boundedBuiltins()) program.assign(name, builtin);
    program.assign(EVALUATE_ENTRY, enterNode);
    program.assign(EVALUATE_EXIT, leaveNodes(duties));
    return { ok: true, expression: { source, direct: isDirect(tree), tree, program } };
  } catch (thrown) {
    return { ok: false, error: describeFailure(thrown, 'expression_syntax') };
  }
}

const CACHE_ENTRIES = 500;
/** A syntax tree takes about a hundred times the memory of its source. */
const CACHE_CHARACTERS = 250_000;
/** Least recently used first: a Map keeps the order in which keys were set. */
const cache = new Map<string, Compilation>();
let cachedCharacters = 0;

function remember(source: string, compilation: Compilation): void {
  cache.set(source, compilation);
  cachedCharacters += source.length;
  for (const oldest of cache.keys()) {
    if (cache.size <= CACHE_ENTRIES && cachedCharacters <= CACHE_CHARACTERS) return;
    cache.delete(oldest);
    cachedCharacters -= oldest.length;
  }
}

/**
 * Compiles JSONata, or says what is wrong with it: syntax, functions that are not available, regular expressions that
 * would need backtracking, sources past the limits. Recent ones are remembered.
 */
export function compileExpression(source: string): Compilation {
  const known = cache.get(source);
  if (known !== undefined) {
    cache.delete(source);
    cache.set(source, known);
    return known;
  }
  const compilation = source.trim() === '' ? empty() : compileFresh(source);
  if (source.length <= EXPRESSION_LIMITS.source_characters) remember(source, compilation);
  return compilation;
}

function empty(): Compilation {
  const fault = new ExpressionFault('expression_syntax', 'The expression is empty.');
  return { ok: false, error: describeFailure(fault, 'expression_syntax') };
}
