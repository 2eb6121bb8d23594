import { type JsonValue, LIMITS } from '@agentflow/contracts';
import { type CompiledPattern, compilePattern, testPattern } from '../expressions/index.ts';
import { FORMATS } from './schema-formats.ts';

/*
 * The part of JSON Schema (2020-12) that inputs and structured answers are described with. Own code rather than a
 * general validator: patterns run without backtracking, and depth, work and the number of problems are bounded.
 */

export interface SchemaProblem {
  /** Dotted, empty for the value as a whole. */
  readonly path: string;
  readonly message: string;
}

type Schema = Readonly<Record<string, JsonValue>>;

const TYPES = ['string', 'number', 'integer', 'boolean', 'object', 'array', 'null'] as const;
const COUNTS = ['minLength', 'maxLength', 'minItems', 'maxItems'];
const BOUNDS = ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'];
const CHOICES = ['anyOf', 'oneOf', 'allOf'];
/** Keywords that decide what fits but are not checked here. Names that JSON Schema does not know are notes. */
const UNSUPPORTED: ReadonlySet<string> = new Set([
  ...['$ref', '$dynamicRef', '$defs', 'definitions', 'not', 'if', 'then', 'else', 'patternProperties', 'propertyNames'],
  ...['dependentRequired', 'dependentSchemas', 'dependencies', 'contains', 'minContains', 'maxContains', 'prefixItems'],
  ...['multipleOf', 'minProperties', 'maxProperties', 'unevaluatedProperties', 'unevaluatedItems'],
]);
const MAX_PROBLEMS = 50;
const SCHEMA_DEPTH = 32;

const patterns = new Map<string, CompiledPattern>();

function patternOf(source: string): CompiledPattern {
  const known = patterns.get(source);
  if (known !== undefined) return known;
  const result = compilePattern(source);
  if (patterns.size >= 200) patterns.clear();
  patterns.set(source, result);
  return result;
}

