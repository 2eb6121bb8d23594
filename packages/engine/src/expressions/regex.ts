import { RE2JS } from 're2js';
import { ExpressionFault } from './failure.ts';
import { EXPRESSION_LIMITS } from './limits.ts';
import { Meter } from './meter.ts';

export type CompiledPattern =
  | { readonly ok: true; readonly pattern: RE2JS }
  | { readonly ok: false; readonly message: string };

/**
 * Instructions that a pattern compiles to, roughly and never too few by much: characters, times the counted repeats
 * around them. Told before compiling, because `(…){900}` around a long group takes a tenth of a second to compile.
 */
function estimateProgram(source: string): number {
  const groups: number[] = [];
  let total = 0;
  let atom = 0;
  for (let index = 0; index < source.length; index += 1) {
    const character = source[index];
    if (character === '\\') {
      index += 1;
      atom = 1;
      total += atom;
    } else if (character === '[') {
      while (index < source.length && source[index] !== ']') index += source[index] === '\\' ? 2 : 1;
      atom = 1;
      total += atom;
    } else if (character === '(') {
      groups.push(total);
      total = 0;
    } else if (character === ')') {
      atom = total + 2;
      total = (groups.pop() ?? 0) + atom;
    } else if (character === '{') {
      const close = source.indexOf('}', index);
      const bounds =
        close < 0
          ? []
          : source
              .slice(index + 1, close)
              .split(',')
              .map(Number);
      const repeats = Math.max(1, ...bounds.filter(Number.isInteger));
      if (close > 0 && bounds.length > 0 && bounds.every((bound) => !Number.isNaN(bound))) {
        total += atom * (repeats - 1);
        index = close;
      }
    } else {
      atom = 1;
      total += atom;
    }
  }
  return total;
}

const WITHOUT_BACKTRACKING: readonly [RegExp, string][] = [
  [/^\(\?<?[=!]/, 'looking ahead or behind'],
  [/^\\[1-9k]/, 'a reference back to a group'],
];

/** Names what a non-backtracking engine can't do, where that is why the pattern failed. */
function unsupportedPart(source: string): string | null {
  for (let index = 0; index < source.length; index += 1) {
    const rest = source.slice(index, index + 4);
    for (const [shape, name] of WITHOUT_BACKTRACKING) if (shape.test(rest)) return name;
    if (source[index] === '\\') index += 1;
  }
  return null;
}

/**
 * Compiles a regular expression in JavaScript's notation for re2, whose matching time grows with the text and not with
 * how unlucky the pattern is. `flags`: `i` and `m`; `g` says nothing here.
 */
export function compilePattern(source: string, flags = ''): CompiledPattern {
  if (
    source.length > EXPRESSION_LIMITS.regex_pattern_characters ||
    estimateProgram(source) > EXPRESSION_LIMITS.regex_program
  ) {
    return { ok: false, message: 'The regular expression is too large.' };
  }
  const bits = (flags.includes('i') ? RE2JS.CASE_INSENSITIVE : 0) | (flags.includes('m') ? RE2JS.MULTILINE : 0);
  try {
    const pattern = RE2JS.compile(RE2JS.translateRegExp(source), bits);
    if (pattern.programSize() > 2 * EXPRESSION_LIMITS.regex_program) {
      return { ok: false, message: 'The regular expression is too large.' };
    }
    return { ok: true, pattern };
  } catch (thrown) {
    const unsupported = unsupportedPart(source);
    if (unsupported !== null) {
      return { ok: false, message: `The regular expression uses ${unsupported}, which is not supported here.` };
    }
    const reason = thrown instanceof Error ? thrown.message.replace(/^error parsing regexp: /, '') : '';
    return { ok: false, message: `The regular expression is not valid: ${reason.slice(0, 200)}.` };
  }
}

/** A text that charges the meter for every character the matcher looks at, so that searching again and again ends. */
class MeteredText extends String {
  readonly #meter: Meter;
  readonly #cost: number;
  #reads = 0;
  constructor(text: string, meter: Meter, pattern: RE2JS) {
    super(text);
    this.#meter = meter;
    this.#cost = 1 + pattern.programSize() / 100;
  }
  override charCodeAt(index: number): number {
    this.#reads += this.#cost;
    if (this.#reads > EXPRESSION_LIMITS.regex_reads_per_step) {
      this.#reads = 0;
      this.#meter.step();
    }
    return super.charCodeAt(index);
  }
}

function search(pattern: RE2JS, text: string, meter: Meter) {
  // re2js takes String objects at run time; its types only know primitive strings.
  return pattern.matcher(new MeteredText(text, meter, pattern) as unknown as string);
}

/** Whether a text has a match of the pattern in it; null where finding out would cost too much. */
export function testPattern(pattern: RE2JS, text: string): boolean | null {
  return patternTester(pattern)(text);
}

/** The same for many texts, which may cost together what one may. */
export function patternTester(pattern: RE2JS): (text: string) => boolean | null {
  const meter = new Meter();
  return (text) => testMetered(pattern, text, meter);
}

function testMetered(pattern: RE2JS, text: string, meter: Meter): boolean | null {
  try {
    return search(pattern, text, meter).find();
  } catch (thrown) {
    if (thrown instanceof ExpressionFault) return null;
    throw thrown;
  } finally {
    // A long text can fill the matcher's caches with megabytes of states.
    if (text.length > LONG_TEXT) pattern.reset();
  }
}

const LONG_TEXT = 10_000;

const compiled = new WeakMap<RegExp, RE2JS>();

/** The pattern of a regular expression literal; throws an ExpressionFault for one that re2 can't run. */
export function literalPattern(literal: unknown): RE2JS {
  if (!(literal instanceof RegExp)) {
    throw new ExpressionFault('expression_failed', 'A regular expression can’t stand to the left of ?? or ?:.');
  }
  const known = compiled.get(literal);
  if (known !== undefined) return known;
  const result = compilePattern(literal.source, literal.flags);
  if (!result.ok) throw new ExpressionFault('expression_syntax', result.message);
  compiled.set(literal, result.pattern);
  return result.pattern;
}

/** The part of JavaScript's RegExp that JSONata uses, on re2. */
export interface RegexEngine {
  lastIndex: number;
  exec(text: unknown): (Array<string | undefined> & { index: number }) | null;
}

/** The class that JSONata makes its regular expressions with during one evaluation. */
export function regexEngine(meter: Meter): new (literal: unknown) => RegexEngine {
  return class implements RegexEngine {
    lastIndex = 0;
    readonly #pattern: RE2JS;
    #text = '';
    #matcher: ReturnType<typeof search> | null = null;

    constructor(literal: unknown) {
      this.#pattern = literalPattern(literal);
    }

    exec(text: unknown) {
      meter.step();
      if (typeof text !== 'string' || this.lastIndex > text.length) return null;
      if (this.#matcher === null || this.#text !== text) {
        this.#text = text;
        this.#matcher = search(this.#pattern, text, meter);
      }
      const matcher = this.#matcher;
      if (!matcher.find(this.lastIndex)) return null;
      const groups: Array<string | undefined> = [];
      for (let group = 0; group <= matcher.groupCount(); group += 1) groups.push(matcher.group(group) ?? undefined);
      this.lastIndex = matcher.end();
      return Object.assign(groups, { index: matcher.start() });
    }
  };
}
