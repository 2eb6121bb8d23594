import type { JsonValue } from '@agentflow/contracts';
import type { Found } from './extract-patterns.ts';
import { stem, tokenize } from './words.ts';

export type Schema = { readonly [keyword: string]: JsonValue };

export interface Field {
  readonly name: string;
  /** Words of the property's name, split at case and separators. */
  readonly words: readonly string[];
  readonly description: string;
  readonly schema: Schema;
  readonly types: readonly string[];
}

export function isSchema(value: JsonValue | undefined): value is { [key: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function fieldOf(name: string, schema: Schema): Field {
  const spaced = name
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .replace(/[_\-.]+/g, ' ')
    .toLowerCase();
  const type = schema.type;
  const types =
    typeof type === 'string' ? [type] : Array.isArray(type) ? type.filter((t) => typeof t === 'string') : [];
  return {
    name,
    words: spaced.split(/\s+/).filter((word) => word !== ''),
    description: typeof schema.description === 'string' ? schema.description : '',
    schema,
    types,
  };
}

export function has(field: Field, pattern: RegExp): boolean {
  return field.words.some((word) => pattern.test(word)) || pattern.test(field.words.join(' '));
}

/** The field's kind by its format and name; its description decides where the name says nothing. */
export function mentions(field: Field, pattern: RegExp): boolean {
  return (
    has(field, pattern) ||
    (field.words.length <= 1 &&
      /^(?:value|field|text|data|info|id|number)$/.test(field.name) &&
      pattern.test(field.description.toLowerCase()))
  );
}

/** Values that stand next to the property's words first, in the text's order otherwise. */
export function nearest<T>(text: string, found: readonly Found<T>[], words: readonly string[]): Found<T> | undefined {
  if (found.length <= 1) return found[0];
  const places = words
    .filter((word) => word.length > 2 && !/^(?:number|the|date|amount|id|value|customer|user)$/.test(word))
    .flatMap((word) =>
      [...text.toLowerCase().matchAll(new RegExp(`\\b${literal(stem(word))}`, 'g'))].map((match) => match.index),
    );
  if (places.length === 0) return found[0];
  const distance = ({ at }: Found<T>) =>
    Math.min(...places.map((place) => (at >= place ? at - place : (place - at) * 1.5)));
  return [...found].sort((a, b) => distance(a) - distance(b) || a.at - b.at)[0];
}

export function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** The value of a `Key: value` line whose key is the property's name or description. */
export function keyed(text: string, field: Field): string | null {
  for (const line of text.split('\n')) {
    const match = /^\s*(?:[-*•]\s*)?([A-Za-z][\w ./#()-]{0,40}?)\s*(?::|=|\s-\s)\s*(\S.*)$/.exec(line);
    if (match?.[1] === undefined || match[2] === undefined) continue;
    const key = tokenize(match[1]).map((token) => token.stem);
    const wanted = field.words.map(stem);
    if (
      key.length > 0 &&
      (key.join(' ') === wanted.join(' ') ||
        (wanted.every((word) => key.includes(word)) && key.length <= wanted.length + 1))
    ) {
      return match[2]
        .trim()
        .replace(/[.,;]$/, '')
        .slice(0, 300);
    }
  }
  return null;
}
