import type { JsonValue } from '@agentflow/contracts';
import { EXPRESSION_LIMITS } from './limits.ts';
import { setOwn } from './plain-value.ts';
import type { SyntaxNode, SyntaxPair } from './syntax-tree.ts';

/*
 * Most expressions are a path, or a path compared, added or joined with something. Those are computed here at once,
 * without JSONata's interpreter, which waits many times for each. The rule that keeps this right: whatever is not
 * plainly a scalar (a list to map over, an error to tell, a number to format) is given back as INTERPRET.
 */

export const INTERPRET: unique symbol = Symbol('interpret');

const OPERATORS = new Set(['+', '-', '*', '/', '%', '=', '!=', '<', '<=', '>', '>=', '&', 'and', 'or']);

/** Fields of a plain name; anything else on one (a filter, a bound variable, `[]`) is for the interpreter. */
const NAME_FIELDS = new Set(['type', 'value', 'position']);
const OBJECT_FIELDS = new Set(['type', 'value', 'lhs', 'position', 'consarray']);
const PATH_FIELDS = new Set(['type', 'steps', 'position']);

function isPlain(node: SyntaxNode, fields: ReadonlySet<string>): boolean {
  return Object.keys(node).every((field) => fields.has(field));
}

/** Whether an expression may be tried directly at all. */
export function isDirect(node: SyntaxNode): boolean {
  if (node.predicate !== undefined || node.group !== undefined) return false;
  switch (node.type) {
    case 'path':
      return (
        isPlain(node, PATH_FIELDS) &&
        (node.steps ?? []).every((step) => step.type === 'name' && isPlain(step, NAME_FIELDS))
      );
    case 'string':
    case 'number':
    case 'value':
      return true;
    case 'binary':
      return OPERATORS.has(String(node.value)) && isDirect(node.lhs as SyntaxNode) && isDirect(node.rhs as SyntaxNode);
    case 'condition':
      return [node.condition, node.then, node.else].every((part) => part === undefined || isDirect(part));
    case 'unary':
      return node.value === '{' && isPlain(node, OBJECT_FIELDS) && hasDirectPairs(node.lhs as readonly SyntaxPair[]);
    default:
      return false;
  }
}

/** Written-out keys, each once: what JSONata does with computed or repeated ones, or with names of its insides, is its own. */
function hasDirectPairs(pairs: readonly SyntaxPair[]): boolean {
  const keys = pairs.map(([key]) => key.value);
  return (
    new Set(keys).size === keys.length &&
    pairs.every(
      ([key, value]) => key.type === 'string' && !String(key.value).startsWith('_') && isDirect(key) && isDirect(value),
    )
  );
}

/** Follows names through objects. A name asked of a list is JSONata's to map over its items. */
function follow(root: unknown, steps: readonly SyntaxNode[]): unknown {
  let value = root;
  for (const { value: name } of steps) {
    if (Array.isArray(value)) return INTERPRET;
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name as string)) return undefined;
    // To JSONata, objects with one of these fields are functions.
    if (Object.hasOwn(value, '_jsonata_lambda') || Object.hasOwn(value, '_jsonata_function')) return INTERPRET;
    value = (value as Record<string, unknown>)[name as string];
  }
  return value;
}

/** The value of a node that isDirect() holds for, undefined where there is none, or INTERPRET. */
export function directValue(node: SyntaxNode, root: unknown): unknown {
  switch (node.type) {
    case 'path':
      return follow(root, node.steps ?? []);
    case 'binary':
      return binaryValue(node, root);
    case 'condition': {
      const condition = truth(directValue(node.condition as SyntaxNode, root));
      if (condition === INTERPRET) return INTERPRET;
      const branch = condition ? node.then : node.else;
      return branch === undefined ? undefined : directValue(branch, root);
    }
    case 'unary':
      return objectValue(node.lhs as readonly SyntaxPair[], root);
    default:
      return node.value;
  }
}

/** A value that is not there leaves its key out. Lists and objects are copied by the interpreter, so that nothing is shared. */
function objectValue(pairs: readonly SyntaxPair[], root: unknown): unknown {
  const result: Record<string, JsonValue> = {};
  for (const [key, node] of pairs) {
    const value = directValue(node, root);
    if (value === undefined) continue;
    if (value === INTERPRET || (typeof value === 'object' && value !== null && node.type !== 'unary')) return INTERPRET;
    setOwn(result, String(key.value), value as JsonValue);
  }
  return result;
}

function truth(value: unknown): boolean | typeof INTERPRET {
  if (value === INTERPRET || (typeof value === 'object' && value !== null)) return INTERPRET;
  return Boolean(value);
}

function binaryValue(node: SyntaxNode, root: unknown): unknown {
  const left = directValue(node.lhs as SyntaxNode, root);
  if (left === INTERPRET) return INTERPRET;
  if (node.value === 'and' || node.value === 'or') {
    const first = truth(left);
    if (first === INTERPRET || first === (node.value === 'or')) return first;
    return truth(directValue(node.rhs as SyntaxNode, root));
  }
  const right = directValue(node.rhs as SyntaxNode, root);
  if (right === INTERPRET) return INTERPRET;
  switch (node.value) {
    case '&':
      return joined(left, right);
    case '=':
    case '!=':
      return equality(left, right, node.value === '=');
    case '<':
    case '<=':
    case '>':
    case '>=':
      return comparison(left, right, node.value);
    default:
      return arithmetic(left, right, node.value);
  }
}

function equality(left: unknown, right: unknown, equal: boolean): unknown {
  if (left === undefined || right === undefined) return false;
  if (typeof left === 'object' && left !== null && typeof right === 'object' && right !== null) return INTERPRET;
  return (left === right) === equal;
}

function comparison(left: unknown, right: unknown, operator: string): unknown {
  const bothNumbers = typeof left === 'number' && typeof right === 'number';
  if (!bothNumbers && !(typeof left === 'string' && typeof right === 'string')) return INTERPRET;
  const [a, b] = [left as number, right as number];
  if (operator === '<') return a < b;
  if (operator === '<=') return a <= b;
  return operator === '>' ? a > b : a >= b;
}

function arithmetic(left: unknown, right: unknown, operator: unknown): unknown {
  if (typeof left !== 'number' || typeof right !== 'number') return INTERPRET;
  const result = computed(left, right, operator);
  // Adding zero makes 0 of -0, which JSON does not have.
  return Number.isFinite(result) ? result + 0 : INTERPRET;
}

function computed(left: number, right: number, operator: unknown): number {
  if (operator === '+') return left + right;
  if (operator === '-') return left - right;
  if (operator === '*') return left * right;
  return operator === '/' ? left / right : left % right;
}

/** Texts, whole numbers and truth values join as they are written; other numbers JSONata rounds first. */
function joined(left: unknown, right: unknown): unknown {
  const texts = [left, right].map((value) => {
    if (value === undefined) return '';
    if (typeof value === 'string' || typeof value === 'boolean' || Number.isInteger(value)) return String(value);
    return INTERPRET;
  });
  const [a, b] = texts;
  if (typeof a !== 'string' || typeof b !== 'string') return INTERPRET;
  return a.length + b.length > EXPRESSION_LIMITS.string_characters ? INTERPRET : a + b;
}
