import type { AgentDefinition } from '@agentflow/contracts';

interface Entry {
  readonly definition: AgentDefinition;
  readonly bytes: number;
}

/**
 * Published definitions by organization, agent and version: they never change, so an isolate may keep them. The least
 * recently used go first once there are more than `maxEntries` or they weigh more than `maxBytes` (length of their JSON).
 * Kept definitions are frozen, since every execution of the isolate shares them.
 */
export class VersionCache {
  readonly #entries = new Map<string, Entry>();
  readonly #maxEntries: number;
  readonly #maxBytes: number;
  #bytes = 0;

  constructor({ maxEntries, maxBytes }: { maxEntries: number; maxBytes: number }) {
    this.#maxEntries = maxEntries;
    this.#maxBytes = maxBytes;
  }

  get(organizationId: string, agentId: string, version: number): AgentDefinition | undefined {
    const key = keyOf(organizationId, agentId, version);
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.definition;
  }

  /** Parses and keeps a stored definition; one that is larger than the whole cache is parsed only. */
  put(organizationId: string, agentId: string, version: number, json: string): AgentDefinition {
    const definition = deepFreeze(JSON.parse(json) as AgentDefinition);
    const bytes = json.length;
    if (bytes > this.#maxBytes) return definition;
    const key = keyOf(organizationId, agentId, version);
    this.#drop(key);
    this.#entries.set(key, { definition, bytes });
    this.#bytes += bytes;
    while (this.#entries.size > this.#maxEntries || this.#bytes > this.#maxBytes) {
      const [oldest] = this.#entries.keys();
      if (oldest === undefined) break;
      this.#drop(oldest);
    }
    return definition;
  }

  get size(): { entries: number; bytes: number } {
    return { entries: this.#entries.size, bytes: this.#bytes };
  }

  #drop(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#bytes -= entry.bytes;
  }
}

function keyOf(organizationId: string, agentId: string, version: number): string {
  return `${organizationId} ${agentId} ${version}`;
}

/** Nesting is bounded where definitions are saved, so recursion is too. */
function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
}
