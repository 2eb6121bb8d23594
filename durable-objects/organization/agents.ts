import type { AgentHead } from './client.ts';
import type { OrganizationStore } from './store/organization.ts';

const WATCH_MS = 10_000;

/** Reads an agent's head from D1. */
export type ReadHead = (agentId: string) => Promise<AgentHead | null>;

/** Ids in D1 of agents of a name that are not archived, at most two. */
export type ReadNamed = (name: string) => Promise<string[]>;

/** What the desk knows of agents: their heads, and which of them may have changed in D1 without the desk being told. */
export class DeskAgents {
  /** A cache of the rows. */
  private readonly known = new Map<string, AgentHead>();

  constructor(
    private readonly storage: DurableObjectStorage,
    private readonly store: OrganizationStore,
    private readonly readHead: ReadHead,
    private readonly readNamed: ReadNamed,
  ) {}

  /** Drops the cache: what the rows say now is asked again. */
  forget(): void {
    this.known.clear();
  }

  find(agentId: string): AgentHead | null {
    const known = this.known.get(agentId) ?? this.store.agent(agentId);
    if (known !== null) this.known.set(agentId, known);
    return known;
  }

  /** From D1 where the desk does not know it; null for an agent that is not there either. */
  async require(agentId: string): Promise<AgentHead | null> {
    const known = this.find(agentId);
    if (known !== null) return known;
    const head = await this.readHead(agentId);
    // The organization's erasure may have begun during the read.
    if (head === null || !this.store.exists()) return null;
    this.store.writeAgent(head);
    return this.find(agentId);
  }

  /** Which agent a name means; D1 is asked where the desk knows none, since it need not know all. */
  async requireNamed(name: string): Promise<AgentHead | 'ambiguous' | null> {
    const known = this.store.agentsNamed(name);
    const ids = known.length > 0 ? known.map(({ agent_id }) => agent_id) : await this.readNamed(name);
    if (ids.length > 1) return 'ambiguous';
    const [id] = ids;
    return id === undefined || !this.store.exists() ? null : this.require(id);
  }

  /** A change is under way; gives back when D1 is to be looked at, should nobody tell. */
  expectChange(agentId: string, now: number): number {
    const checkAt = now + WATCH_MS;
    this.store.watchAgent(agentId, checkAt);
    return checkAt;
  }

  put(head: AgentHead): void {
    this.storage.transactionSync(() => {
      this.store.writeAgent(head);
      this.store.noteAgentTold(head.agent_id);
    });
    this.known.delete(head.agent_id);
  }

  /** Reads the heads of agents whose changes nobody has told; gives back which these are, each with the head that was known. */
  async checkWatched(due: number): Promise<[agentId: string, before: AgentHead | null][]> {
    const checked: [string, AgentHead | null][] = [];
    for (const agentId of this.store.watchedAgents(due)) {
      const head = await this.readHead(agentId);
      if (!this.store.exists()) return [];
      const before = this.find(agentId);
      this.storage.transactionSync(() => {
        if (head !== null) this.store.writeAgent(head);
        this.store.unwatchAgent(agentId);
      });
      this.known.delete(agentId);
      checked.push([agentId, before]);
    }
    return checked;
  }
}
