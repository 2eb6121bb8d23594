import {
  type EventData,
  type EventType,
  type ExecutionSummary,
  ID_PREFIXES,
  type InvocationSummary,
  type JsonValue,
} from '@agentflow/contracts';
import { idBody } from '../../workers/platform/ids.ts';
import type { ExternalCall, OutgoingEvent } from '../organization/client.ts';
import type { ApprovalProjection } from './client.ts';
import { isCall } from './invocation.ts';
import { redacted } from './redact-payload.ts';
import type { ExecutionRun } from './run.ts';
import type { Facts } from './store/rows.ts';
import { toldEventId } from './told-event-id.ts';

const PREVIEW_CHARACTERS = 500;
/** Of what an external agent was answered, in characters of JSON. */
const RESULT_CHARACTERS = 16_000;

type Told<T extends EventType> = EventData<T> & Record<string, JsonValue>;

/** Only what runs for real is told: tests and shadow runs are their author's. */
function isTold({ mode, shadow_of }: Facts): boolean {
  return mode === 'live' && shadow_of === undefined;
}

/** That it has begun; nothing where nobody wants to know. */
export async function beginEvents(run: ExecutionRun, summary: ExecutionSummary): Promise<OutgoingEvent[]> {
  const { facts, started_at } = run.row;
  if (facts.announce !== true || started_at === null || !isTold(facts)) return [];
  const status = 'running';
  const data = { ...executionData(summary, null), status, error: null, finished_at: null, duration_ms: null } as const;
  return [await eventOf('execution.started', facts.execution_id, started_at, data)];
}

const ENDS = {
  completed: 'execution.completed',
  failed: 'execution.failed',
  cancelled: 'execution.cancelled',
} as const;

/** How it has ended, and of a call by an external agent what that was answered. */
export async function endEvents(
  run: ExecutionRun,
  summary: ExecutionSummary,
  recall: (run: ExecutionRun) => Promise<void>,
): Promise<OutgoingEvent[]> {
  const { facts, finished_at } = run.row;
  const { status } = summary;
  if (finished_at === null || !isTold(facts) || !(status in ENDS)) return [];
  await recall(run);
  const call = facts.external !== undefined && isCall(facts.external) ? facts.external : null;
  const output = redacted(run.result(), call?.redact ?? []);
  const type = ENDS[status as keyof typeof ENDS];
  const ended = await eventOf(type, facts.execution_id, finished_at, executionData(summary, output));
  if (call === null) return [ended];
  const data = invokedData(call, summary, output);
  return [ended, await eventOf('external_agent.invoked', facts.execution_id, finished_at, data)];
}

const APPROVAL_TYPES = {
  pending: 'approval.requested',
  approved: 'approval.approved',
  denied: 'approval.denied',
} as const;

/** What executions ask of people, and what these decided. */
export async function approvalEvents(facts: Facts, told: readonly ApprovalProjection[]): Promise<OutgoingEvent[]> {
  if (!isTold(facts)) return [];
  const events = told.map(async ({ approval }) => {
    const { status } = approval;
    if (!(status in APPROVAL_TYPES)) return null;
    const at = Date.parse(
      status === 'pending' ? approval.requested_at : (approval.decided_at ?? approval.requested_at),
    );
    const data: Told<'approval.requested'> = {
      approval_id: approval.id,
      execution_id: approval.execution_id,
      agent_id: approval.agent_id,
      agent_name: approval.agent_name,
      project_id: facts.project_id,
      kind: approval.kind,
      title: approval.title,
      message: cut(approval.message, 4000),
      status,
      action_hash: approval.action_hash,
      requested_at: approval.requested_at,
      decided_by: approval.decided_by,
      comment: approval.comment,
    };
    return eventOf(APPROVAL_TYPES[status as keyof typeof APPROVAL_TYPES], approval.id, at, data);
  });
  return (await Promise.all(events)).filter((event) => event !== null);
}

async function eventOf<T extends EventType>(
  type: T,
  subject: string,
  at: number,
  data: Told<T>,
): Promise<OutgoingEvent> {
  return { id: await toldEventId(type, subject, at), type, at, data };
}

function executionData(summary: ExecutionSummary, output: JsonValue | null): Told<'execution.completed'> {
  return {
    execution_id: summary.id,
    agent_id: summary.agent_id,
    agent_name: summary.agent_name,
    version: summary.version,
    mode: summary.mode,
    status: summary.status,
    trigger: summary.trigger,
    triggered_by: summary.triggered_by,
    project_id: summary.project_id,
    parent_execution_id: summary.parent_execution_id,
    root_execution_id: summary.root_execution_id,
    error: summary.error as (ExecutionSummary['error'] & Record<string, JsonValue>) | null,
    output_preview: output === null ? null : cut(JSON.stringify(output), PREVIEW_CHARACTERS),
    cost_usd: summary.cost_usd,
    duration_ms: summary.duration_ms,
    started_at: summary.started_at,
    finished_at: summary.finished_at,
  };
}

function invokedData(
  call: ExternalCall,
  summary: ExecutionSummary,
  output: JsonValue | null,
): Told<'external_agent.invoked'> {
  const status: InvocationSummary['status'] = summary.status === 'completed' ? 'success' : 'error';
  const text = JSON.stringify(output);
  const truncated = text.length > RESULT_CHARACTERS;
  return {
    external_agent_id: call.external_agent_id,
    name: call.name,
    platform: call.platform,
    door: call.door,
    invocation_id: `${ID_PREFIXES.invocation}_${idBody(summary.id)}`,
    execution_id: summary.id,
    agent_id: summary.agent_id,
    agent_name: summary.agent_name,
    project_id: summary.project_id,
    status,
    error: summary.error as (ExecutionSummary['error'] & Record<string, JsonValue>) | null,
    latency_ms: Date.parse(summary.finished_at ?? summary.created_at) - Date.parse(summary.created_at),
    cost_usd: summary.cost_usd,
    result: truncated ? cut(text, RESULT_CHARACTERS) : output,
    result_truncated: truncated,
  };
}

/** Whole characters only. */
function cut(text: string, characters: number): string {
  if (text.length <= characters) return text;
  return `${text.slice(0, characters).replace(/[\ud800-\udbff]$/, '')}…`;
}
