import {
  actor,
  type ExecutionError,
  type ExecutionEvent,
  type ExecutionStatus,
  type ExecutionStep,
  executionError,
  executionStatus,
  isTerminal,
  type StepStatus,
  type Todo,
  todos,
  type WaitingReason,
  waitingReason,
} from '@agentflow/contracts';

/** A step as the events tell it: what the page shows until the step's whole record has been read. */
export interface LiveStep {
  readonly id: string;
  readonly node_id: string;
  readonly node_name: string;
  readonly node_type: string;
  readonly iteration: string;
  readonly status: StepStatus;
  readonly attempt: number;
  readonly started_at: string | null;
  readonly finished_at: string | null;
  readonly duration_ms: number | null;
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly cost_usd: number;
  readonly error: ExecutionError | null;
  /** Of a call of a tool: which. */
  readonly tool?: string | undefined;
}

/** What a deep agent has planned, and how often its workspace has changed, as the events tell it. */
export interface LiveWorkspace {
  /** Sequence number of the last event about it. */
  readonly seq: number;
  /** null before the first plan. */
  readonly todos: readonly Todo[] | null;
}

/** Text that a step's model is writing, of its newest attempt. */
export interface StreamedText {
  readonly attempt: number;
  readonly text: string;
}

/** A word that somebody said to the agents of an execution. */
export interface SaidWords {
  readonly seq: number;
  readonly text: string;
  readonly by: string;
}

export interface LiveExecution {
  /** Highest sequence number of a logged event so far: where a reconnect goes on. */
  readonly seq: number;
  readonly status: ExecutionStatus | null;
  readonly waiting_reason: WaitingReason | null;
  readonly steps: ReadonlyMap<string, LiveStep>;
  readonly texts: ReadonlyMap<string, StreamedText>;
  /** The number of events that are logged, once there were more: steps have to be read from then on. */
  readonly capped: number | null;
  /** null where no agent of it has a workspace, as far as is known. */
  readonly workspace: LiveWorkspace | null;
  readonly said: readonly SaidWords[];
}

export const NOTHING_YET: LiveExecution = {
  seq: 0,
  status: null,
  waiting_reason: null,
  steps: new Map(),
  texts: new Map(),
  capped: null,
  workspace: null,
  said: [],
};

export function stepIdOf(event: Pick<ExecutionEvent, 'node_id' | 'iteration' | 'data'>): string | null {
  if (event.node_id === undefined) return null;
  const iteration = event.iteration === undefined || event.iteration === '' ? '' : `@${event.iteration}`;
  const call = typeof event.data.call === 'string' ? `#${event.data.call}` : '';
  return `${event.node_id}${iteration}${call}`;
}

/**
 * The step that made this one as a call of its own (a turn of a model, a tool), and which call it is; null for others. What a
 * helper calls is a call of the call that asked for the helper: `plan#t2.0/t1` is turn 1 below `plan#t2.0`.
 */
export function callOf(stepId: string): { readonly caller: string; readonly call: string } | null {
  const [node = '', calls] = stepId.split('#');
  if (calls === undefined || calls === 'item') return null;
  const slash = calls.lastIndexOf('/');
  return slash === -1
    ? { caller: node, call: calls }
    : { caller: `${node}#${calls.slice(0, slash)}`, call: calls.slice(slash + 1) };
}

/** A call in words: `Turn 2`, the name of the tool where it is known. */
export function callTitle(step: ShownStep): string | null {
  const call = callOf(step.id)?.call;
  if (call === undefined) return null;
  const [, turn, tool] = /^t(\d+)(?:\.(\d+))?$/.exec(call) ?? [];
  if (turn === undefined) return 'List of tools';
  if (tool === undefined) return `Turn ${turn}`;
  const { input } = step.record ?? { input: null };
  const request = typeof input === 'object' && input !== null && !Array.isArray(input) ? input : {};
  const named = typeof request.tool === 'string' ? request.tool : step.tool;
  if (named === undefined) return `Tool ${Number(tool) + 1}`;
  const about = subjectOf(request.arguments);
  return about === undefined ? named : `${named} ${about}`;
}

/** What a call of a tool of deep agents is about: the path, the pattern, the helper. */
function subjectOf(given: unknown): string | undefined {
  if (typeof given !== 'object' || given === null) return undefined;
  const { path, pattern, helper } = given as Record<string, unknown>;
  return [path, pattern, helper].find(
    (each): each is string => typeof each === 'string' && each !== '' && each.length <= 200,
  );
}

