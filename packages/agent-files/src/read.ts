import {
  type AgentDefinition,
  agentDefinition,
  charactersOf,
  type JsonValue,
  LIMITS,
  WORKSPACE_LIMITS,
  workspacePath,
} from '@agentflow/contracts';
import { readCompact } from './compact.ts';
import { jsonDepth, readJson } from './json-text.ts';
import { AGENT_FILE, type AgentFiles, EXTRACTED, extractionsOf, isObject, KNOWLEDGE, TESTS } from './layout.ts';
import { fromEscaped, referencedPath } from './references.ts';
import { readYaml, YamlError } from './yaml.ts';

/** One thing that keeps files from being a draft. The line counts from 1; null where the whole file is meant. */
export interface FileProblem {
  readonly path: string;
  readonly line: number | null;
  readonly message: string;
}

export type Reading =
  | {
      readonly ok: true;
      readonly definition: AgentDefinition;
      /** Texts and tools that `agent.yaml` does not refer to: the definition does not hold them. */
      readonly unused: readonly string[];
      /** Files that have another path in the canonical form, as `filesOf` names them, by the path that they have here. */
      readonly moved: ReadonlyMap<string, string>;
    }
  | { readonly ok: false; readonly problems: readonly FileProblem[] };

/** A broken file must not answer with megabytes. */
const MAX_PROBLEMS = 100;

/**
 * Reads files as a draft, and tells every reason where they are none. Never throws. Mistakes in the graph are no reason:
 * they are told by validation, as those of any draft are.
 */
export function definitionOf(files: AgentFiles): Reading {
  const reader = readerOf(files);
  if (checkBounds(reader)) readAgent(reader);
  const { definition, problems, used } = reader;
  if (definition === null || problems.length > 0) return { ok: false, problems: problems.slice(0, MAX_PROBLEMS) };
  const unused = Object.keys(files).filter((path) => EXTRACTED.test(path) && !used.has(path));
  return { ok: true, definition, unused, moved: movesOf(reader.holders, definition) };
}

function movesOf(holders: ReadonlyMap<string, string>, definition: AgentDefinition): Map<string, string> {
  const moved = new Map<string, string>();
  for (const { node, field, tool, path } of extractionsOf(definition)) {
    const held = holders.get(['nodes', node, 'config', field, ...(tool === null ? [] : [tool])].join('.'));
    if (held !== undefined && held !== path && !moved.has(held)) moved.set(held, path);
  }
  return moved;
}

/**
 * Where the value of a definition's dotted path (`nodes.3.config.tools.0.url`) stands in these files. Takes the files
 * that the definition was read from, or `filesOf` it.
 */
export function placesIn(files: AgentFiles): (path: string) => { readonly path: string; readonly line: number | null } {
  const reader = readerOf(files);
  if (checkBounds(reader)) readAgent(reader);
  return (path) => placeOf(reader, path === '' ? [] : path.split('.'));
}

interface Reader {
  readonly files: AgentFiles;
  readonly problems: FileProblem[];
  readonly used: Set<string>;
  /** Files by the dotted path of the value that they hold. */
  readonly holders: Map<string, string>;
  lineOf: (path: readonly string[]) => number | null;
  definition: AgentDefinition | null;
}

function readerOf(files: AgentFiles): Reader {
  return { files, problems: [], used: new Set(), holders: new Map(), lineOf: () => null, definition: null };
}

function checkBounds({ files, problems }: Reader): boolean {
  const paths = Object.keys(files);
  const add = (path: string, message: string) => problems.push({ path, line: null, message });
  const large = paths.find((path) => (files[path] ?? '').length > WORKSPACE_LIMITS.file_characters);
  if (paths.length > WORKSPACE_LIMITS.files)
    add('', `are ${paths.length} files; at most ${WORKSPACE_LIMITS.files} fit`);
  else if (large !== undefined) add(large, `is larger than ${WORKSPACE_LIMITS.file_characters} characters`);
  else if (charactersOf(files) > WORKSPACE_LIMITS.characters)
    add('', `are larger than ${WORKSPACE_LIMITS.characters} characters together`);
  return problems.length === 0;
}

function readAgent(reader: Reader): void {
  const agent = readAgentFile(reader);
  if (agent === null) return;
  const { nodes } = agent;
  const knowledge = mapOf(reader, agent, 'knowledge', (content) => content);
  const tests = mapOf(reader, agent, 'tests', (content, path) => jsonOf(reader, content, path));
  for (const path of Object.keys(reader.files)) checkPath(reader, path);
  const resolved = Array.isArray(nodes) ? nodes.map((node, index) => resolveNode(reader, node, index)) : nodes;
  const whole = { ...agent, ...(nodes === undefined ? {} : { nodes: resolved }), ...knowledge, ...tests };
  const parsed = agentDefinition.safeParse(whole);
  if (!parsed.success) {
    for (const issue of parsed.error.issues.slice(0, MAX_PROBLEMS)) {
      const path = [...issue.path, ...(issue.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [])].map(String);
      const field = issue.path.map(String).join('.');
      const message = issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message;
      reader.problems.push({ ...placeOf(reader, path), message: field === '' ? message : `${field}: ${message}` });
    }
    return;
  }
  const text = JSON.stringify(parsed.data);
  const bytes = new TextEncoder().encode(text).byteLength;
  const refuse = (message: string) => reader.problems.push({ path: AGENT_FILE, line: null, message });
  // A definition stands one level deeper in a version, which must be readable as a body.
  if (jsonDepth(text) >= LIMITS.json_depth) refuse(`is nested deeper than ${LIMITS.json_depth - 1} levels`);
  else if (bytes > LIMITS.definition_bytes) refuse(`makes a draft larger than ${LIMITS.definition_bytes} bytes`);
  else reader.definition = parsed.data;
}

