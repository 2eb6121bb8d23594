import type { JsonValue } from '@agentflow/contracts';
import { hasTemplate, parseTemplate } from './templates.ts';

const MENTION = /\benv\b/;
/** As secrets are named; a name that another letter or digit touches is part of another word. */
const NAME = /\b[A-Z][A-Z0-9_]{0,63}\b/g;
const DEEPEST = 100;

/** Whether a text could hold an expression that reads a secret: false is certain, true is not. */
export function mentionsEnv(text: string): boolean {
  return MENTION.test(text);
}

/**
 * Names of secrets that the expressions of a node's config can read: every word that looks like one in an expression
 * that mentions `env`, so that `$lookup(env, "NAME")` is found too. A name that data gives is never among them: what
 * comes in from outside cannot choose a secret. `bare` are the fields that are one expression without braces.
 */
export function envNamesOf(config: Readonly<Record<string, JsonValue>>, bare: readonly string[]): string[] {
  const names = new Set<string>();
  for (const [field, value] of Object.entries(config)) {
    if (!bare.includes(field)) collect(value, names, 0);
    else if (typeof value === 'string') collectNames(value, names);
  }
  return [...names];
}

function collectNames(source: string, names: Set<string>): void {
  if (mentionsEnv(source)) for (const [name] of source.matchAll(NAME)) names.add(name);
}

function collect(value: JsonValue, names: Set<string>, depth: number): void {
  if (typeof value === 'string') {
    if (!hasTemplate(value) || !mentionsEnv(value)) return;
    const template = parseTemplate(value);
    if (!template.ok) return;
    for (const part of template.parts) if (part.kind === 'expression') collectNames(part.source, names);
  } else if (typeof value === 'object' && value !== null && depth < DEEPEST) {
    for (const item of Object.values(value)) collect(item, names, depth + 1);
  }
}
