import { ExpressionFault, limitReached } from './failure.ts';
import { type BuiltinFunction, builtinFunctions, type Focus, type Implementation } from './jsonata-internals.ts';
import { EXPRESSION_LIMITS } from './limits.ts';
import { isCallable, Meter, misplacedFunction } from './meter.ts';
import { REPLACED } from './replaced-builtins.ts';

const KEPT = [
  ...['abs', 'append', 'assert', 'average', 'boolean', 'ceil', 'clone', 'contains', 'count', 'decodeUrl'],
  ...['decodeUrlComponent', 'each', 'encodeUrl', 'encodeUrlComponent', 'error', 'exists', 'filter', 'floor'],
  ...['formatBase', 'formatInteger', 'formatNumber', 'fromMillis', 'join', 'keys', 'length', 'lookup', 'lowercase'],
  ...['map', 'match', 'merge', 'not', 'number', 'pad', 'parseInteger', 'power', 'reduce', 'replace', 'reverse'],
  ...['round', 'sift', 'single', 'split', 'sqrt', 'string', 'substring', 'substringAfter', 'substringBefore', 'sum'],
  ...['toMillis', 'trim', 'type', 'uppercase', 'zip'],
];

/** Every function that expressions may call, without its `$`. */
export const FUNCTION_NAMES: readonly string[] = [...new Set([...KEPT, ...Object.keys(REPLACED)])].sort();

/** Why each forbidden function is: an execution that is replayed after a crash must compute the same again. */
export const FORBIDDEN_FUNCTIONS: ReadonlyMap<string, string> = new Map([
  ['eval', 'runs text as code'],
  ['now', 'gives another result each time; take the time from the trigger instead'],
  ['millis', 'gives another result each time; take the time from the trigger instead'],
  ['random', 'gives another result each time'],
  ['shuffle', 'gives another result each time'],
]);

export function forbiddenFunction(name: string): ExpressionFault {
  return new ExpressionFault('expression_forbidden', `$${name} is not available: it ${FORBIDDEN_FUNCTIONS.get(name)}.`);
}

type Guard = (meter: Meter, args: unknown[]) => void;

/** A picture string can make a date or number arbitrarily wide, and JSONata turns some into regular expressions. */
function checkPicture(picture: unknown): void {
  if (typeof picture !== 'string') return;
  if (picture.length > 200 || /,[^\]]*\d{3,}/.test(picture)) {
    throw new ExpressionFault('expression_limit', 'The picture of a number or date is too long.');
  }
}

