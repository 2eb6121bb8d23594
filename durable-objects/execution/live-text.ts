import type { ExecutionEvent } from '@agentflow/contracts';
import type { StepState } from '@agentflow/engine';
import { executionEvent } from './run-events.ts';

/** Streamed text is sent at most this often: a model's tokens come faster than anybody reads. */
const COALESCE_MS = 100;

interface LiveStep {
  readonly step: StepState;
  readonly attempt: number;
  text: string;
  sent: number;
}

/**
 * Text of the steps that are streaming right now. In memory alone: deltas are not logged, and after a crash the step
 * runs again as a new attempt with its text from offset 0.
 */
export class LiveText {
  private readonly steps = new Map<string, LiveStep>();
  private timer: ReturnType<typeof setTimeout> | null = null;

  constructor(
    private readonly executionId: string,
    private readonly lastSeq: () => number,
    private readonly publish: (events: ExecutionEvent[]) => void,
  ) {}

  append(step: StepState, attempt: number, text: string): void {
    let live = this.steps.get(step.key);
    if (live === undefined || live.attempt !== attempt) {
      live = { step, attempt, text: '', sent: 0 };
      this.steps.set(step.key, live);
    }
    live.text += text;
    this.timer ??= setTimeout(() => {
      this.timer = null;
      this.flush([...this.steps.values()]);
    }, COALESCE_MS);
  }

  /** Sends what is left of a step's text before its end is told. */
  finish(key: string): void {
    const live = this.steps.get(key);
    if (live === undefined) return;
    this.flush([live]);
    this.steps.delete(key);
  }

  snapshots(): ExecutionEvent[] {
    return [...this.steps.values()].map((live) => this.delta(live, 0, live.sent, true));
  }

  private flush(steps: readonly LiveStep[]): void {
    const deltas = steps
      .filter((live) => live.sent < live.text.length)
      .map((live) => {
        const from = live.sent;
        live.sent = live.text.length;
        return this.delta(live, from, live.sent, false);
      });
    if (deltas.length > 0) this.publish(deltas);
  }

  private delta(live: LiveStep, from: number, to: number, snapshot: boolean): ExecutionEvent {
    return executionEvent(this.executionId, this.lastSeq(), 'step.delta', Date.now(), live.step, {
      text: live.text.slice(from, to),
      attempt: live.attempt,
      offset: from,
      ...(snapshot ? { snapshot: true } : {}),
    });
  }
}
