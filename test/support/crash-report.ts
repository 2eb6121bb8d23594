import { expect, type TestContext } from 'vitest';

declare module 'vitest' {
  interface TaskMeta {
    /** Steps that a crash test hit, by boundary; `npm test` sums them up. */
    crashes?: Record<string, string[]>;
  }
}

/** Where a crash test ended a process: the step by the boundary. */
export class CrashReport {
  private readonly hits = new Map<string, string[]>();

  hit(boundary: string, step: string): void {
    this.hits.set(boundary, [...(this.hits.get(boundary) ?? []), step]);
  }

  get steps(): string[] {
    return [...this.hits.values()].flat();
  }

  get count(): number {
    return this.steps.length;
  }

  /** Leaves the report with the test's result, and fails when fewer crashes were hit at a boundary than stated. */
  close({ task }: TestContext, least: Readonly<Record<string, number>>): void {
    task.meta.crashes = Object.fromEntries(this.hits);
    for (const [boundary, count] of Object.entries(least)) {
      const steps = this.hits.get(boundary) ?? [];
      expect(steps.length, `${boundary}: ${steps.join(', ')}`).toBeGreaterThanOrEqual(count);
    }
  }
}