function isObject(value: JsonValue | undefined): value is { [key: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function field(schema: Schema, name: string): JsonValue | undefined {
  return Object.hasOwn(schema, name) ? schema[name] : undefined;
}

function below(path: string, key: string | number): string {
  return path === '' ? String(key) : `${path}.${key}`;
}

/**
 * What is wrong with a schema itself: keywords of the wrong kind, patterns that can't run, and keywords that are not
 * supported here (`$ref`, `not`, `patternProperties` …), which would silently let everything through.
 */
export function checkSchema(schema: JsonValue): SchemaProblem[] {
  const problems: SchemaProblem[] = [];
  checkSchemaAt(schema, '', 0, problems);
  return problems;
}

function checkSchemaAt(schema: JsonValue | undefined, path: string, depth: number, problems: SchemaProblem[]): void {
  const tell = (key: string, message: string) => {
    if (problems.length < MAX_PROBLEMS) problems.push({ path: key === '' ? path : below(path, key), message });
  };
  if (typeof schema === 'boolean') return;
  if (!isObject(schema)) {
    tell('', 'must be a JSON Schema object');
    return;
  }
  if (depth > SCHEMA_DEPTH) {
    tell('', 'nests too deeply');
    return;
  }
  for (const key of Object.keys(schema)) {
    if (UNSUPPORTED.has(key)) tell(key, 'is a JSON Schema keyword that is not supported here');
  }
  const type = field(schema, 'type');
  for (const each of type === undefined ? [] : Array.isArray(type) ? type : [type]) {
    if (!TYPES.some((known) => known === each)) tell('type', `must be one of ${TYPES.join(', ')}`);
  }
  for (const key of [...COUNTS, ...BOUNDS]) {
    const value = field(schema, key);
    if (value === undefined) continue;
    if (typeof value !== 'number') tell(key, 'must be a number');
    else if (COUNTS.includes(key) && (value < 0 || !Number.isInteger(value)))
      tell(key, 'must be a whole number from 0');
  }
  const required = field(schema, 'required');
  if (required !== undefined && !(Array.isArray(required) && required.every((name) => typeof name === 'string'))) {
    tell('required', 'must be a list of field names');
  }
  const choices = field(schema, 'enum');
  if (choices !== undefined && !(Array.isArray(choices) && choices.length > 0))
    tell('enum', 'must be a list of values');
  const format = field(schema, 'format');
  if (format !== undefined && typeof format !== 'string') tell('format', 'must be a text');
  const pattern = field(schema, 'pattern');
  if (typeof pattern === 'string') {
    const compiled = patternOf(pattern);
    if (!compiled.ok) tell('pattern', compiled.message);
  } else if (pattern !== undefined) tell('pattern', 'must be a text');
  checkInnerSchemas(schema, path, depth, problems, tell);
}

function checkInnerSchemas(
  schema: Schema,
  path: string,
  depth: number,
  problems: SchemaProblem[],
  tell: (key: string, message: string) => void,
): void {
  const properties = field(schema, 'properties');
  if (isObject(properties)) {
    for (const [name, inner] of Object.entries(properties)) {
      checkSchemaAt(inner, below(below(path, 'properties'), name), depth + 1, problems);
    }
  } else if (properties !== undefined) tell('properties', 'must be an object of schemas');
  for (const key of ['items', 'additionalProperties']) {
    const inner = field(schema, key);
    if (inner !== undefined) checkSchemaAt(inner, below(path, key), depth + 1, problems);
  }
  for (const key of CHOICES) {
    const inner = field(schema, key);
    if (inner === undefined) continue;
    if (!Array.isArray(inner) || inner.length === 0) tell(key, 'must be a list of schemas');
    else
      for (const [index, each] of inner.entries())
        checkSchemaAt(each, below(below(path, key), index), depth + 1, problems);
  }
}

const WORK = 200_000;

class Check {
  readonly problems: SchemaProblem[] = [];
  #work = 0;

  tell(path: string, message: string): void {
    if (this.problems.length < MAX_PROBLEMS) this.problems.push({ path, message });
  }

  /** Counts one value against one schema; `anyOf` inside `anyOf` would otherwise multiply. */
  spend(path: string, depth: number): boolean {
    this.#work += 1;
    if (this.#work === WORK || depth > LIMITS.json_depth)
      this.tell(path, 'is too large or nests too deeply to be checked');
    return this.#work < WORK && depth <= LIMITS.json_depth && this.problems.length < MAX_PROBLEMS;
  }

  value(schema: JsonValue, value: JsonValue, path: string, depth: number): void {
    if (!this.spend(path, depth)) return;
    if (schema === false) {
      this.tell(path, 'is not allowed');
      return;
    }
    if (!isObject(schema)) return;
    const types = field(schema, 'type');
    if (types !== undefined && !(Array.isArray(types) ? types : [types]).some((type) => isOfType(value, type))) {
      this.tell(path, `must be ${typeWords(types)}`);
      return;
    }
    const choices = field(schema, 'enum');
    if (Array.isArray(choices) && !choices.some((choice) => sameValue(choice, value))) {
      this.tell(
        path,
        `must be one of ${choices
          .slice(0, 20)
          .map((choice) => JSON.stringify(choice))
          .join(', ')}`,
      );
    }
    const constant = field(schema, 'const');
    if (constant !== undefined && !sameValue(constant, value)) this.tell(path, `must be ${JSON.stringify(constant)}`);
    if (typeof value === 'string') this.#text(schema, value, path);
    else if (typeof value === 'number') this.#number(schema, value, path);
    else if (Array.isArray(value)) this.#list(schema, value, path, depth);
    else if (isObject(value)) this.#object(schema, value, path, depth);
    this.#choices(schema, value, path, depth);
  }

  #text(schema: Schema, value: string, path: string): void {
    const { minLength, maxLength, pattern, format } = schema;
    // JSON Schema counts characters, not UTF-16 units; a text has at most as many characters as units.
    if (typeof minLength === 'number' && characters(value) < minLength)
      this.tell(path, `must have at least ${minLength} characters`);
    if (typeof maxLength === 'number' && value.length > maxLength && characters(value) > maxLength) {
      this.tell(path, `must have at most ${maxLength} characters`);
    }
    if (typeof pattern === 'string') this.#pattern(pattern, value, path);
    const known = typeof format === 'string' && Object.hasOwn(FORMATS, format) ? FORMATS[format] : undefined;
    if (known !== undefined && !known.test(value)) this.tell(path, `must be ${known.words}`);
  }

  #pattern(source: string, value: string, path: string): void {
    const compiled = patternOf(source);
    if (!compiled.ok) {
      this.tell(path, `can’t be checked: ${compiled.message}`);
      return;
    }
    const matches = testPattern(compiled.pattern, value);
    if (matches === null) this.tell(path, 'is too long to be checked against its pattern');
    else if (!matches) this.tell(path, `must match the pattern ${source.slice(0, 100)}`);
  }

  #number(schema: Schema, value: number, path: string): void {
    const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema;
    if (typeof minimum === 'number' && value < minimum) this.tell(path, `must be at least ${minimum}`);
    if (typeof maximum === 'number' && value > maximum) this.tell(path, `must be at most ${maximum}`);
    if (typeof exclusiveMinimum === 'number' && value <= exclusiveMinimum)
      this.tell(path, `must be over ${exclusiveMinimum}`);
    if (typeof exclusiveMaximum === 'number' && value >= exclusiveMaximum)
      this.tell(path, `must be under ${exclusiveMaximum}`);
  }

  #list(schema: Schema, value: readonly JsonValue[], path: string, depth: number): void {
    const { minItems, maxItems, uniqueItems, items } = schema;
    if (typeof minItems === 'number' && value.length < minItems)
      this.tell(path, `must have at least ${minItems} entries`);
    if (typeof maxItems === 'number' && value.length > maxItems)
      this.tell(path, `must have at most ${maxItems} entries`);
    if (uniqueItems === true && new Set(value.map(canonical)).size < value.length)
      this.tell(path, 'must have no entry twice');
    if (items === undefined) return;
    for (const [index, item] of value.entries()) this.value(items, item, below(path, index), depth + 1);
  }

  #object(schema: Schema, value: { [key: string]: JsonValue }, path: string, depth: number): void {
    const properties = field(schema, 'properties');
    const known = isObject(properties) ? properties : {};
    const required = field(schema, 'required');
    for (const name of Array.isArray(required) ? required : []) {
      if (typeof name === 'string' && !Object.hasOwn(value, name)) this.tell(below(path, name), 'is required');
    }
    const additional = field(schema, 'additionalProperties');
    for (const [name, item] of Object.entries(value)) {
      const inner = field(known, name);
      if (inner !== undefined) this.value(inner, item, below(path, name), depth + 1);
      else if (additional === false) this.tell(below(path, name), 'is not a known field');
      else if (additional !== undefined) this.value(additional, item, below(path, name), depth + 1);
    }
  }

  #choices(schema: Schema, value: JsonValue, path: string, depth: number): void {
    const branches = (name: string) => {
      const list = field(schema, name);
      return Array.isArray(list) ? list : [];
    };
    for (const branch of branches('allOf')) this.value(branch, value, path, depth + 1);
    const fits = (branch: JsonValue) => {
      const before = this.problems.length;
      this.value(branch, value, path, depth + 1);
      return this.problems.splice(before).length === 0;
    };
    const any = branches('anyOf');
    if (any.length > 0 && !any.some(fits)) this.tell(path, 'fits none of the allowed shapes');
    const one = branches('oneOf');
    if (one.length > 0 && one.filter(fits).length !== 1) this.tell(path, 'must fit exactly one of the allowed shapes');
  }
}

