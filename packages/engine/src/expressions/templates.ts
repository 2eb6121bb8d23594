import { scanTokens } from './lexical.ts';

/** A text with `{{…}}` in it, taken apart. `start` counts characters of the text, at the expression's first one. */
export type TemplatePart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'expression'; readonly source: string; readonly start: number };

export type Template =
  | { readonly ok: true; readonly parts: readonly TemplatePart[] }
  | { readonly ok: false; readonly message: string; readonly start: number };

/** Where the `}}` is that closes an expression, braces and texts inside it passed over; -1 where there is none. */
function closingBraces(text: string, start: number): number {
  let depth = 0;
  for (const token of scanTokens(text, start)) {
    if (!token.closed) return -1;
    if (token.kind !== 'symbol') continue;
    const symbol = text[token.start];
    if (symbol === '{') depth += 1;
    else if (symbol === '}' && depth > 0) depth -= 1;
    else if (symbol === '}' && text[token.start + 1] === '}') return token.start;
    else if (symbol === '}') return -1;
  }
  return -1;
}

/** Whether a text has to be parsed at all. */
export function hasTemplate(text: string): boolean {
  return text.includes('{{');
}

/**
 * Takes a text apart at its `{{…}}`. `\{{` stands for two braces that begin no expression. An expression may hold
 * braces and texts of its own: `{{ {"a": {"b": "}}"}} }}`.
 */
export function parseTemplate(text: string): Template {
  const parts: TemplatePart[] = [];
  let plain = '';
  let index = 0;
  while (index < text.length) {
    const open = text.indexOf('{{', index);
    if (open < 0) break;
    if (text[open - 1] === '\\' && open > index) {
      plain += `${text.slice(index, open - 1)}{{`;
      index = open + 2;
      continue;
    }
    const close = closingBraces(text, open + 2);
    if (close < 0)
      return { ok: false, message: 'An expression that begins with {{ is not closed with }}.', start: open };
    const source = text.slice(open + 2, close);
    if (source.trim() === '') return { ok: false, message: 'There is no expression between {{ and }}.', start: open };
    plain += text.slice(index, open);
    if (plain !== '') parts.push({ kind: 'text', text: plain });
    plain = '';
    parts.push({ kind: 'expression', source, start: open + 2 });
    index = close + 2;
  }
  plain += text.slice(index);
  if (plain !== '' || parts.length === 0) parts.push({ kind: 'text', text: plain });
  return { ok: true, parts };
}
