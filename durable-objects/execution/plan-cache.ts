import type { AgentDefinition } from '@agentflow/contracts';
import { compile, type Plan } from '@agentflow/engine';

/**
 * Plans of published versions, shared by the objects of one isolate: a version never changes, and many executions of it
 * run side by side. Bounded by the characters of the definitions, the least recently used one going first.
 */
const MAX_CHARACTERS = 8 * 1024 * 1024;
const plans = new Map<string, { readonly plan: Plan; readonly characters: number }>();
let characters = 0;

/** The plan of a definition in JSON; `version` is null for a draft, which is never kept. */
export function planOf(agentId: string, version: number | null, definition: () => string): Plan {
  const key = `${agentId}@${version}`;
  const known = version === null ? undefined : plans.get(key);
  if (known !== undefined) {
    plans.delete(key);
    plans.set(key, known);
    return known.plan;
  }
  const text = definition();
  const plan = compile(JSON.parse(text) as AgentDefinition);
  if (version !== null) keep(key, plan, text.length);
  return plan;
}

function keep(key: string, plan: Plan, size: number): void {
  plans.set(key, { plan, characters: size });
  characters += size;
  for (const [oldest, entry] of plans) {
    if (characters <= MAX_CHARACTERS) break;
    plans.delete(oldest);
    characters -= entry.characters;
  }
}
