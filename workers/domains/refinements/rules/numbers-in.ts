import { type AgentNode, type JsonValue, nodeType } from '@agentflow/contracts';
import { hasTemplate, parseTemplate, scanTokens } from '@agentflow/engine';

type Path = readonly (string | number)[];

/** A number that stands in a node. */
export interface FoundNumber {
  readonly value: number;
  readonly path: Path;
  /** Something is compared with it. */
  readonly compares: boolean;
  /** What is compared with it, where that can be told; empty otherwise. */
  readonly beside: string;
  /** What stands at the path with another number in its place. */
  readonly replace: (value: number) => JsonValue;
}

/** Numbers of config, retries, time limit and expressions. Those of plain texts are not among them. */
export function numbersIn(node: AgentNode): FoundNumber[] {
  const { type, config, retry, timeout_ms, output_mapping } = node;
  const plain = new Set(nodeType(type)?.expressionFields ?? []);
  const found: FoundNumber[] = [];
  for (const [field, value] of Object.entries(config)) {
    if (plain.has(field) && typeof value === 'string') found.push(...inExpression(value, 0, value, ['config', field]));
    else collect(value, ['config', field], found);
  }
  if (retry !== undefined) collect(retry as unknown as JsonValue, ['retry'], found);
  if (timeout_ms !== undefined) collect(timeout_ms, ['timeout_ms'], found);
  if (output_mapping !== undefined) found.push(...inExpression(output_mapping, 0, output_mapping, ['output_mapping']));
  return found;
}

/** The node with one of its numbers changed. */
export function withNumber(node: AgentNode, { path, replace }: FoundNumber, value: number): AgentNode {
  return setAt(node as unknown as JsonValue, path, replace(value)) as unknown as AgentNode;
}

function setAt(target: JsonValue, [key, ...rest]: Path, value: JsonValue): JsonValue {
  if (key === undefined) return value;
  if (Array.isArray(target)) return target.map((item, index) => (index === key ? setAt(item, rest, value) : item));
  if (typeof target !== 'object' || target === null) return target;
  return Object.fromEntries(
    Object.entries(target).map(([name, item]) => [name, name === key ? setAt(item, rest, value) : item]),
  );
}

const ORDERING = new Set(['greater_than', 'greater_or_equal', 'less_than', 'less_or_equal', 'equals', 'not_equals']);

function collect(value: JsonValue, path: Path, found: FoundNumber[]): void {
  if (typeof value === 'number') found.push({ value, path, compares: false, beside: '', replace: (number) => number });
  else if (typeof value === 'string') found.push(...inTemplate(value, path));
  else if (Array.isArray(value)) for (const [index, item] of value.entries()) collect(item, [...path, index], found);
  else if (typeof value === 'object' && value !== null) {
    if (typeof value.operator === 'string' && ORDERING.has(value.operator)) collectCondition(value, path, found);
    else for (const [key, item] of Object.entries(value)) collect(item, [...path, key], found);
  }
}

function collectCondition(condition: Record<string, JsonValue>, path: Path, found: FoundNumber[]): void {
  const { value, field, ...rest } = condition;
  const beside = typeof field === 'string' ? field : '';
  const own = typeof value === 'string' && /^-?\d+(?:\.\d+)?$/.test(value.trim());
  if (own || typeof value === 'number') {
    const replace = (number: number) => (own ? String(number) : number);
    found.push({ value: Number(value), path: [...path, 'value'], compares: true, beside, replace });
  } else if (value !== undefined) collect(value, [...path, 'value'], found);
  if (field !== undefined) collect(field, [...path, 'field'], found);
  for (const [key, item] of Object.entries(rest)) collect(item, [...path, key], found);
}

function inTemplate(text: string, path: Path): FoundNumber[] {
  const template = hasTemplate(text) ? parseTemplate(text) : null;
  if (template?.ok !== true) return [];
  return template.parts.flatMap((part) =>
    part.kind === 'expression' ? inExpression(part.source, part.start, text, path) : [],
  );
}

const LITERAL = /(?<![\w.$])\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])/g;

/** Literals of one expression, which stands at `start` of a text. */
function inExpression(source: string, start: number, text: string, path: Path): FoundNumber[] {
  let code = source;
  for (const token of scanTokens(source)) {
    if (token.kind === 'word' || token.kind === 'symbol') continue;
    code = code.slice(0, token.start) + ' '.repeat(token.end - token.start) + code.slice(token.end);
  }
  return [...code.matchAll(LITERAL)].flatMap((match): FoundNumber[] => {
    const [before, after] = [code.slice(0, match.index), code.slice(match.index + match[0].length)];
    // A sign would be a second part of the number.
    if (/(?:^|[^\w)\].\s])\s*-\s*$/.test(before)) return [];
    const compares = /(?:<=|>=|!=|<|>|=)\s*$/.test(before) || /^\s*(?:<=|>=|!=|<|>|=)/.test(after);
    const at = start + match.index;
    const replace = (number: number) => text.slice(0, at) + String(number) + text.slice(at + match[0].length);
    return [{ value: Number(match[0]), path, compares, beside: compares ? source : '', replace }];
  });
}
