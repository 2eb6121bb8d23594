import { type AgentDefinition, type AgentNode, configSchemaOf, NODE_ID_PATTERN, nodeType } from '@agentflow/contracts';

/** The files of a draft: contents by path. */
export type AgentFiles = Readonly<Record<string, string>>;

export const AGENT_FILE = 'agent.yaml';

/** Files that nodes refer to: their texts and tools. */
export const EXTRACTED = /^(?:prompts\/.+\.md|tools\/.+\.json)$/;
/** Files that stand for themselves; group 1 is the name. */
export const KNOWLEDGE = /^knowledge\/([^/]+)\.md$/;
export const TESTS = /^tests\/([^/]+)\.json$/;

/** Beside `agent.yaml` and the notes and tests that a definition may have, a workspace has room for so many. */
const MAX_EXTRACTED = 380;

/** A value that has a file of its own: a text of a node's config, or one of its tools. */
export interface Extraction {
  readonly node: number;
  readonly field: string;
  /** Index in the list of tools; null for a text. */
  readonly tool: number | null;
  readonly path: string;
}

/**
 * What of a definition has a file of its own, in the order of the nodes. What comes after the first 380 stays in
 * `agent.yaml`.
 */
export function extractionsOf({ nodes }: AgentDefinition): Extraction[] {
  const names = uniqueNames(
    nodes.map(({ id }) => (NODE_ID_PATTERN.test(id) ? { name: id, exact: true } : { name: slug(id, 'node') })),
  );
  const found = nodes.flatMap((node, index) => [
    ...textsOf(node, index, names[index] ?? ''),
    ...toolsOf(node, index, names[index] ?? ''),
  ]);
  return found.slice(0, MAX_EXTRACTED);
}

function textsOf(node: AgentNode, index: number, name: string): Extraction[] {
  return promptFields(node.type)
    .filter((field) => Object.hasOwn(node.config, field) && typeof node.config[field] === 'string')
    .map((field) => ({ node: index, field, tool: null, path: `prompts/${name}.${field}.md` }));
}

function toolsOf(node: AgentNode, index: number, name: string): Extraction[] {
  const tools = node.type === 'ai.agent' && Object.hasOwn(node.config, 'tools') ? node.config.tools : null;
  if (!Array.isArray(tools)) return [];
  const objects = tools.flatMap((tool, at) => (isObject(tool) ? [{ tool, at }] : []));
  const names = uniqueNames(objects.map(({ tool }) => toolName(tool)));
  return objects.map(({ at }, position) => ({
    node: index,
    field: 'tools',
    tool: at,
    path: `tools/${name}.${names[position]}.json`,
  }));
}

const fieldsByType = new Map<string, { readonly all: readonly string[]; readonly prompts: readonly string[] }>();

function fieldsOf(type: string) {
  const known = fieldsByType.get(type);
  if (known !== undefined) return known;
  const entry = nodeType(type);
  if (entry === undefined) return { all: [], prompts: ['prompt', 'system'] };
  const properties = (configSchemaOf(entry).properties ?? {}) as Record<string, { control?: string }>;
  const all = Object.keys(properties);
  const fields = { all, prompts: all.filter((field) => properties[field]?.control === 'prompt') };
  fieldsByType.set(type, fields);
  return fields;
}

function promptFields(type: string): readonly string[] {
  return fieldsOf(type).prompts;
}

/** The fields of a config in the order of its type, then those that the type does not know in their own. */
export function orderedFields({ type, config }: AgentNode): string[] {
  const own = Object.keys(config);
  const known = fieldsOf(type).all.filter((field) => Object.hasOwn(config, field));
  return [...known, ...own.filter((field) => !known.includes(field))];
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

interface WantedName {
  readonly name: string;
  /** Comes before those that were made up, so that a mistake never takes the name of what is right. */
  readonly exact?: boolean;
}

function toolName(tool: Record<string, unknown>): WantedName {
  const { name, kind, server_url } = tool;
  if (typeof name === 'string' && /^[A-Za-z0-9_-]{1,64}$/.test(name)) return { name, exact: true };
  if (typeof name === 'string') return { name: slug(name, 'tool') };
  const host = typeof server_url === 'string' ? (/^https?:\/\/([^/?#:]+)/i.exec(server_url)?.[1] ?? '') : '';
  return { name: slug(`${typeof kind === 'string' ? kind : 'tool'} ${host}`, 'tool') };
}

function slug(text: string, otherwise: string): string {
  const words = text.slice(0, 200).split(/[^A-Za-z0-9_]+/);
  return (
    words
      .filter((word) => word !== '')
      .join('-')
      .slice(0, 60) || otherwise
  );
}

/** Tells names apart, as file systems that know no case do: the second `a` is `a-2`. */
function uniqueNames(wanted: readonly WantedName[]): string[] {
  const names: string[] = [];
  const taken = new Set<string>();
  const claim = (index: number, name: string) => {
    if (taken.has(name.toLowerCase())) return false;
    taken.add(name.toLowerCase());
    names[index] = name;
    return true;
  };
  for (const [index, { name, exact }] of wanted.entries()) if (exact === true) claim(index, name);
  const counts = new Map<string, number>();
  for (const [index, { name }] of wanted.entries()) {
    if (names[index] !== undefined || claim(index, name)) continue;
    const key = name.toLowerCase();
    let count = counts.get(key) ?? 2;
    while (!claim(index, `${name}-${count}`)) count++;
    counts.set(key, count + 1);
  }
  return names;
}
