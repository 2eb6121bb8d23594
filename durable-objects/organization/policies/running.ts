import { compilePolicies, matchesAction, matchesResource, type PolicyRules } from './compile.ts';
import { holdsDeny } from './evaluate.ts';
import { Facts, type JudgedStart } from './facts.ts';

/** What is known of a live execution's start; the rest nobody has kept. */
export type RunningStart = Pick<JudgedStart, 'subject' | 'action' | 'agent'> &
  Partial<Pick<JudgedStart, 'project_id' | 'ip'>>;

/**
 * Tells of live executions whether an active deny is about them. Conditions that can't be told any more, as those about the
 * input, count as met; time is that of the question.
 */
export function policyStops(rules: PolicyRules): (running: RunningStart, at: number) => boolean {
  const [policy] = rules.effect === 'deny' ? compilePolicies([rules], 'allow').policies : [];
  return (running, at) => {
    if (policy === undefined || !policy.matchesSubject(running.subject)) return false;
    if (!matchesAction(rules, running.action) || !matchesResource(rules, running.agent)) return false;
    if (policy.condition === null) return true;
    const unknown = { project_id: undefined, ip: '', cost_estimate_microusd: undefined, told: null };
    return holdsDeny(policy.condition(new Facts({ ...unknown, ...running, at })));
  };
}
