import type { Actor } from '@agentflow/contracts';
import type { AdmissionCaller, AdmissionRequest, AgentHead } from '../client.ts';
import type { PolicySet } from './compile.ts';
import { evaluate, type Verdict } from './evaluate.ts';
import type { JudgedStart } from './facts.ts';

/** What policies decide on, read by the desk in the same turn. */
export interface PolicyState {
  readonly set: PolicySet;
  /** Of the agent; undefined where it never ran, or where no policy asks. */
  readonly cost_estimate_microusd: number | undefined;
}

/** Judges an admission. null where policies have no say: an execution's own starts were judged with their root. */
export function judgeStart(
  { set, cost_estimate_microusd }: PolicyState,
  request: AdmissionRequest,
  actor: Actor,
  agent: AgentHead,
  at: number,
): Verdict | null {
  const subject = subjectOf(request.caller, actor);
  if (subject === null) return null;
  return evaluate(set, {
    subject,
    action: request.mode === 'test' ? 'test' : subject.kind === 'external_agent' ? 'invoke' : 'execute',
    agent: { id: agent.agent_id, tags: agent.tags ?? [] },
    project_id: request.shown?.project_id,
    ip: request.ip,
    cost_estimate_microusd,
    at,
    told: request.told ?? null,
  });
}

function subjectOf(caller: AdmissionCaller, { id }: Actor): JudgedStart['subject'] | null {
  switch (caller.kind) {
    case 'execution':
      return null;
    case 'user':
      return { kind: 'user', id, role: caller.role, platform: null };
    case 'api_key':
    case 'checked_key':
      return { kind: 'api_key', id, role: null, platform: null };
  }
}
