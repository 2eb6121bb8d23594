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
import { ApiError, invalid } from '../../platform/errors.ts';

/** The tags of the YAML 1.2 core schema: the only ones that stand for JSON values. */
const CORE_TAGS = new Set(
  ['str', 'int', 'float', 'bool', 'null', 'map', 'seq'].map((name) => `tag:yaml.org,2002:${name}`),
);

/** Stack entries of the parser that are not nesting of the document: the document itself, the scalar under way, a key. */
const STACK_ALLOWANCE = 8;

/**
 * Parses YAML 1.2 (core schema) into plain JSON data. What JSON cannot say is refused instead of guessed: aliases, tags
 * outside the core schema, keys that are collections, duplicate keys, `.inf` and `.nan`, several documents.
 * Throws `malformed_request` for text that is not YAML, `validation_failed` for YAML that is not such data.
 */
export function parseYaml(text: string): JsonValue {
  const lines = new LineCounter();
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `line ${line}, column ${col}`;
  };
  const documents = composeBounded(text, lines, (offset, message) => {
    throw new ApiError('malformed_request', `The body is not valid YAML at ${at(offset)}: ${message}`);
  });
  const [document, second] = documents;
  const contents = document?.contents ?? null;
  if (document === undefined || contents === null)
    throw new ApiError('malformed_request', 'The YAML document is empty.');
  if (second !== undefined) throw invalid([{ path: '', message: 'holds several documents; send one' }]);
  return plainValue(contents, [], at);
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

function tooDeep(): ApiError {
  return invalid([{ path: '', message: `is nested deeper than ${LIMITS.json_depth} levels` }]);
}

function plainValue(node: unknown, path: readonly string[], at: (offset: number) => string): JsonValue {
  const refuse = (offset: number, message: string) =>
    invalid(
      [{ path: path.join('.'), message: `${message} (${at(offset)})` }],
      'The YAML document holds what JSON cannot.',
    );
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

/**
 * Writes JSON data as YAML that `parseYaml` reads back exactly, and that readers of YAML 1.1 take for the same strings
 * (`no`, `1e3`, `0123`, dates stay quoted). Texts of several lines are block literals, so that prompts can be read and
 * compared line by line.
 */
export function writeYaml(value: JsonValue): string {
  const document = new Document(value, {
    schema: 'core',
    merge: false,
    compat: 'yaml-1.1',
    aliasDuplicateObjects: false,
  });
  visit(document, {
    Scalar(_key, node) {
      if (typeof node.value !== 'string') return;
      if (NEEDS_ESCAPES.test(node.value) || YAML_1_1_KEYS.has(node.value)) node.type = Scalar.QUOTE_DOUBLE;
      else if (node.value.includes('\n')) node.type = Scalar.BLOCK_LITERAL;
    },
  });
  return document.toString({ lineWidth: 0, doubleQuotedMinMultiLineLength: Number.MAX_SAFE_INTEGER });
}
