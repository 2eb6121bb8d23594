import type { AgentDefinition, JsonValue } from '@agentflow/contracts';

/** What a draft holds by name beside its graph. */
export type EntryKind = 'knowledge' | 'tests';

const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,79}$/;
const MOST = 50;

export type Entries = Readonly<Record<string, JsonValue>>;

export function entriesOf(definition: AgentDefinition, kind: EntryKind): Entries {
  return (definition[kind] ?? {}) as Entries;
}

/** The definition with these notes or tests; without the field where there are none. */
export function withEntries(definition: AgentDefinition, kind: EntryKind, entries: Entries): AgentDefinition {
  const { [kind]: _, ...rest } = definition;
  return Object.keys(entries).length === 0 ? rest : ({ ...rest, [kind]: entries } as AgentDefinition);
}

export function withEntry(definition: AgentDefinition, kind: EntryKind, name: string, value: JsonValue) {
  return withEntries(definition, kind, { ...entriesOf(definition, kind), [name]: value });
}

export function withoutEntry(definition: AgentDefinition, kind: EntryKind, name: string): AgentDefinition {
  const { [name]: _, ...rest } = entriesOf(definition, kind);
  return withEntries(definition, kind, rest);
}

/** In its place under another name. */
export function renamedEntry(definition: AgentDefinition, kind: EntryKind, from: string, to: string): AgentDefinition {
  const entries = Object.entries(entriesOf(definition, kind));
  return withEntries(
    definition,
    kind,
    Object.fromEntries(entries.map(([name, value]) => [name === from ? to : name, value])),
  );
}

/** Why an entry can't be called so, in words; null where it can. */
export function nameProblem(name: string, taken: Entries): string | null {
  if (!NAME.test(name)) return 'Use 1 to 80 letters, digits, _ or -, without spaces';
  return Object.hasOwn(taken, name) ? 'There is one of this name already' : null;
}

export function isFull(entries: Entries): boolean {
  return Object.keys(entries).length >= MOST;
}

/** The first name of this kind that is free. */
export function freeName(base: string, taken: Entries): string {
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? base : `${base}-${number}`;
    if (!Object.hasOwn(taken, name)) return name;
  }
}
