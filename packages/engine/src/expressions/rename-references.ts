import { type AgentNode, type JsonValue, nodeType } from '@agentflow/contracts';
import { compileExpression } from './compile.ts';
import { setOwn } from './plain-value.ts';
import { placedReferencesOf } from './references.ts';
import { hasTemplate, parseTemplate } from './templates.ts';

type Names = ReadonlyMap<string, string>;

/** One that can't be compiled stays as it is: nobody can tell what its names mean. */
function inExpression(source: string, names: Names): string {
  const compilation = compileExpression(source);
  if (!compilation.ok) return source;
  let result = '';
  let from = 0;
  for (const { root, start, end } of placedReferencesOf(compilation.expression)) {
    const name = names.get(root);
    if (name === undefined) continue;
    result += source.slice(from, start) + name;
    from = end;
  }
  return result + source.slice(from);
}

function inText(text: string, names: Names): string {
  if (!hasTemplate(text)) return text;
  const template = parseTemplate(text);
  if (!template.ok) return text;
  let result = '';
  let from = 0;
  for (const part of template.parts) {
    if (part.kind === 'text') continue;
    result += text.slice(from, part.start) + inExpression(part.source, names);
    from = part.start + part.source.length;
  }
  return result + text.slice(from);
}

function inValue(value: JsonValue, names: Names): JsonValue {
  if (typeof value === 'string') return inText(value, names);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => inValue(item, names));
  const result: Record<string, JsonValue> = {};
  for (const [key, item] of Object.entries(value)) setOwn(result, key, inValue(item, names));
  return result;
}

/**
 * A node whose expressions name other nodes by their new ids: texts with `{{…}}` at any depth of its config, its bare
 * expressions and its output mapping. `names` leads from old ids to new ones. Nothing but names changes, and of
 * `{{priority.output}}` in an inner value only what is read from the root.
 */
export function renameReferences(node: AgentNode, names: Names): AgentNode {
  const bare = new Set(nodeType(node.type)?.expressionFields ?? []);
  const config: Record<string, JsonValue> = {};
  for (const [key, value] of Object.entries(node.config ?? {})) {
    const isBare = bare.has(key) && typeof value === 'string';
    setOwn(config, key, isBare ? inExpression(value, names) : inValue(value, names));
  }
  const { output_mapping } = node;
  return {
    ...node,
    config,
    ...(output_mapping === undefined ? {} : { output_mapping: inExpression(output_mapping, names) }),
  };
}
