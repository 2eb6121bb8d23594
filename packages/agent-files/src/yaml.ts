import { type JsonValue, LIMITS } from '@agentflow/contracts';
import {
  Composer,
  Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type ParsedNode,
  Parser,
  Scalar,
  visit,
} from 'yaml';

/** The tags of the YAML 1.2 core schema: the only ones that stand for JSON values. */
const CORE_TAGS = new Set(
  ['str', 'int', 'float', 'bool', 'null', 'map', 'seq'].map((name) => `tag:yaml.org,2002:${name}`),
);

/** Stack entries of the parser that are not nesting of the document: the document itself, the scalar under way, a key. */
const STACK_ALLOWANCE = 8;

/** What keeps a text from being read: `syntax` where it is not YAML at all, `data` where it holds what JSON cannot. */
export class YamlError extends Error {
  readonly kind: 'syntax' | 'data';
  /** Where in the data, dotted; empty for the whole text. */
  readonly path: string;
  /** 1-based, like the column; null where no one place is at fault. */
  readonly line: number | null;
  readonly column: number | null;

  constructor(kind: 'syntax' | 'data', message: string, at: { path?: string; line?: number; column?: number } = {}) {
    super(message);
    this.name = 'YamlError';
    this.kind = kind;
    this.path = at.path ?? '';
    this.line = at.line ?? null;
    this.column = at.column ?? null;
  }
}

export interface YamlDocument {
  readonly value: JsonValue;
  /** Line, 1-based, on which the value of this path begins, or the deepest part of the path that there is. */
  readonly lineOf: (path: readonly string[]) => number;
}

/**
 * Reads YAML 1.2 (core schema) as plain JSON data. What JSON cannot say is refused instead of guessed: aliases, tags
 * outside the core schema, keys that are collections, duplicate keys, `.inf` and `.nan`, several documents.
 * Throws `YamlError`.
 */
export function readYaml(text: string): YamlDocument {
  const lines = new LineCounter();
  const at: At = (offset) => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const [document, second] = composeBounded(text, lines, (offset, message) => {
    throw new YamlError('syntax', message, at(offset));
  });
  const contents = document?.contents ?? null;
  if (contents === null) throw new YamlError('syntax', 'The YAML document is empty.');
  if (second !== undefined) throw new YamlError('data', 'holds several documents; send one');
  return { value: plainValue(contents, [], at), lineOf: (path) => at(offsetOf(contents, path)).line };
}

/** `readYaml` where nobody asks for lines. */
export function parseYaml(text: string): JsonValue {
  return readYaml(text).value;
}

type At = (offset: number) => { line: number; column: number };

function offsetOf(contents: ParsedNode, path: readonly string[]): number {
  let node: unknown = contents;
  let offset = contents.range[0];
  for (const name of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && keyName(key) === name);
      if (pair === undefined) break;
      offset = (pair.key as ParsedNode).range[0];
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(name)];
      offset = (node as ParsedNode | undefined)?.range[0] ?? offset;
    } else break;
  }
  return offset;
}

/**
 * Runs lexer, parser and composer one token at a time, so that hostile nesting is refused before the composer, which
 * recurses, sees it. Linear in the text's length: key uniqueness, quadratic in the library, is checked by `plainValue`.
 */
function composeBounded(text: string, lines: LineCounter, fail: (offset: number, message: string) => never) {
  const composer = new Composer<ParsedNode>({
    schema: 'core',
    merge: false,
    resolveKnownTags: false,
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'silent',
  });
  // The composer would collect an error object for each of a million stray commas; the first one is enough, and it is
  // kept because the composer reports what its own recursion throws as another error. Should a later release name
  // `onError` differently, the check of `errors` below still refuses the document.
  let first: { offset: number; message: string } | undefined;
  const onError = (
    source: number | { offset: number } | readonly number[],
    _code: string,
    message: string,
    warning?: boolean,
  ) => {
    if (warning === true) return;
    const offset = typeof source === 'number' ? source : 'offset' in source ? source.offset : (source[0] ?? 0);
    first ??= { offset, message };
    fail(first.offset, first.message);
  };
  Object.assign(composer, { onError });
  const parser = new Parser(lines.addNewLine);
  lines.addNewLine(0);
  const bounded = function* () {
    for (const lexeme of new Lexer().lex(text)) {
      yield* parser.next(lexeme);
      if (parser.stack.length > LIMITS.json_depth + STACK_ALLOWANCE) throw tooDeep();
    }
    yield* parser.end();
  };
  const documents = [...composer.compose(bounded(), true, text.length)];
  for (const document of documents) {
    const error = document.errors[0];
    if (error !== undefined) fail(error.pos[0], error.message);
  }
  return documents;
}

