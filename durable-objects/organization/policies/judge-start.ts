import type { Actor, ExternalPlatform } from '@agentflow/contracts';
import type { AdmissionRequest, AgentHead } from '../client.ts';
import type { PolicySet } from './compile.ts';
import { evaluate, type Verdict } from './evaluate.ts';
import type { JudgedStart } from './facts.ts';

/** What policies decide on, read by the desk in the same turn. */
export interface PolicyState {
  readonly set: PolicySet;
  /** Of the agent; undefined where it never ran, or where no policy asks. */
  readonly cost_estimate_microusd: number | undefined;
}

/** Who calls, as admission has identified them. */
export interface JudgedCaller {
  readonly actor: Actor;
  /** Of an external agent. */
  readonly platform: ExternalPlatform | null;
}

/** Judges an admission. null where policies have no say: an execution's own starts were judged with their root. */
export function judgeStart(
  { set, cost_estimate_microusd }: PolicyState,
  request: AdmissionRequest,
  caller: JudgedCaller,
  agent: AgentHead,
  at: number,
): Verdict | null {
  const subject = subjectOf(request, caller);
  if (subject === null) return null;
  return evaluate(set, {
    subject,
    action: request.mode === 'test' ? 'test' : subject.kind === 'external_agent' ? 'invoke' : 'execute',
    agent: { id: agent.agent_id, tags: agent.tags ?? [] },
    project_id: request.spends === undefined ? request.shown?.project_id : request.spends.project_id,
    ip: request.ip,
    cost_estimate_microusd: withinBudget(cost_estimate_microusd, request.spends?.budget_microusd),
    at,
    told: request.told ?? null,
  });
}

function subjectOf({ caller }: AdmissionRequest, { actor, platform }: JudgedCaller): JudgedStart['subject'] | null {
  if (caller.kind === 'execution') return null;
  const { id } = actor;
  if (caller.kind === 'user') return { kind: 'user', id, role: caller.role, platform: null };
  if (actor.type === 'external_agent') return { kind: 'external_agent', id, role: null, platform };
  return { kind: 'api_key', id, role: null, platform: null };
}

/** A start with a budget of its own costs no more than that, also one of an agent that never ran. */
function withinBudget(estimate: number | undefined, budget: number | undefined): number | undefined {
  if (estimate === undefined || budget === undefined) return estimate ?? budget;
  return Math.min(estimate, budget);
}
