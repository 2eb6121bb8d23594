import type { ExecutionEvent, JsonValue } from '@agentflow/contracts';
import type { StepState } from '@agentflow/engine';

/** After so many events one says that there were more, and only the end follows. */
const MAX_EVENTS = 50_000;
const LAST_EVENTS: readonly ExecutionEvent['type'][] = [
  'execution.completed',
  'execution.failed',
  'execution.cancelled',
];

/** Numbers the events of one execution; what is emitted waits until it is taken to be written. */
export class RunEvents {
  lastSeq = 0;
  private emitted: ExecutionEvent[] = [];

  constructor(private readonly executionId: string) {}

  emit(
    type: ExecutionEvent['type'],
    at: number,
    step: Pick<StepState, 'node_id' | 'path' | 'call'> | null,
    data: Record<string, JsonValue>,
  ): void {
    if (this.lastSeq < MAX_EVENTS || LAST_EVENTS.includes(type)) this.add(type, at, step, data);
    else if (this.lastSeq === MAX_EVENTS) this.add('execution.events_capped', at, null, { limit: MAX_EVENTS });
  }

  take(): ExecutionEvent[] {
    const taken = this.emitted;
    this.emitted = [];
    return taken;
  }

  private add(
    type: ExecutionEvent['type'],
    at: number,
    step: Pick<StepState, 'node_id' | 'path' | 'call'> | null,
    data: Record<string, JsonValue>,
  ): void {
    this.lastSeq++;
    this.emitted.push(executionEvent(this.executionId, this.lastSeq, type, at, step, data));
  }
}

export function executionEvent(
  executionId: string,
  seq: number,
  type: ExecutionEvent['type'],
  at: number,
  step: Pick<StepState, 'node_id' | 'path' | 'call'> | null,
  data: Record<string, JsonValue>,
): ExecutionEvent {
  return {
    seq,
    type,
    execution_id: executionId,
    at: new Date(at).toISOString(),
    ...(step === null ? {} : { node_id: step.node_id }),
    ...(step === null || step.path === '' ? {} : { iteration: step.path }),
    data: step === null || step.call === '' ? data : { ...data, call: step.call },
  };
}