function tooDeep(): YamlError {
  return new YamlError('data', `is nested deeper than ${LIMITS.json_depth} levels`);
}

function plainValue(node: unknown, path: readonly string[], at: At): JsonValue {
  const refuse = (offset: number, message: string) =>
    new YamlError('data', message, { path: path.join('.'), ...at(offset) });
  // A key without a value: `a:`.
  if (node === null || node === undefined) return null;
  if (path.length >= LIMITS.json_depth && !isScalar(node)) throw tooDeep();
  const parsed = node as ParsedNode;
  const offset = parsed.range[0];
  if (isAlias(node)) throw refuse(offset, 'is an alias; write the value out');
  if (parsed.tag !== undefined && !CORE_TAGS.has(parsed.tag))
    throw refuse(offset, `has the tag ${parsed.tag}, which is not allowed`);

  if (isSeq(node)) return node.items.map((item, index) => plainValue(item, [...path, String(index)], at));
  if (isMap(node)) {
    const object: Record<string, JsonValue> = {};
    for (const { key, value } of node.items) {
      if (!isScalar(key) || isAlias(key)) throw refuse(offset, 'has a key that is not a plain text');
      const name = keyName(key);
      const keyOffset = key.range?.[0] ?? offset;
      if (name === null) throw refuse(keyOffset, 'has a value without a key');
      if (name === '__proto__') throw refuse(keyOffset, 'has a key __proto__, which is not allowed as a field name');
      if (Object.hasOwn(object, name))
        throw refuse(keyOffset, `has the key ${JSON.stringify(name.slice(0, 80))} twice`);
      object[name] = plainValue(value, [...path, name], at);
    }
    return object;
  }
  if (isScalar(node)) {
    const { value } = node;
    if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    throw refuse(offset, 'is not a value that JSON knows');
  }
  throw refuse(offset, 'is not a value that JSON knows');
}

/** Keys are texts as they were written: `200: ok` has the key `200`, `no: x` the key `no`. */
function keyName(key: Scalar): string | null {
  return typeof key.value === 'string' ? key.value : key.source || null;
}

/** Characters that other readers fold, drop or refuse outside double quotes, and halves of surrogate pairs. */
const NEEDS_ESCAPES = /(?![\t\n])\p{Cc}|[\u2028\u2029\ufeff]|\p{Cs}/u;

/** Unquoted, these are the value and merge keys of YAML 1.1, which `compat` does not know. */
const YAML_1_1_KEYS: ReadonlySet<string> = new Set(['=', '<<']);

/** Marks a map or list that `writeYaml` puts on one line. */
export function onOneLine(value: JsonValue): JsonValue {
  const node = documentOf(value).contents;
  if (isMap(node) || isSeq(node)) node.flow = true;
  // `Document` takes its own nodes among the data.
  return node as unknown as JsonValue;
}

function documentOf(value: JsonValue): Document {
  return new Document(value, { schema: 'core', merge: false, compat: 'yaml-1.1', aliasDuplicateObjects: false });
}

/**
 * Writes JSON data as YAML that `parseYaml` reads back exactly, and that readers of YAML 1.1 take for the same strings
 * (`no`, `1e3`, `0123`, dates stay quoted). Texts of several lines are block literals, so that prompts can be read and
 * compared line by line.
 */
export function writeYaml(value: JsonValue): string {
  const document = documentOf(value);
  visit(document, {
    Scalar(_key, node) {
      if (typeof node.value !== 'string') return;
      if (NEEDS_ESCAPES.test(node.value) || YAML_1_1_KEYS.has(node.value)) node.type = Scalar.QUOTE_DOUBLE;
      else if (node.value.includes('\n')) node.type = Scalar.BLOCK_LITERAL;
    },
  });
  return document.toString({ lineWidth: 0, doubleQuotedMinMultiLineLength: Number.MAX_SAFE_INTEGER });
}
