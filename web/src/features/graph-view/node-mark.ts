import type { StepStatus } from '@agentflow/contracts';

/** What is told of a node besides what it is. */
export interface NodeMark {
  readonly status: StepStatus;
  /** The exit by which it was left last. */
  readonly exit: string | null;
  /** In a few words: `1.2 s`, `12 rounds`. */
  readonly note: string | null;
}
