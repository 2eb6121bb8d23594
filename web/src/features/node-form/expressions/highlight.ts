import { parseTemplate } from '@agentflow/engine';
import type { TextKind } from './preview-scope.ts';

export interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly style: 'expression' | 'brace' | 'name' | 'text' | 'number' | 'literal' | 'function' | 'key';
}

/** Colouring longer texts would slow typing down. */
const MOST_CHARACTERS = 60_000;

const CODE =
  /("(?:\\.|[^"\\])*"?|'(?:\\.|[^'\\])*'?)|(\$[A-Za-z]\w*)|\b(\d+(?:\.\d+)?)\b|\b(true|false|null|and|or|in)\b|(?<![.\w`])([a-z_]\w*)(?=\.)/gi;

function codeStretches(source: string, start: number): Stretch[] {
  return [...source.matchAll(CODE)].map((match) => {
    const [whole, text, call, number, literal] = match;
    const style =
      text !== undefined
        ? 'text'
        : call !== undefined
          ? 'function'
          : number !== undefined
            ? 'number'
            : literal !== undefined
              ? 'literal'
              : 'name';
    return { from: start + match.index, to: start + match.index + whole.length, style };
  });
}

function templateStretches(text: string): Stretch[] {
  const template = parseTemplate(text);
  // What stands before an expression that does not end keeps its colours.
  if (!template.ok) return templateStretches(text.slice(0, template.start));
  return template.parts.flatMap((part) => {
    if (part.kind === 'text') return [];
    const end = part.start + part.source.length;
    return [
      { from: part.start - 2, to: end + 2, style: 'expression' as const },
      { from: part.start - 2, to: part.start, style: 'brace' as const },
      ...codeStretches(part.source, part.start),
      { from: end, to: end + 2, style: 'brace' as const },
    ];
  });
}

const JSON_TOKEN = /("(?:\\.|[^"\\\n])*"?)(\s*:)?|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|\b(true|false|null)\b/g;

function jsonStretches(text: string): Stretch[] {
  const found: Stretch[] = [];
  for (const match of text.matchAll(JSON_TOKEN)) {
    const [whole, quoted, colon, number] = match;
    const style =
      quoted === undefined ? (number === undefined ? 'literal' : 'number') : colon === undefined ? 'text' : 'key';
    const to = match.index + (quoted ?? whole).length;
    found.push({ from: match.index, to, style });
    if (style !== 'text') continue;
    for (const inner of (quoted ?? '').matchAll(/\{\{.*?\}\}/g)) {
      const from = match.index + inner.index;
      found.push({ from, to: from + inner[0].length, style: 'expression' });
    }
  }
  return found;
}

/** What is coloured in a text, from left to right, the outer before the inner. */
export function stretchesOf(text: string, kind: TextKind): Stretch[] {
  if (text.length > MOST_CHARACTERS) return [];
  const found =
    kind === 'json' ? jsonStretches(text) : kind === 'expression' ? codeStretches(text, 0) : templateStretches(text);
  return found.sort((a, b) => a.from - b.from || b.to - a.to);
}
