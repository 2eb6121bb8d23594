export interface QueryRow {
  readonly key: string;
  readonly value: string;
}

const EXPRESSION = /\{\{[\s\S]*?\}\}/;

/** Splits at a character, but not inside `{{…}}`. */
function splitOutside(text: string, separator: string): string[] {
  const parts = [''];
  for (const piece of text.split(/(\{\{[\s\S]*?\}\})/)) {
    const [first = '', ...rest] = EXPRESSION.test(piece) ? [piece] : piece.split(separator);
    parts[parts.length - 1] += first;
    parts.push(...rest);
  }
  return parts;
}

function eachPlain(text: string, change: (plain: string) => string): string {
  return text
    .split(/(\{\{[\s\S]*?\}\})/)
    .map((piece) => (EXPRESSION.test(piece) ? piece : change(piece)))
    .join('');
}

function decoded(text: string): string {
  return eachPlain(text, (plain) => {
    try {
      return decodeURIComponent(plain.replaceAll('+', ' '));
    } catch {
      return plain;
    }
  });
}

/** Places like `{order_id}` are filled by an argument: their braces stay. */
function encoded(text: string): string {
  return eachPlain(text, (plain) => encodeURIComponent(plain).replace(/%7B([A-Za-z_]\w*)%7D/g, '{$1}'));
}

/** A URL taken apart at its query; what stands in `{{…}}` is left alone. */
export function splitUrl(url: string): { base: string; rows: QueryRow[]; hash: string } {
  const [beforeHash = '', ...fragments] = splitOutside(url, '#');
  const hash = fragments.length === 0 ? '' : `#${fragments.join('#')}`;
  const [base = '', ...queries] = splitOutside(beforeHash, '?');
  const query = queries.join('?');
  const rows = query === '' ? [] : splitOutside(query, '&').map(readRow);
  return { base, rows, hash };
}

function readRow(pair: string): QueryRow {
  const [key = '', ...values] = splitOutside(pair, '=');
  return { key: decoded(key), value: decoded(values.join('=')) };
}

/** The URL with these rows as its query; rows without a key are left out. */
export function joinUrl(base: string, rows: readonly QueryRow[], hash: string): string {
  const pairs = rows
    .filter(({ key }) => key.trim() !== '')
    .map(({ key, value }) => (value === '' ? encoded(key) : `${encoded(key)}=${encoded(value)}`));
  return `${base}${pairs.length === 0 ? '' : `?${pairs.join('&')}`}${hash}`;
}
