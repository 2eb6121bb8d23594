import {
  type AgentDefinition,
  type AgentNode,
  type JsonValue,
  type NodeType,
  nodeType,
  type OutputHandle,
  outputHandles,
} from '@agentflow/contracts';
import { hasTemplate } from '../expressions/index.ts';
import { type FieldIssue, fieldIssues, valueAt } from './field-issues.ts';
import { buildGraph, type Graph } from './graph.ts';

/** A node of a draft with what can be told of it alone. */
export interface DraftNode {
  readonly index: number;
  readonly id: string;
  readonly node: AgentNode;
  readonly config: Readonly<Record<string, JsonValue>>;
  /** Undefined for a type that this release does not know. */
  readonly type: NodeType | undefined;
  readonly issues: readonly FieldIssue[];
  /** Null where the exits depend on a config that can't be read. */
  readonly handles: readonly OutputHandle[] | null;
}

export interface Draft {
  readonly definition: AgentDefinition;
  readonly nodes: readonly DraftNode[];
  /** By id; the first of several with one id. */
  readonly indexOf: ReadonlyMap<string, number>;
  readonly triggers: readonly number[];
  readonly graph: Graph;
}

/** What a field becomes is only known when the agent runs, where it or a field around it is a text with `{{…}}`. */
function isTemplated(config: unknown, path: readonly (string | number)[]): boolean {
  for (let length = path.length; length > 0; length -= 1) {
    const value = valueAt(config, path.slice(0, length));
    if (typeof value === 'string') return hasTemplate(value);
  }
  return false;
}

function exits(type: NodeType, config: unknown, onError: string | undefined): readonly OutputHandle[] | null {
  try {
    return outputHandles(type, config, onError);
  } catch {
    // A type's `handles` may read what an invalid config does not have.
    return null;
  }
}

function readNode(node: AgentNode, index: number): DraftNode {
  const config = node.config ?? {};
  const type = nodeType(node.type);
  const base = { index, id: node.id, node, config, type };
  if (type === undefined) return { ...base, issues: [], handles: null };
  const parsed = type.config.safeParse(config);
  const issues = parsed.success ? [] : fieldIssues(parsed.error).filter((issue) => !isTemplated(config, issue.path));
  return { ...base, issues, handles: exits(type, parsed.success ? parsed.data : config, node.on_error) };
}

export function readDraft(definition: AgentDefinition): Draft {
  const nodes = definition.nodes.map(readNode);
  const indexOf = new Map<string, number>();
  for (const { id, index } of nodes) if (!indexOf.has(id)) indexOf.set(id, index);
  const triggers = nodes.filter(({ node, type }) => (type?.category ?? node.type.split('.')[0]) === 'trigger');
  return {
    definition,
    nodes,
    indexOf,
    triggers: triggers.map(({ index }) => index),
    graph: buildGraph(nodes.length, definition.edges, indexOf),
  };
}
