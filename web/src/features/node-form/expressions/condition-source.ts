import type { Condition, ConditionGroup, ConditionNode, ConditionOperator, JsonValue } from '@agentflow/contracts';
import { compileExpression, parseTemplate, scanTokens } from '@agentflow/engine';
import { groupOf, isGroup, jointOf, membersOf } from '../conditions.ts';

/** Operators that JSONata has, directly or by a function. */
export const SOURCE_OPERATORS: readonly ConditionOperator[] = [
  ...(['equals', 'not_equals', 'contains', 'not_contains', 'greater_than', 'greater_or_equal'] as const),
  ...(['less_than', 'less_or_equal', 'in', 'not_in', 'is_empty', 'is_not_empty'] as const),
];

const SIGNS = {
  equals: '=',
  greater_than: '>',
  greater_or_equal: '>=',
  less_than: '<',
  less_or_equal: '<=',
  in: 'in',
} as const;

interface Piece {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** What stands outside of all brackets: operators of two signs as one. Null for comments, which rows would lose. */
function outerPieces(source: string): Piece[] | null {
  const pieces: Piece[] = [];
  let depth = 0;
  for (const { kind, start, end, closed } of scanTokens(source)) {
    if (kind === 'comment' || !closed) return null;
    const text = source.slice(start, end);
    if (kind === 'symbol' && ')]}'.includes(text)) depth -= 1;
    const last = pieces.at(-1);
    if (depth === 0 && text === '=' && last !== undefined && last.end === start && '!<>'.includes(last.text)) {
      pieces[pieces.length - 1] = { text: `${last.text}=`, start: last.start, end };
    } else if (depth === 0) pieces.push({ text, start, end });
    if (kind === 'symbol' && '([{'.includes(text)) depth += 1;
  }
  return pieces;
}

/** The parts between pieces that say `separator`. */
function split(source: string, pieces: readonly Piece[], separator: string): string[] {
  const cuts = pieces.filter(({ text }) => text === separator);
  const edges = [0, ...cuts.flatMap(({ start, end }) => [start, end]), source.length];
  const parts: string[] = [];
  for (let index = 0; index < edges.length; index += 2) parts.push(source.slice(edges[index], edges[index + 1]).trim());
  return parts;
}

/** What stands inside `name(…)` where that is all of the source; inside brackets alone for no name. */
function insideOf(name: string, source: string): string | null {
  if (!source.startsWith(`${name}(`) || !source.endsWith(')')) return null;
  const pieces = outerPieces(source);
  const opened = pieces?.filter(({ text }) => text === '(' || text === ')');
  const isAll = opened?.length === 2 && opened[0]?.start === name.length && opened[1]?.end === source.length;
  return isAll ? source.slice(name.length + 1, -1).trim() : null;
}

function readSide(source: string): JsonValue {
  try {
    return JSON.parse(source) as JsonValue;
  } catch {
    return `{{${source}}}`;
  }
}

function readCondition(source: string): Condition | null {
  const negated = insideOf('$not', source);
  if (negated !== null) return readNegated(negated);
  const tested = insideOf('$boolean', source);
  if (tested !== null) return { field: readSide(tested), operator: 'is_not_empty' };
  const searched = insideOf('$contains', source);
  if (searched !== null) {
    const [field, value, ...more] = split(searched, outerPieces(searched) ?? [], ',');
    if (!field || !value || more.length > 0) return null;
    return { field: readSide(field), operator: 'contains', value: readSide(value) };
  }
  const pieces = outerPieces(source) ?? [];
  const signs = Object.entries(SIGNS).flatMap(([operator, sign]) =>
    pieces.filter(({ text }) => text === sign).map((piece) => ({ operator: operator as ConditionOperator, piece })),
  );
  const [only] = signs;
  if (only === undefined || signs.length > 1 || pieces.some(({ text }) => ['?', ':', '!='].includes(text))) return null;
  const field = source.slice(0, only.piece.start).trim();
  const value = source.slice(only.piece.end).trim();
  if (field === '' || value === '') return null;
  return { field: readSide(field), operator: only.operator, value: readSide(value) };
}

/** What is not there is neither empty nor without something in JSONata, but nothing at all: `?? false` makes it so. */
const OR_FALSE = ' ?? false';
const OPPOSITES: Partial<Record<ConditionOperator, { operator: ConditionOperator; ends: string }>> = {
  equals: { operator: 'not_equals', ends: '' },
  in: { operator: 'not_in', ends: '' },
  contains: { operator: 'not_contains', ends: OR_FALSE },
  is_not_empty: { operator: 'is_empty', ends: OR_FALSE },
};

function readNegated(source: string): Condition | null {
  const ends = source.endsWith(OR_FALSE) ? OR_FALSE : '';
  const condition = readCondition(source.slice(0, source.length - ends.length).trim());
  const opposite = condition === null ? undefined : OPPOSITES[condition.operator];
  return condition === null || opposite?.ends !== ends ? null : { ...condition, operator: opposite.operator };
}

function readNode(source: string): ConditionNode | null {
  const pieces = outerPieces(source);
  if (pieces === null) return null;
  for (const [word, joint] of [
    ['or', 'any'],
    ['and', 'all'],
  ] as const) {
    const parts = split(source, pieces, word);
    if (parts.length === 1) continue;
    const members = parts.map((part) => (part === '' ? null : readNode(part)));
    return members.every((member) => member !== null) ? groupOf(joint, members) : null;
  }
  const bracketed = insideOf('', source);
  return bracketed === null ? readCondition(source) : readNode(bracketed);
}

/** JSONata that compares and joins as a group of conditions; null for all else, comments included. */
export function readConditionSource(source: string): ConditionGroup | null {
  const text = source.trim();
  if (text === '' || !compileExpression(text).ok) return null;
  const node = readNode(text);
  if (node === null) return null;
  return isGroup(node) ? node : { all: [node] };
}

/** A side as JSONata: `{{…}}` without its braces, everything else as a literal. */
function writeSide(value: JsonValue): string {
  if (typeof value !== 'string' || !value.includes('{{')) return JSON.stringify(value);
  const template = parseTemplate(value);
  if (!template.ok) return JSON.stringify(value);
  const parts = template.parts.map((part) =>
    part.kind === 'text' ? JSON.stringify(part.text) : bracketed(part.source.trim()),
  );
  return parts.length === 1 ? parts.join('') : `(${parts.join(' & ')})`;
}

/** In brackets where it compares or joins by itself. */
function bracketed(source: string): string {
  const words = ['and', 'or', '?', ':', '!=', ...Object.values(SIGNS)];
  return (outerPieces(source) ?? []).some(({ text }) => words.includes(text)) ? `(${source})` : source;
}

/** As in a condition: a text with commas is a list of texts. */
function writeList(value: JsonValue): string {
  const isList = typeof value === 'string' && !value.includes('{{');
  return isList ? JSON.stringify(value.split(',').map((each) => each.trim())) : writeSide(value);
}

function writeCondition({ field, operator, value = '' }: Condition): string {
  const left = writeSide(field);
  switch (operator) {
    case 'is_empty':
      return `$not($boolean(${left})${OR_FALSE})`;
    case 'is_not_empty':
      return `$boolean(${left})`;
    case 'contains':
      return `$contains(${left}, ${writeSide(value)})`;
    case 'not_contains':
      return `$not($contains(${left}, ${writeSide(value)})${OR_FALSE})`;
    case 'not_equals':
      return `$not(${left} = ${writeSide(value)})`;
    case 'in':
      return `${left} in ${writeList(value)}`;
    case 'not_in':
      return `$not(${left} in ${writeList(value)})`;
    default:
      return `${left} ${SIGNS[operator as keyof typeof SIGNS]} ${writeSide(value)}`;
  }
}

function isComplete(node: ConditionNode): boolean {
  return isGroup(node) ? membersOf(node).length > 0 && membersOf(node).every(isComplete) : node.field !== '';
}

function writeGroup(group: ConditionGroup): string {
  const word = jointOf(group) === 'all' ? ' and ' : ' or ';
  return membersOf(group)
    .map((member) => (isGroup(member) ? `(${writeGroup(member)})` : writeCondition(member)))
    .join(word);
}

/** A group of conditions as JSONata; null while one of them looks at nothing yet. */
export function writeConditionSource(group: ConditionGroup): string | null {
  return isComplete(group) ? writeGroup(group) : null;
}