function characters(text: string): number {
  let count = 0;
  for (const _character of text) count += 1;
  return count;
}

function isOfType(value: JsonValue, type: JsonValue): boolean {
  switch (type) {
    case 'string':
    case 'boolean':
    case 'number':
      return typeof value === type;
    case 'integer':
      return Number.isInteger(value);
    case 'null':
      return value === null;
    case 'array':
      return Array.isArray(value);
    case 'object':
      return isObject(value);
    default:
      return false;
  }
}

const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  object: 'an object',
  array: 'a list',
  null: 'null',
};

function typeWords(types: JsonValue): string {
  const names = (Array.isArray(types) ? types : [types]).map((type) => TYPE_WORDS[String(type)] ?? String(type));
  return names.join(' or ');
}

/** A text that two JSON values share exactly when they are equal, whatever the order of their keys. */
function canonical(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`).join(',')}}`;
}

function sameValue(left: JsonValue, right: JsonValue): boolean {
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return left === right;
  return canonical(left) === canonical(right);
}

/**
 * Checks a value against a schema: an agent's input, or a model's structured answer. Gives at most 50 problems, each
 * with its field; none means that it fits. Formats: email, uri, date, date-time, uuid; other formats are notes.
 */
export function validateInput(schema: JsonValue, input: JsonValue): SchemaProblem[] {
  const check = new Check();
  check.value(schema, input, '', 0);
  return check.problems;
}
