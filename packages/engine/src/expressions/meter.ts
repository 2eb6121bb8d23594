import { ExpressionFault, limitReached } from './failure.ts';
import { EXPRESSION_LIMITS } from './limits.ts';

/** JSONata's functions are objects that carry code; data from JSON can carry the flags but never a function. */
export function isCallable(value: unknown): boolean {
  if (typeof value === 'function') return true;
  if (typeof value !== 'object' || value === null) return false;
  const { _jsonata_function, _jsonata_lambda, implementation, environment } = value as {
    _jsonata_function?: unknown;
    _jsonata_lambda?: unknown;
    implementation?: unknown;
    environment?: { lookup?: unknown } | null;
  };
  if (_jsonata_function === true) return typeof implementation === 'function';
  return _jsonata_lambda === true && typeof environment?.lookup === 'function';
}

/**
 * What one evaluation has used up. Everything that costs goes through here, and the first thing too many throws an
 * ExpressionFault, which ends the evaluation.
 *
 * The weight of a value is how long it is when written out, each shared part counted every time it appears: two lines
 * of JSONata build an object that is small in memory and astronomic as text. No value heavier than the limit may come
 * into being, so whatever walks a value (comparing, copying, writing out) is bounded as well.
 */
export class Meter {
  #steps = 0;
  #work = 0;
  #allocated = 0;
  #weights = new WeakMap<object, number>();

  step(): void {
    this.#steps += 1;
    if (this.#steps > EXPRESSION_LIMITS.steps) {
      throw limitReached('takes too many steps: it may never end, or it walks too much data');
    }
  }

  /** Charges work that is linear in `characters`. */
  work(characters: number): void {
    this.#work += characters;
    if (this.#work < EXPRESSION_LIMITS.characters_per_step) return;
    this.#steps += Math.floor(this.#work / EXPRESSION_LIMITS.characters_per_step);
    this.#work %= EXPRESSION_LIMITS.characters_per_step;
    if (this.#steps > EXPRESSION_LIMITS.steps) throw limitReached('walks too much data');
  }

  allocate(characters: number): void {
    this.#allocated += characters;
    if (this.#allocated > EXPRESSION_LIMITS.allocated) throw limitReached('builds too much data');
  }

  /** Refuses a text that is too long, counts one that is not. */
  text(length: number): void {
    if (length > EXPRESSION_LIMITS.string_characters) throw limitReached('builds a text that is too long');
    this.allocate(length);
  }

  /** Counts a value that a function or constructor has just made. */
  made(value: unknown): void {
    if (typeof value === 'string') this.text(value.length);
    else if (typeof value === 'object' && value !== null && !isCallable(value)) {
      this.allocate(8 * (Array.isArray(value) ? value.length : Object.keys(value).length));
      this.weigh(value);
    }
  }

  weigh(value: unknown, depth = 0): number {
    if (typeof value === 'string') return value.length + 2;
    if (typeof value !== 'object' || value === null || isCallable(value)) return 8;
    const known = this.#weights.get(value);
    if (known !== undefined) return known;
    if (depth > EXPRESSION_LIMITS.value_depth) throw limitReached('builds a value that nests too deeply');
    let weight = 2;
    if (Array.isArray(value)) {
      this.work(8 * value.length);
      for (const item of value) weight += 1 + this.weigh(item, depth + 1);
    } else {
      const keys = Object.keys(value);
      this.work(8 * keys.length);
      for (const key of keys) weight += key.length + 4 + this.weigh((value as Record<string, unknown>)[key], depth + 1);
    }
    if (weight > EXPRESSION_LIMITS.value_weight) throw limitReached('builds a value that is too large');
    this.#weights.set(value, weight);
    return weight;
  }

  /** The transform operator changes values in place, so weights known before it are no longer true. */
  forgetWeights(): void {
    this.#weights = new WeakMap();
  }
}

export function notCallable(): ExpressionFault {
  return new ExpressionFault('expression_failed', 'Something that is not a function is called like one.');
}

export function misplacedFunction(): ExpressionFault {
  return new ExpressionFault('expression_failed', 'A function stands where a value is needed.');
}
