import { type Bucket, bucketKey, type CompiledPolicy, type PolicySet } from './compile.ts';
import type { Outcome } from './conditions.ts';
import { Facts, type JudgedStart } from './facts.ts';

/** `policy` is null where the organization's default decides. */
export type Verdict =
  | { readonly outcome: 'allow' | 'deny'; readonly policy: CompiledPolicy | null }
  /** What the input has at these paths must be told first. */
  | { readonly outcome: 'tell'; readonly paths: readonly string[] };

/**
 * Judges a start. A deny wins over every allow, and what nobody decides the default does; of several that decide, the one
 * of the lowest rank is named. Pure.
 */
export function evaluate(set: PolicySet, start: JudgedStart): Verdict {
  const facts = new Facts(start);
  const { subject, action } = start;
  const denied = first(set.buckets.get(bucketKey('deny', subject.kind, action)), facts, holdsDeny);
  const policy = denied ?? first(set.buckets.get(bucketKey('allow', subject.kind, action)), facts, holdsAllow);
  if (facts.untold) return { outcome: 'tell', paths: set.input_paths };
  return { outcome: policy?.rules.effect ?? set.default, policy };
}

/** What is not known must not let a start through: a deny holds with it, an allow does not. */
export const holdsDeny = (outcome: Outcome): boolean => outcome !== false;
export const holdsAllow = (outcome: Outcome): boolean => outcome === true;

function first(bucket: Bucket | undefined, facts: Facts, holds: (outcome: Outcome) => boolean): CompiledPolicy | null {
  if (bucket === undefined) return null;
  const { subject, agent } = facts.start;
  let found: CompiledPolicy | null = null;
  const search = (policies: readonly CompiledPolicy[] | undefined) => {
    for (const policy of policies ?? []) {
      // Each list is in the order of ranks.
      if (found !== null && policy.rank >= found.rank) return;
      if (!policy.matchesSubject(subject)) continue;
      if (policy.condition === null || holds(policy.condition(facts))) found = policy;
    }
  };
  search(bucket.everyAgent);
  search(bucket.byAgent.get(agent.id));
  for (const tag of agent.tags) search(bucket.byTag.get(tag));
  return found;
}
