import type { AgentTool, JsonValue } from '@agentflow/contracts';
import type { PlanNode } from '@agentflow/engine';
import type { ExecutionRun } from './run.ts';
import type { OutgoingStep, TouchStore } from './store/touches.ts';

/** What one node of an execution reached outside of it: calls of one thing by one node are one. */
export interface Touch {
  readonly type: 'model' | 'tool' | 'delivery';
  /** `provider/model`, a tool's name, or a method and a host: never a whole address, which may hold a secret. */
  readonly name: string;
  readonly step_id: string;
  /** How the last call ended. */
  readonly status: 'running' | 'success' | 'error' | 'cancelled';
  readonly count: number;
  readonly failed: number;
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly cost_microusd: number;
  /** In milliseconds since the epoch. */
  readonly started_at: number | null;
  readonly duration_ms: number | null;
  /** Where a tool is, or the code of an error. */
  readonly detail: string | null;
}

export interface Touches {
  readonly entries: readonly Touch[];
  /** There was more. */
  readonly truncated: boolean;
}

const MAX_TOUCHES = 200;
const MAX_NAME_CHARACTERS = 200;

const OUTCOMES = { ok: 'success', error: 'error', cancelled: 'cancelled' } as const;

/** Costs nothing for a definition whose nodes only compute. */
export function touchesOf({ plan }: Pick<ExecutionRun, 'plan'>, store: TouchStore): Touches {
  const sending = plan.nodes.filter(({ type }) => type === 'ai.agent' || type.startsWith('action.'));
  const models = plan.nodes.some(({ type }) => type.startsWith('ai.')) ? store.models(MAX_TOUCHES + 1) : [];
  const touches = models.map(({ node_id, model, outcome, ...counted }): Touch => {
    return { type: 'model', name: model, step_id: node_id, status: OUTCOMES[outcome], ...counted, detail: null };
  });
  const others = new Map<string, Touch>();
  let truncated = false;
  for (const step of sending.length === 0 ? [] : store.steps(sending.map(({ id }) => id))) {
    const node = plan.byId.get(step.node_id);
    const found = node === undefined ? null : touchOf(node, step);
    if (found === null) continue;
    const key = `${found.step_id} ${found.name}`;
    const before = others.get(key);
    if (before !== undefined) others.set(key, together(before, found));
    else if (others.size < MAX_TOUCHES) others.set(key, found);
    else truncated = true;
  }
  const entries = [...touches, ...others.values()];
  return { entries: entries.slice(0, MAX_TOUCHES), truncated: truncated || entries.length > MAX_TOUCHES };
}

function touchOf(node: PlanNode, step: OutgoingStep): Touch | null {
  const named = node.type === 'ai.agent' ? toolOf(node, step) : requestOf(node, step);
  if (named === null) return null;
  const status = step.status === 'completed' ? 'success' : step.status === 'failed' ? 'error' : otherStatus(step);
  return {
    ...named,
    name: named.name.slice(0, MAX_NAME_CHARACTERS),
    step_id: node.id,
    status,
    count: Math.max(1, step.attempts),
    failed: Math.max(0, step.attempts - (status === 'error' ? 0 : 1)),
    input_tokens: 0,
    output_tokens: 0,
    cost_microusd: 0,
    started_at: step.started_at,
    duration_ms: step.started_at === null || step.finished_at === null ? null : step.finished_at - step.started_at,
    detail: status === 'error' ? step.error_code : named.detail,
  };
}

function otherStatus({ status }: OutgoingStep): 'cancelled' | 'running' {
  return status === 'cancelled' ? 'cancelled' : 'running';
}

/** A tool that a model asked for. What another agent does for it is an execution of its own. */
function toolOf({ node }: PlanNode, { tool, server }: OutgoingStep): Pick<Touch, 'type' | 'name' | 'detail'> | null {
  if (tool === null) return null;
  const tools = (node.config.tools ?? []) as unknown as readonly AgentTool[];
  const from = server === null ? tools.find((each) => each.kind !== 'mcp' && each.name === tool) : tools[server];
  if (from?.kind === 'agent') return null;
  if (from?.kind === 'mcp') return { type: 'tool', name: tool, detail: hostOf(from.server_url) };
  return { type: 'tool', name: tool, detail: from?.kind === 'http' ? hostOf(from.url) : null };
}

function requestOf(
  { node, type, name }: PlanNode,
  { method, url }: OutgoingStep,
): Pick<Touch, 'type' | 'name' | 'detail'> | null {
  const host = hostOf(url) ?? hostOf(node.config.url ?? null);
  // A step that has not ended shows no input yet.
  const shown = method ?? (typeof node.config.method === 'string' ? node.config.method : 'GET');
  if (type === 'action.webhook') return { type: 'delivery', name: host === null ? name : `POST ${host}`, detail: null };
  return { type: 'tool', name: host === null ? name : `${shown} ${host}`, detail: null };
}

/** Null where the address is not known before it is used, as with a secret in its host. */
function hostOf(url: JsonValue): string | null {
  return typeof url === 'string' && URL.canParse(url) ? new URL(url).host : null;
}

function together(before: Touch, next: Touch): Touch {
  return {
    ...before,
    status: next.status,
    detail: next.detail ?? before.detail,
    count: before.count + next.count,
    failed: before.failed + next.failed,
    duration_ms:
      before.duration_ms === null || next.duration_ms === null ? null : before.duration_ms + next.duration_ms,
  };
}