/** Each call right after the step that made it, with the calls that it made itself. */
function nested(steps: readonly ShownStep[]): ShownStep[] {
  const known = new Set(steps.map(({ id }) => id));
  const calls = new Map<string, ShownStep[]>();
  const others: ShownStep[] = [];
  for (const step of steps) {
    const caller = callOf(step.id)?.caller;
    if (caller === undefined || !known.has(caller)) others.push(step);
    else calls.set(caller, [...(calls.get(caller) ?? []), step]);
  }
  const withCalls = (step: ShownStep): ShownStep[] => [step, ...(calls.get(step.id) ?? []).flatMap(withCalls)];
  return others.flatMap(withCalls);
}

function numberOf(value: unknown, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise;
}

function textOf(value: unknown, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise;
}

function errorOf(value: unknown): ExecutionError | null {
  const parsed = executionError.safeParse(value);
  return parsed.success ? parsed.data : null;
}

/** The text after one piece has come. A piece that was seen already or leaves a gap changes nothing but what overlaps. */
function withDelta(before: StreamedText | undefined, data: ExecutionEvent['data']): StreamedText | undefined {
  const attempt = numberOf(data.attempt, 1);
  const offset = numberOf(data.offset, 0);
  const text = textOf(data.text, '');
  if (before !== undefined && attempt < before.attempt) return before;
  const kept = before !== undefined && before.attempt === attempt ? before.text : '';
  if (data.snapshot === true) return { attempt, text };
  if (offset > kept.length) return before;
  return { attempt, text: kept.slice(0, offset) + text };
}

function unseenStep(id: string, nodeId: string, iteration: string): LiveStep {
  return {
    id,
    node_id: nodeId,
    node_name: nodeId,
    node_type: '',
    iteration,
    status: 'pending',
    attempt: 1,
    started_at: null,
    finished_at: null,
    duration_ms: null,
    input_tokens: 0,
    output_tokens: 0,
    cost_usd: 0,
    error: null,
  };
}

function stepAfter(before: LiveStep | undefined, id: string, event: ExecutionEvent): LiveStep | null {
  const { data } = event;
  const base = before ?? unseenStep(id, event.node_id ?? id, event.iteration ?? '');
  switch (event.type) {
    case 'step.started':
      return {
        ...base,
        status: 'running',
        attempt: numberOf(data.attempt, base.attempt),
        node_type: textOf(data.node_type, base.node_type),
        node_name: textOf(data.node_name, base.node_name),
        started_at: base.started_at ?? event.at,
        error: null,
        ...(typeof data.tool === 'string' ? { tool: data.tool } : {}),
      };
    case 'step.completed':
      return {
        ...base,
        status: 'completed',
        finished_at: event.at,
        duration_ms: numberOf(data.duration_ms, 0),
        input_tokens: numberOf(data.input_tokens, base.input_tokens),
        output_tokens: numberOf(data.output_tokens, base.output_tokens),
        cost_usd: numberOf(data.cost_usd, base.cost_usd),
      };
    case 'step.failed':
      return data.will_retry === true
        ? { ...base, error: errorOf(data.error) }
        : { ...base, status: 'failed', finished_at: event.at, error: errorOf(data.error) };
    case 'step.retrying':
      return { ...base, status: 'waiting', error: errorOf(data.error) ?? base.error };
    case 'step.waiting':
      return { ...base, status: 'waiting' };
    case 'step.skipped':
      return { ...base, status: 'skipped', finished_at: event.at };
    default:
      return null;
  }
}

/** The maps of one batch are changed in place: a long run has thousands of steps, and as many events at once. */
interface Batch {
  readonly steps: Map<string, LiveStep>;
  readonly texts: Map<string, StreamedText>;
}

/** Takes events in. Logged events that came before are left out, so replays after a reconnect do no harm. */
export function applyEvents(state: LiveExecution, events: readonly ExecutionEvent[]): LiveExecution {
  const batch: Batch = { steps: new Map(state.steps), texts: new Map(state.texts) };
  return events.reduce<LiveExecution>((before, event) => applyEvent(before, event, batch), { ...state, ...batch });
}

