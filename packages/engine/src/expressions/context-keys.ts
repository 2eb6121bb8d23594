import { type JsonValue, nodeType } from '@agentflow/contracts';
import { compileExpression } from './compile.ts';
import { referencesOf } from './references.ts';
import { hasTemplate, parseTemplate } from './templates.ts';

/**
 * Which keys of the shared context a node's expressions read: null for none, `all` where an expression takes the context
 * as a whole or computes what it takes from it.
 */
export type ContextKeys = readonly string[] | 'all' | null;

const COMPUTES_NAMES = /\$\$|\$lookup|\*/;

/** Told from the config alone, as it stands in the definition. */
export function contextKeysOf(type: string, config: Readonly<Record<string, JsonValue>>): ContextKeys {
  const bare = new Set(nodeType(type)?.expressionFields ?? []);
  const keys = new Set<string>();
  let whole = false;
  const read = (source: string) => {
    if (!source.includes('context')) return;
    const compilation = compileExpression(source);
    if (!compilation.ok) return;
    const references = referencesOf(compilation.expression).filter(({ root }) => root === 'context');
    // `$lookup($$, "context")`, `*.plan`: what is read is computed.
    if (references.length === 0 && COMPUTES_NAMES.test(source)) whole = true;
    for (const { path } of references) {
      const [key] = path;
      if (key === undefined) whole = true;
      else keys.add(key);
    }
  };
  const visit = (value: JsonValue): void => {
    if (typeof value === 'string') {
      if (!hasTemplate(value) || !value.includes('context')) return;
      const template = parseTemplate(value);
      if (!template.ok) return;
      for (const part of template.parts) if (part.kind === 'expression') read(part.source);
    } else if (typeof value === 'object' && value !== null) Object.values(value).forEach(visit);
  };
  for (const [field, value] of Object.entries(config)) {
    if (bare.has(field) && typeof value === 'string') read(value);
    else visit(value);
  }
  if (whole) return 'all';
  return keys.size === 0 ? null : [...keys];
}
