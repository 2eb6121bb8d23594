import { type JsonValue, LIMITS } from '@agentflow/contracts';
import type { Scope } from '../ports.ts';
import { compileExpression } from './compile.ts';
import { type Evaluation, evaluateDirectly, evaluateExpression } from './evaluate.ts';
import { setOwn } from './plain-value.ts';
import { hasTemplate, parseTemplate } from './templates.ts';

/** Why a config has no value: `path` is the field, dotted, with an index for each place in a list. */
export interface ResolveError {
  readonly code: string;
  readonly message: string;
  readonly path: string;
}

export type Resolution<T extends JsonValue = JsonValue> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: ResolveError };

/** Characters of text that one config may become. */
const RESOLVED_CHARACTERS = 4_000_000;

class Unresolved extends Error {
  readonly error: ResolveError;
  constructor(error: ResolveError) {
    super(error.message);
    this.error = error;
  }
}

/** A value inside a text: objects and lists as JSON, nothing for null. */
export function asText(value: JsonValue): string {
  if (typeof value === 'string') return value;
  if (value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

class Resolver {
  readonly #scope: Scope;
  #characters = 0;
  constructor(scope: Scope) {
    this.#scope = scope;
  }

  async value(value: JsonValue, path: string, depth: number): Promise<JsonValue> {
    if (typeof value === 'string') return hasTemplate(value) ? await this.#text(value, path) : value;
    if (typeof value !== 'object' || value === null) return value;
    if (depth >= LIMITS.json_depth) {
      throw new Unresolved({ code: 'config_too_deep', message: 'The configuration nests too deeply.', path });
    }
    const below = (key: string | number) => (path === '' ? String(key) : `${path}.${key}`);
    if (Array.isArray(value)) {
      const list: JsonValue[] = [];
      for (const [index, item] of value.entries()) list.push(await this.value(item, below(index), depth + 1));
      return list;
    }
    const object: Record<string, JsonValue> = {};
    for (const [key, item] of Object.entries(value)) {
      setOwn(object, key, await this.value(item, below(key), depth + 1));
    }
    return object;
  }

  async #text(text: string, path: string): Promise<JsonValue> {
    const template = parseTemplate(text);
    if (!template.ok) throw new Unresolved({ code: 'expression_syntax', message: template.message, path });
    const [only] = template.parts;
    if (template.parts.length === 1 && only?.kind === 'expression') return await this.#expression(only.source, path);
    let result = '';
    for (const part of template.parts) {
      const piece = part.kind === 'text' ? part.text : asText(await this.#expression(part.source, path));
      this.#count(piece.length, path);
      result += piece;
    }
    return result;
  }

  async #expression(source: string, path: string): Promise<JsonValue> {
    const evaluation = await evaluateSource(source, this.#scope);
    if (evaluation.ok) return evaluation.value;
    const { code, message } = evaluation.error;
    throw new Unresolved({ code, message: `${message} In {{${shortened(source)}}}.`, path });
  }

  #count(characters: number, path: string): void {
    this.#characters += characters;
    if (this.#characters > RESOLVED_CHARACTERS) {
      throw new Unresolved({ code: 'expression_limit', message: 'The text becomes too long.', path });
    }
  }
}

function shortened(source: string): string {
  const trimmed = source.trim();
  return trimmed.length > 80 ? `${trimmed.slice(0, 80)}…` : trimmed;
}

/** Compiles and evaluates a bare expression; never rejects. */
export async function evaluateSource(source: string, scope: Scope): Promise<Evaluation> {
  const compilation = compileExpression(source);
  if (!compilation.ok) return compilation;
  return evaluateDirectly(compilation.expression, scope) ?? (await evaluateExpression(compilation.expression, scope));
}

/**
 * Replaces every `{{…}}` in the texts of a config, at any depth; keys stay as they are. A text that is one expression
 * takes the expression's type; with text around it, it becomes text. `env.NAME` gives the scope's marker, never the
 * secret. Never rejects: the first field that can't be resolved is told with its path.
 */
export async function resolveConfig<T extends JsonValue>(config: T, scope: Scope): Promise<Resolution<T>> {
  try {
    // Resolving keeps objects objects and lists lists; only texts change their type.
    return { ok: true, value: (await new Resolver(scope).value(config, '', 0)) as T };
  } catch (thrown) {
    if (thrown instanceof Unresolved) return { ok: false, error: thrown.error };
    throw thrown;
  }
}