function readAgentFile(reader: Reader): Record<string, JsonValue> | null {
  const refuse = (line: number | null, message: string) => {
    reader.problems.push({ path: AGENT_FILE, line, message });
    return null;
  };
  const text = own(reader.files, AGENT_FILE);
  if (text === undefined) return refuse(null, 'is missing: it holds the graph of the agent');
  const compact = readCompact(text);
  if (isObject(compact)) return compact as Record<string, JsonValue>;
  try {
    const { value, lineOf } = readYaml(text);
    reader.lineOf = lineOf;
    return isObject(value) ? (value as Record<string, JsonValue>) : refuse(1, 'must be a map with nodes and edges');
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    const { kind, path, line, message } = error;
    if (kind === 'syntax') return refuse(line, line === null ? 'is empty' : `is not valid YAML: ${message}`);
    return refuse(line, path === '' ? message : `${path} ${message}`);
  }
}

/** Notes or tests as the files have them. In `agent.yaml` the map can only be said to be empty. */
function mapOf(
  reader: Reader,
  agent: Readonly<Record<string, JsonValue>>,
  key: 'knowledge' | 'tests',
  read: (content: string, path: string) => JsonValue | undefined,
): Record<string, JsonValue> {
  const said = own(agent, key);
  if (said !== undefined && !(isObject(said) && Object.keys(said).length === 0)) {
    const file = key === 'tests' ? 'tests/<name>.json' : 'knowledge/<name>.md';
    reader.problems.push({
      path: AGENT_FILE,
      line: reader.lineOf([key]),
      message: `${key} stand in files of their own, ${file}; here it can only be {}`,
    });
  }
  const entries: [string, JsonValue][] = [];
  for (const [path, content] of Object.entries(reader.files)) {
    const name = (key === 'tests' ? TESTS : KNOWLEDGE).exec(path)?.[1];
    if (name === undefined) continue;
    const value = read(content, path);
    if (value !== undefined) entries.push([name, value]);
  }
  return entries.length === 0 && said === undefined ? {} : { [key]: Object.fromEntries(entries) };
}

function jsonOf(reader: Reader, content: string, path: string): JsonValue | undefined {
  const json = readJson(content);
  if (json.ok) return json.value;
  reader.problems.push({ path, line: json.line, message: json.message });
  return undefined;
}

function checkPath(reader: Reader, path: string): void {
  const { success } = workspacePath.safeParse(path);
  if (success && (path === AGENT_FILE || [EXTRACTED, KNOWLEDGE, TESTS].some((pattern) => pattern.test(path)))) return;
  const message =
    'is no file of an agent: those are agent.yaml, prompts/….md, tools/….json, knowledge/<name>.md and tests/<name>.json';
  reader.problems.push({ path, line: null, message });
}

function resolveNode(reader: Reader, node: JsonValue, index: number): JsonValue {
  if (!isObject(node) || !isObject(node.config)) return node;
  const config = Object.entries(node.config as Record<string, JsonValue>).map(([field, value]): [string, JsonValue] => {
    const at = ['nodes', String(index), 'config', field];
    if (field !== 'tools' || !Array.isArray(value)) return [field, resolve(reader, value, at)];
    return [field, value.map((tool, position) => resolve(reader, tool, [...at, String(position)]))];
  });
  return { ...(node as Record<string, JsonValue>), config: Object.fromEntries(config) };
}

function resolve(reader: Reader, value: JsonValue, at: readonly string[]): JsonValue {
  const path = referencedPath(value);
  if (path === null) return fromEscaped(value);
  const content = own(reader.files, path);
  if (content === undefined || !EXTRACTED.test(path)) {
    const why = content === undefined ? 'is not among the files' : 'is not in prompts/ or tools/';
    const hint = 'To say an object with the key file, write $file.';
    const message = `${at.join('.')} refers to ${JSON.stringify(path.slice(0, 200))}, which ${why}. ${hint}`;
    reader.problems.push({ path: AGENT_FILE, line: reader.lineOf(at), message });
    return null;
  }
  reader.used.add(path);
  reader.holders.set(at.join('.'), path);
  return path.startsWith('tools/') ? (jsonOf(reader, content, path) ?? null) : content;
}

function placeOf(reader: Reader, path: readonly string[]): { path: string; line: number | null } {
  const [first, name] = path;
  if (name !== undefined && (first === 'knowledge' || first === 'tests')) {
    const file = first === 'tests' ? `tests/${name}.json` : `knowledge/${name}.md`;
    if (own(reader.files, file) !== undefined) return { path: file, line: lineInJson(reader, file, path.slice(2)) };
  }
  for (let length = path.length; length > 0; length--) {
    const file = reader.holders.get(path.slice(0, length).join('.'));
    if (file !== undefined) return { path: file, line: lineInJson(reader, file, path.slice(length)) };
  }
  return { path: AGENT_FILE, line: reader.lineOf(path) };
}

/** JSON is YAML, whose reader knows lines. */
function lineInJson({ files }: Reader, file: string, path: readonly string[]): number | null {
  if (!file.endsWith('.json')) return null;
  try {
    return readYaml(files[file] ?? '').lineOf(path);
  } catch {
    return null;
  }
}

function own<T>(map: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(map, key) ? map[key] : undefined;
}
