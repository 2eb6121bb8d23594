import type { PolicyStore } from '../store/policies.ts';

/** So many executions make the mean; older ones fade. */
const WINDOW = 20;
/** The row is written again once the mean has moved this far from it, so that most settlements write none. */
const DRIFT = 0.05;

interface Estimate {
  mean: number;
  executions: number;
  /** As the row has it. */
  stored: number;
}

/** What an agent's executions cost lately, by themselves: a moving mean, tests included. */
export class CostEstimates {
  /** A cache of the rows, a little ahead of them. */
  private readonly known = new Map<string, Estimate>();

  constructor(private readonly store: () => PolicyStore) {}

  forget(): void {
    this.known.clear();
  }

  /** In micro-dollars; undefined for an agent that never ran. */
  of(agentId: string): number | undefined {
    const estimate = this.find(agentId);
    return estimate === null ? undefined : Math.round(estimate.mean);
  }

  note(agentId: string, costMicrousd: number): void {
    const before = this.find(agentId);
    const executions = Math.min((before?.executions ?? 0) + 1, WINDOW);
    const mean = before === null ? costMicrousd : before.mean + (costMicrousd - before.mean) / executions;
    const estimate = { mean, executions, stored: before?.stored ?? Number.NaN };
    if (!(Math.abs(mean - estimate.stored) <= DRIFT * estimate.stored)) {
      this.store().writeCost(agentId, mean, executions);
      estimate.stored = mean;
    }
    this.known.set(agentId, estimate);
  }

  private find(agentId: string): Estimate | null {
    const known = this.known.get(agentId);
    if (known !== undefined) return known;
    const row = this.store().cost(agentId);
    if (row === null) return null;
    const estimate = { mean: row.mean_microusd, executions: row.executions, stored: row.mean_microusd };
    this.known.set(agentId, estimate);
    return estimate;
  }
}
