import type { Lease, LeaseState } from './store/leases.ts';

type Counted = Pick<Lease, 'agent_id' | 'external_agent_id' | 'parent_execution_id' | 'state'>;

/** Whether an execution in this state counts under the limits of concurrency. */
export function holdsPlace(state: LeaseState): boolean {
  return state === 'provisional' || state === 'active';
}

/** How many executions hold a place, and how many are queued for one, by agent: counted once from the leases' rows. */
export class Places {
  private readonly held = new Map<string, number>();
  private readonly queued = new Map<string, number>();
  private readonly external = new Map<string, number>();
  private all = 0;

  constructor(counts: Iterable<Counted & { leases: number }>) {
    for (const { leases, ...each } of counts) this.add(each, leases);
  }

  /** Of the whole organization. */
  get total(): number {
    return this.all;
  }

  heldBy(agentId: string): number {
    return this.held.get(agentId) ?? 0;
  }

  /** Calls of an external agent that hold a place or are queued; what they start is not counted. */
  callsOf(externalAgentId: string): number {
    return this.external.get(externalAgentId) ?? 0;
  }

  queuedOf(agentId: string): number {
    return this.queued.get(agentId) ?? 0;
  }

  anyInLine(): boolean {
    return this.queued.size > 0;
  }

  /** Agents with queued executions. */
  agentsInLine(): Iterable<string> {
    return this.queued.keys();
  }

  /** Leases that are there from now on, or are no more (`by` negative). */
  add({ agent_id, external_agent_id, parent_execution_id, state }: Counted, by: number): void {
    if (external_agent_id !== null && parent_execution_id === null && (holdsPlace(state) || state === 'queued')) {
      bump(this.external, external_agent_id, by);
    }
    if (holdsPlace(state)) {
      bump(this.held, agent_id, by);
      this.all = Math.max(0, this.all + by);
    } else if (state === 'queued') bump(this.queued, agent_id, by);
  }

  move(lease: Counted, to: LeaseState): void {
    this.add(lease, -1);
    this.add({ ...lease, state: to }, 1);
  }
}

/** Agents that have nothing are left out: an organization may have had thousands. */
function bump(counts: Map<string, number>, agentId: string, by: number): void {
  const count = (counts.get(agentId) ?? 0) + by;
  if (count > 0) counts.set(agentId, count);
  else counts.delete(agentId);
}
