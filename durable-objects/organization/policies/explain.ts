import type { ConditionOutcome, ExplainedPolicy, PolicyEvaluation } from '@agentflow/contracts';
import { type CompiledPolicy, matchesAction, matchesResource, type PolicySet } from './compile.ts';
import { explainedLeaves, type Outcome } from './conditions.ts';
import { evaluate, holdsAllow, holdsDeny } from './evaluate.ts';
import { Facts, type JudgedStart } from './facts.ts';

export type Explanation = Pick<PolicyEvaluation, 'decision' | 'decided_by' | 'reason' | 'default' | 'policies'>;

/** Judges a start as `evaluate` does, and tells how every policy came out. Its input must have been told. */
export function explain(set: PolicySet, start: JudgedStart): Explanation {
  const verdict = evaluate(set, start);
  if (verdict.outcome === 'tell') throw new Error('the input was not told');
  const facts = new Facts(start);
  const policies = set.policies.map((policy) => explainPolicy(policy, facts, policy === verdict.policy));
  const decider = verdict.policy?.rules;
  return {
    decision: verdict.outcome,
    decided_by: decider === undefined ? null : { id: decider.id, name: decider.name },
    reason: reasonOf(set, verdict.policy, facts),
    default: set.default,
    policies: [...policies.filter(({ holds }) => holds), ...policies.filter(({ holds }) => !holds)],
  };
}

function explainPolicy({ rules, condition, matchesSubject }: CompiledPolicy, facts: Facts, decides: boolean) {
  const { start } = facts;
  const subject_matches = matchesSubject(start.subject);
  const action_matches = matchesAction(rules, start.action);
  const resource_matches = matchesResource(rules, start.agent);
  const outcome = condition === null ? true : condition(facts);
  const explained: ExplainedPolicy = {
    id: rules.id,
    name: rules.name,
    effect: rules.effect,
    priority: rules.priority,
    subject_matches,
    action_matches,
    resource_matches,
    condition: nameOf(outcome),
    conditions: explainedLeaves(rules.conditions).map(({ path, test, actual }) => ({
      path,
      outcome: nameOf(test(facts)),
      actual: actual(facts),
    })),
    holds:
      subject_matches &&
      action_matches &&
      resource_matches &&
      (rules.effect === 'deny' ? holdsDeny(outcome) : holdsAllow(outcome)),
    decides,
  };
  return explained;
}

function nameOf(outcome: Outcome): ConditionOutcome {
  return outcome === null ? 'unknown' : outcome ? 'true' : 'false';
}

function reasonOf(set: PolicySet, decider: CompiledPolicy | null, facts: Facts): string {
  if (decider === null) {
    const none = set.policies.length === 0 ? 'There is no active policy' : 'No policy holds';
    return `${none}: the organization's default is to ${set.default}.`;
  }
  const { name, effect, conditions } = decider.rules;
  const verb = effect === 'deny' ? 'denies' : 'allows';
  if (conditions === null) return `"${name}" ${verb} it without conditions.`;
  if (decider.condition?.(facts) === true) return `"${name}" ${verb} it: its conditions are met.`;
  return `"${name}" ${verb} it: one of its conditions can't be told for this request, and a deny holds then.`;
}
