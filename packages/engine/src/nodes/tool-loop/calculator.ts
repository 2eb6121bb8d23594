/*
 * Arithmetic as a calculator has it: + - * / % ^, brackets, pi and e, and the functions below. A parser of its own, so
 * that what a model writes is never run as a program.
 */

const FUNCTIONS: Readonly<Record<string, (...values: number[]) => number>> = {
  abs: Math.abs,
  ceil: Math.ceil,
  cos: Math.cos,
  exp: Math.exp,
  floor: Math.floor,
  ln: Math.log,
  log: Math.log10,
  max: Math.max,
  min: Math.min,
  round: (value, digits = 0) => Math.round(value * 10 ** digits) / 10 ** digits,
  sin: Math.sin,
  sqrt: Math.sqrt,
  tan: Math.tan,
};
const CONSTANTS: Readonly<Record<string, number>> = { pi: Math.PI, e: Math.E };
const TOKEN = /\s*(?:(\d+(?:\.\d+)?(?:e[+-]?\d+)?)|([a-z]+)|(\*\*|[-+*/%^(),]))/iy;
const MAX_CHARACTERS = 1000;
const MAX_DEPTH = 50;

export type Calculation =
  | { readonly ok: true; readonly value: number }
  | { readonly ok: false; readonly message: string };

class Miswritten extends Error {}

class Parser {
  private readonly tokens: readonly string[];
  private at = 0;
  private depth = 0;

  constructor(tokens: readonly string[]) {
    this.tokens = tokens;
  }

  whole(): number {
    const value = this.sum();
    if (this.at < this.tokens.length) throw new Miswritten(`"${this.tokens[this.at]}" is not expected there`);
    return value;
  }

  private take(...wanted: string[]): string | null {
    const token = this.tokens[this.at];
    if (token === undefined || !wanted.includes(token)) return null;
    this.at++;
    return token;
  }

  private expect(token: string): void {
    if (this.take(token) === null) throw new Miswritten(`"${token}" is missing`);
  }

  private sum(): number {
    if (++this.depth > MAX_DEPTH) throw new Miswritten('it nests too deeply');
    let value = this.product();
    for (let sign = this.take('+', '-'); sign !== null; sign = this.take('+', '-')) {
      value += sign === '+' ? this.product() : -this.product();
    }
    this.depth--;
    return value;
  }

  private product(): number {
    let value = this.signed();
    for (let sign = this.take('*', '/', '%'); sign !== null; sign = this.take('*', '/', '%')) {
      const other = this.signed();
      value = sign === '*' ? value * other : sign === '/' ? value / other : value % other;
    }
    return value;
  }

  /** A sign binds weaker than a power: -2^2 is -4. Signs in a row are counted, not nested. */
  private signed(): number {
    let negative = false;
    for (let sign = this.take('+', '-'); sign !== null; sign = this.take('+', '-')) {
      if (sign === '-') negative = !negative;
    }
    const value = this.power();
    return negative ? -value : value;
  }

  private power(): number {
    const base = this.atom();
    if (this.take('^', '**') === null) return base;
    if (++this.depth > MAX_DEPTH) throw new Miswritten('it nests too deeply');
    const exponent = this.signed();
    this.depth--;
    return base ** exponent;
  }

  private atom(): number {
    if (this.take('(') !== null) {
      const value = this.sum();
      this.expect(')');
      return value;
    }
    const token = this.tokens[this.at++];
    if (token === undefined) throw new Miswritten('it ends too early');
    if (/^\d/.test(token)) return Number(token);
    const name = token.toLowerCase();
    if (Object.hasOwn(CONSTANTS, name)) return CONSTANTS[name] ?? Number.NaN;
    const named = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
    if (named === undefined) throw new Miswritten(`"${token}" is not known`);
    this.expect('(');
    const values = [this.sum()];
    while (this.take(',') !== null) values.push(this.sum());
    this.expect(')');
    return named(...values);
  }
}

function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  const end = text.trimEnd().length;
  while (TOKEN.lastIndex < end) {
    const from = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (match === null) throw new Miswritten(`"${text.slice(from, from + 10).trim()}" can’t be read`);
    tokens.push(match[1] ?? match[2] ?? match[3] ?? '');
  }
  return tokens;
}

export function calculate(expression: string): Calculation {
  if (expression.length > MAX_CHARACTERS) {
    return { ok: false, message: `The expression is longer than ${MAX_CHARACTERS} characters.` };
  }
  try {
    const value = new Parser(tokensOf(expression)).whole();
    return Number.isFinite(value) ? { ok: true, value } : { ok: false, message: 'The result is not a finite number.' };
  } catch (thrown) {
    if (thrown instanceof Miswritten) return { ok: false, message: `The expression is wrong: ${thrown.message}.` };
    throw thrown;
  }
}
