/** What the scanner passes over as one thing: a text, a quoted name, a regular expression, a comment, or one character. */
export interface Token {
  readonly kind: 'text' | 'name' | 'regex' | 'comment' | 'word' | 'symbol';
  readonly start: number;
  readonly end: number;
  /** False for a text, name, regular expression or comment that never ends. */
  readonly closed: boolean;
}

const WORD = /[\p{L}\p{N}_$]/u;

function quoted(source: string, start: number, quote: string, escapes: boolean): { end: number; closed: boolean } {
  for (let index = start + 1; index < source.length; index += 1) {
    if (escapes && source[index] === '\\') index += 1;
    else if (source[index] === quote) return { end: index + 1, closed: true };
  }
  return { end: source.length, closed: false };
}

/** A slash ends a regular expression unless it is escaped or stands inside brackets, as in JSONata's own scanner. */
function regexEnd(source: string, start: number): { end: number; closed: boolean } {
  let depth = 0;
  for (let index = start + 1; index < source.length; index += 1) {
    const character = source[index] as string;
    if (character === '\\') index += 1;
    else if ('([{'.includes(character)) depth += 1;
    else if (')]}'.includes(character)) depth -= 1;
    else if (character === '/' && depth === 0) return { end: index + 1, closed: true };
  }
  return { end: source.length, closed: false };
}

/**
 * JSONata's tokens from `start` on, only as fine as it takes to tell brackets in code from brackets in text. White space
 * gives no token. A slash begins a regular expression where no value stands before it.
 */
export function* scanTokens(source: string, start = 0): Generator<Token> {
  let afterValue = false;
  let index = start;
  while (index < source.length) {
    const character = source[index] as string;
    if (/\s/.test(character)) {
      index += 1;
      continue;
    }
    let token: Token;
    if (character === '"' || character === "'") {
      token = { kind: 'text', start: index, ...quoted(source, index, character, true) };
    } else if (character === '`') {
      token = { kind: 'name', start: index, ...quoted(source, index, '`', false) };
    } else if (character === '/' && source[index + 1] === '*') {
      const end = source.indexOf('*/', index + 2);
      token = { kind: 'comment', start: index, end: end < 0 ? source.length : end + 2, closed: end >= 0 };
    } else if (character === '/' && !afterValue) {
      token = { kind: 'regex', start: index, ...regexEnd(source, index) };
    } else if (WORD.test(character)) {
      let end = index + 1;
      while (end < source.length && WORD.test(source[end] as string)) end += 1;
      token = { kind: 'word', start: index, end, closed: true };
    } else {
      token = { kind: 'symbol', start: index, end: index + 1, closed: true };
    }
    yield token;
    if (token.kind === 'word') afterValue = !/^(and|or|in)$/.test(source.slice(token.start, token.end));
    else if (token.kind !== 'comment') afterValue = token.kind !== 'symbol' || ')]}'.includes(character);
    index = token.end;
  }
}