function applyEvent(state: LiveExecution, event: ExecutionEvent, { steps, texts }: Batch): LiveExecution {
  const id = stepIdOf(event);
  if (event.type === 'step.delta') {
    const text = id === null ? undefined : withDelta(texts.get(id), event.data);
    if (id !== null && text !== undefined) texts.set(id, text);
    return state;
  }
  if (event.type === 'state.updated') {
    const status = executionStatus.safeParse(event.data.status);
    const told = status.success ? { ...state, status: status.data } : state;
    return Array.isArray(event.data.files) && event.seq > state.seq ? withWorkspace(told, event) : told;
  }
  if (event.seq <= state.seq) return state;
  const next = { ...state, seq: event.seq };
  const step = id === null ? null : stepAfter(steps.get(id), id, event);
  if (step !== null) {
    steps.set(step.id, step);
    return next;
  }
  switch (event.type) {
    case 'execution.queued':
      return { ...next, status: 'queued', waiting_reason: null };
    case 'execution.started':
    case 'execution.resumed':
      return { ...next, status: 'running', waiting_reason: null };
    case 'execution.waiting': {
      const reason = waitingReason.safeParse(event.data.reason ?? event.data.waiting_reason);
      return { ...next, status: 'waiting', waiting_reason: reason.success ? reason.data : null };
    }
    case 'execution.events_capped':
      return { ...next, capped: numberOf(event.data.limit, event.seq - 1) };
    case 'agent.message':
      return { ...next, said: [...state.said, saidIn(event)] };
    case 'execution.completed':
      return { ...next, status: 'completed', waiting_reason: null };
    case 'execution.failed':
      return { ...next, status: 'failed', waiting_reason: null };
    case 'execution.cancelled':
      return { ...next, status: 'cancelled', waiting_reason: null };
    default:
      return next;
  }
}

function saidIn({ seq, data }: ExecutionEvent): SaidWords {
  const by = actor.safeParse(data.by);
  return { seq, text: textOf(data.text, ''), by: by.success ? by.data.name : 'Somebody' };
}

function withWorkspace(state: LiveExecution, { seq, data }: ExecutionEvent): LiveExecution {
  const plan = todos.safeParse(data.todos);
  return { ...state, seq, workspace: { seq, todos: plan.success ? plan.data : (state.workspace?.todos ?? null) } };
}

/** A step on the page: its record where it has been read, what the events tell where they are ahead of it. */
export interface ShownStep extends LiveStep {
  readonly record: ExecutionStep | null;
}

const ENDED: readonly StepStatus[] = ['completed', 'failed', 'skipped', 'cancelled'];

export function hasEnded(status: StepStatus): boolean {
  return ENDED.includes(status);
}

function shownFromRecord(record: ExecutionStep): ShownStep {
  return { ...record, attempt: Math.max(1, record.attempts.length), record };
}

/** Nodes of the definition, in order, that have not been reached yet. */
export interface PlannedNode {
  readonly id: string;
  readonly type: string;
  readonly name?: string | undefined;
}

/**
 * All steps in the order in which they started, with those still to come at the end. An ended record is final; before
 * that the events know more. Once the execution has ended nothing is still to come, and the records are all there is.
 */
export function shownSteps(
  records: readonly ExecutionStep[],
  live: LiveExecution,
  planned: readonly PlannedNode[],
  status: ExecutionStatus,
): ShownStep[] {
  const steps = new Map<string, ShownStep>();
  for (const record of records) steps.set(record.id, shownFromRecord(record));
  if (!isTerminal(status) || records.length === 0) {
    for (const told of live.steps.values()) {
      const known = steps.get(told.id);
      if (known === undefined) steps.set(told.id, { ...told, record: null });
      else if (!hasEnded(known.status)) {
        steps.set(told.id, {
          ...known,
          ...told,
          node_name: told.node_type === '' ? known.node_name : told.node_name,
          node_type: told.node_type === '' ? known.node_type : told.node_type,
          started_at: known.started_at ?? told.started_at,
        });
      }
    }
  }
  const reached = new Set([...steps.values()].map((step) => step.node_id));
  const order = new Map(planned.map((node, index) => [node.id, index]));
  const inOrder = [...steps.values()].sort((a, b) => {
    const [left, right] = [a.started_at ?? a.finished_at ?? '~', b.started_at ?? b.finished_at ?? '~'];
    if (left !== right) return left < right ? -1 : 1;
    return (order.get(a.node_id) ?? 0) - (order.get(b.node_id) ?? 0);
  });
  const started = nested(inOrder);
  if (isTerminal(status)) return started;
  const toCome = planned
    .filter((node) => !reached.has(node.id))
    .map(
      (node): ShownStep => ({
        ...unseenStep(node.id, node.id, ''),
        node_name: node.name ?? node.id,
        node_type: node.type,
        record: null,
      }),
    );
  return [...started, ...toCome];
}
