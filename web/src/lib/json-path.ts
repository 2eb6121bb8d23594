/** One more step on a JSONata path: plain names with a dot, other keys in backticks, list places in brackets. */
export function extendPath(path: string, key: string | number): string {
  if (typeof key === 'number') return `${path}[${key}]`;
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(key) ? `${path}.${key}` : `${path}.\`${key.replaceAll('`', '')}\``;
}

interface JsonPlace {
  /** Offsets in the text. */
  readonly from: number;
  readonly to: number;
}

/**
 * Where a value stands in a JSON text, by its dotted path (`nodes.2.config.prompt`). When the path does not exist to its
 * end, the deepest part of it that does. Null for text that is not JSON.
 */
export function locateInJson(text: string, path: string): JsonPlace | null {
  const wanted = path === '' ? [] : path.split('.');
  let at = 0;
  let best: JsonPlace | null = null;
  let bestDepth = -1;

  const skipSpace = () => {
    while (/\s/.test(text[at] ?? '')) at++;
  };
  const readString = (): string => {
    const from = at;
    at++;
    while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
    at++;
    return JSON.parse(text.slice(from, at)) as string;
  };
  /** `depth` is how much of the wanted path leads here, or -1 off it. */
  const readValue = (depth: number, keyFrom: number | null): void => {
    skipSpace();
    const from = at;
    const onward = (key: string) => (depth >= 0 && wanted[depth] === key ? depth + 1 : -1);
    if (text[at] === '{') {
      at++;
      for (skipSpace(); text[at] !== '}'; skipSpace()) {
        const keyAt = at;
        const key = readString();
        skipSpace();
        at++;
        readValue(onward(key), keyAt);
        skipSpace();
        if (text[at] === ',') at++;
      }
      at++;
    } else if (text[at] === '[') {
      at++;
      skipSpace();
      for (let index = 0; text[at] !== ']'; index++) {
        readValue(onward(String(index)), null);
        skipSpace();
        if (text[at] === ',') at++;
        skipSpace();
      }
      at++;
    } else if (text[at] === '"') readString();
    else while (at < text.length && /[^\s,\]}]/.test(text[at] ?? '')) at++;
    if (depth > bestDepth) {
      bestDepth = depth;
      best = { from: keyFrom ?? from, to: at };
    }
  };

  try {
    JSON.parse(text);
  } catch {
    return null;
  }
  readValue(0, null);
  return best;
}

export interface JsonMistake {
  readonly message: string;
  readonly line: number;
}

/** The mistake in a text that should be JSON, in the browser's words and with its line; null when it is JSON. */
export function jsonMistake(text: string): JsonMistake | null {
  try {
    JSON.parse(text);
    return null;
  } catch (error) {
    const told = error instanceof Error ? error.message : 'is not JSON';
    const line = /line (\d+)/.exec(told)?.[1];
    const position = /position (\d+)/.exec(told)?.[1];
    const message = told
      .replace(/^JSON\.parse: /, '')
      .replace(/,? "?\.\.\..*is not valid JSON$/s, '')
      .replace(/ (in JSON )?at position \d+.*$/s, '')
      .replace(/ at line \d+ column \d+.*$/s, '');
    if (line !== undefined) return { message, line: Number(line) };
    const before = position === undefined ? text : text.slice(0, Number(position));
    return {
      message: text.trim() === '' ? 'Nothing here yet: an empty object is {}' : message,
      line: before.split('\n').length,
    };
  }
}