const PICTURE_PART = /\[([A-Za-z])([^\]]*)\]([^[]*)/g;

/**
 * Parsing a date with a picture matches `[0-9]+[0-9]+…` by backtracking: linear where separators tell the parts apart,
 * hopeless where many parts touch.
 */
function checkDatePicture(text: unknown, picture: unknown): void {
  checkPicture(picture);
  if (typeof picture !== 'string' || typeof text !== 'string') return;
  if (text.length > 100) throw limitReached('reads a date from a text of over 100 characters');
  let touching = 0;
  for (const [, , modifier, separator = ''] of picture.matchAll(PICTURE_PART)) {
    const words = /[Ww]/.test(modifier ?? '');
    if (separator === '' || /^[A-Za-z0-9]*$/.test(separator) || (words && /^[A-Za-z, -]*$/.test(separator)))
      touching += 1;
  }
  if (touching > 4) throw limitReached('reads a date whose parts are not separated');
}

const ONE_CHARACTER_OPTIONS = ['decimal-separator', 'grouping-separator', 'exponent-separator', 'zero-digit', 'digit'];

/** With an empty string for one of these, JSONata's number formatting never ends. */
function checkNumberOptions(options: unknown): void {
  if (typeof options !== 'object' || options === null) return;
  if (isCallable(options)) throw misplacedFunction();
  for (const [name, value] of Object.entries(options)) {
    const ok = typeof value === 'string' && value.length > 0 && value.length <= 20;
    if (!ok || (ONE_CHARACTER_OPTIONS.includes(name) && value.length !== 1)) {
      throw new ExpressionFault(
        'expression_failed',
        `$formatNumber: the option "${name}" has a value that can’t be used.`,
      );
    }
  }
}

const DOLLAR = /\$/g;

interface RegexMatch {
  readonly match: string;
  readonly next: () => unknown;
}

/** Replacing is the one function whose result can be longer than its arguments together: it is charged match by match. */
function guardReplace(meter: Meter, args: unknown[]): void {
  const [text, pattern, replacement] = args;
  if (typeof text !== 'string') return;
  if (typeof pattern === 'string' && typeof replacement === 'string' && pattern !== '') {
    const count = text.split(pattern).length - 1;
    meter.text(count * replacement.length);
    return;
  }
  if (typeof replacement === 'function') {
    args[2] = async (...match: unknown[]) => {
      const replaced = await (replacement as (...match: unknown[]) => unknown)(...match);
      if (typeof replaced === 'string') meter.text(replaced.length);
      return replaced;
    };
  } else if (typeof pattern === 'function' && typeof replacement === 'string') {
    const references = replacement.match(DOLLAR)?.length ?? 0;
    const charged =
      (matcher: (...given: unknown[]) => unknown) =>
      async (...given: unknown[]) => {
        const found = (await matcher(...given)) as RegexMatch | undefined;
        if (typeof found?.match !== 'string') return found;
        meter.text(replacement.length + references * found.match.length);
        return typeof found.next === 'function' ? { ...found, next: charged(found.next) } : found;
      };
    args[1] = charged(pattern as (...given: unknown[]) => unknown);
  }
}

/** These copy every field of what they get; called with a function, they would lay its insides open as data. */
function refuseFunctions(_meter: Meter, [value]: unknown[]): void {
  const values = Array.isArray(value) ? value : [value];
  if (values.some(isCallable)) throw misplacedFunction();
}

/** These take a text apart into a list of its characters, which is slower than reading it. */
const CHARACTER_COST = 6;

function takeApart(meter: Meter, [text]: unknown[]): void {
  if (typeof text === 'string') meter.work(CHARACTER_COST * text.length);
}

const GUARDS: Readonly<Record<string, Guard>> = {
  each: refuseFunctions,
  length: takeApart,
  substring: takeApart,
  merge: refuseFunctions,
  sift: refuseFunctions,
  spread: refuseFunctions,
  append: (_meter, [left, right]) => {
    const length = (Array.isArray(left) ? left.length : 1) + (Array.isArray(right) ? right.length : 1);
    if (length > EXPRESSION_LIMITS.sequence) throw limitReached('builds a sequence that is too long');
  },
  pad: (meter, [text, width, character]) => {
    takeApart(meter, [text]);
    const length = typeof character === 'string' ? Math.max(1, character.length) : 1;
    if (typeof width === 'number') meter.text(Math.abs(width) * length);
  },
  join: (meter, [texts, separator]) => {
    if (Array.isArray(texts) && typeof separator === 'string') meter.text(texts.length * separator.length);
  },
  zip: (meter, args) => {
    const lengths = args.map((arg) => (Array.isArray(arg) ? arg.length : 0));
    meter.allocate(8 * args.length * Math.min(...lengths));
  },
  replace: guardReplace,
  formatNumber: (_meter, [, picture, options]) => {
    checkPicture(picture);
    checkNumberOptions(options);
  },
  formatInteger: (_meter, [, picture]) => checkPicture(picture),
  parseInteger: (_meter, [text, picture]) => {
    checkPicture(picture);
    if (typeof text === 'string' && text.length > 1000)
      throw limitReached('reads a number from a text that is too long');
  },
  fromMillis: (_meter, [, picture]) => checkPicture(picture),
  toMillis: (_meter, [text, picture]) => checkDatePicture(text, picture),
};

/** The meter of the evaluation that a built-in function runs in. */
function meterOf(focus: Focus): Meter {
  return focus.environment.base.meter ?? new Meter();
}

function settle(meter: Meter, result: unknown): unknown {
  meter.made(result);
  return result;
}

/**
 * Charges a function for walking its arguments and for what it makes. JSONata reads a function's arity and, for partial
 * application, its parameter names, so the wrapper answers with those of the function inside.
 */
function bounded(implementation: Implementation, guard: Guard | undefined): Implementation {
  function call(this: Focus, ...args: unknown[]): unknown {
    const meter = meterOf(this);
    meter.step();
    for (const arg of args) meter.work(meter.weigh(arg));
    guard?.(meter, args);
    const result = implementation.apply(this, args as never[]);
    return result instanceof Promise ? result.then((value) => settle(meter, value)) : settle(meter, result);
  }
  Object.defineProperty(call, 'length', { value: implementation.length });
  call.toString = () => implementation.toString();
  return call;
}

let bindings: ReadonlyMap<string, BuiltinFunction> | undefined;

/** Every function that expressions may call, each under the meter, and the forbidden ones, which say why. */
export function boundedBuiltins(): ReadonlyMap<string, BuiltinFunction> {
  if (bindings !== undefined) return bindings;
  const originals = builtinFunctions([...KEPT, ...Object.keys(REPLACED)]);
  const result = new Map<string, BuiltinFunction>();
  for (const [name, original] of originals) {
    const implementation = REPLACED[name] ?? original.implementation;
    result.set(name, { ...original, implementation: bounded(implementation, GUARDS[name]) });
  }
  for (const name of FORBIDDEN_FUNCTIONS.keys()) {
    const refuse = () => {
      throw forbiddenFunction(name);
    };
    result.set(name, { _jsonata_function: true, implementation: refuse });
  }
  bindings = result;
  return result;
}
