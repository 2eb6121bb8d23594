import {
  type PolicyAction,
  type PolicyEffect,
  type PolicyRequest,
  type PolicySubject,
  policyAction,
  policyLeaves,
  SUBJECT_KINDS,
  type SubjectKind,
} from '@agentflow/contracts';
import { compileCondition, type Test } from './conditions.ts';
import type { JudgedStart } from './facts.ts';

/** What a policy decides by; `id` is null of a draft that replaces none. */
export interface PolicyRules extends PolicyRequest {
  readonly id: string | null;
}

export interface CompiledPolicy {
  readonly rules: PolicyRules;
  /** Its place: the highest priority first, of equals the oldest. */
  readonly rank: number;
  readonly matchesSubject: (subject: JudgedStart['subject']) => boolean;
  /** null: it has none. */
  readonly condition: Test | null;
}

/** Policies of one effect about one kind of subject and one action, by the agents that they are about. */
export interface Bucket {
  readonly everyAgent: CompiledPolicy[];
  readonly byAgent: Map<string, CompiledPolicy[]>;
  readonly byTag: Map<string, CompiledPolicy[]>;
}

/** The active policies of an organization, made to be asked often. */
export interface PolicySet {
  readonly default: PolicyEffect;
  readonly policies: readonly CompiledPolicy[];
  readonly buckets: ReadonlyMap<string, Bucket>;
  /** Every path of the input that they read. */
  readonly input_paths: readonly string[];
  readonly reads_cost: boolean;
}

export function bucketKey(effect: PolicyEffect, kind: SubjectKind, action: PolicyAction): string {
  return `${effect} ${kind} ${action}`;
}

/** Inactive policies are left out. */
export function compilePolicies(rules: readonly PolicyRules[], byDefault: PolicyEffect): PolicySet {
  const policies = rules
    .filter(({ is_active }) => is_active)
    .toSorted((a, b) => b.priority - a.priority || compareIds(a.id, b.id))
    .map(
      (each, rank): CompiledPolicy => ({
        rules: each,
        rank,
        matchesSubject: subjectTest(each.subjects, each.effect),
        condition: each.conditions === null ? null : compileCondition(each.conditions),
      }),
    );
  const buckets = new Map<string, Bucket>();
  for (const policy of policies) {
    for (const key of keysOf(policy.rules)) {
      let bucket = buckets.get(key);
      if (bucket === undefined) {
        bucket = { everyAgent: [], byAgent: new Map(), byTag: new Map() };
        buckets.set(key, bucket);
      }
      file(bucket, policy);
    }
  }
  const leaves = policies.flatMap(({ rules: { conditions } }) => policyLeaves(conditions).map(({ leaf }) => leaf));
  const paths = leaves.flatMap((leaf) => (leaf.attribute === 'input' ? [leaf.path] : []));
  return {
    default: byDefault,
    policies,
    buckets,
    input_paths: [...new Set(paths)],
    reads_cost: leaves.some(({ attribute }) => attribute === 'cost_estimate_usd'),
  };
}

/** Drafts come last among equals: they would be the newest. */
function compareIds(a: string | null, b: string | null): number {
  if (a === b) return 0;
  if (a === null || b === null) return a === null ? 1 : -1;
  return a < b ? -1 : 1;
}

function keysOf(rules: PolicyRules): string[] {
  const { effect, subjects } = rules;
  const kinds = SUBJECT_KINDS.filter((kind) =>
    subjects.some((subject) => subject.kind === '*' || subject.kind === kind),
  );
  const actions = policyAction.options.filter((action) => matchesAction(rules, action));
  return kinds.flatMap((kind) => actions.map((action) => bucketKey(effect, kind, action)));
}

function file(bucket: Bucket, policy: CompiledPolicy): void {
  const { agents, tags } = policy.rules.resources;
  if (agents.includes('*')) {
    bucket.everyAgent.push(policy);
    return;
  }
  const put = (map: Map<string, CompiledPolicy[]>, name: string) => {
    const list = map.get(name) ?? [];
    map.set(name, list);
    list.push(policy);
  };
  for (const agent of new Set(agents)) put(bucket.byAgent, agent);
  for (const tag of new Set(tags)) put(bucket.byTag, tag);
}

function subjectTest(subjects: readonly PolicySubject[], effect: PolicyEffect): CompiledPolicy['matchesSubject'] {
  const tests = subjects.map((subject) => oneSubjectTest(subject, effect));
  return (subject) => tests.some((test) => test(subject));
}

/** As with conditions: what nobody knows of a subject does not let it out of a deny, nor into an allow. */
function oneSubjectTest(wanted: PolicySubject, effect: PolicyEffect): CompiledPolicy['matchesSubject'] {
  if (wanted.kind === '*') return () => true;
  const ids = wanted.ids === undefined ? null : new Set<string>(wanted.ids);
  const names = wanted.kind === 'user' ? wanted.roles : wanted.kind === 'external_agent' ? wanted.platforms : undefined;
  const among = names === undefined ? null : new Set<string | null>(names);
  return (subject) => {
    if (subject.kind !== wanted.kind || (ids !== null && !ids.has(subject.id))) return false;
    if (among === null) return true;
    const name = wanted.kind === 'user' ? subject.role : subject.platform;
    return name === undefined ? effect === 'deny' : among.has(name);
  };
}

export function matchesAction({ actions }: PolicyRules, action: PolicyAction): boolean {
  return actions.includes('*') || actions.includes(action);
}

export function matchesResource({ resources: { agents, tags } }: PolicyRules, agent: JudgedStart['agent']): boolean {
  return agents.includes('*') || agents.includes(agent.id) || tags.some((tag) => agent.tags.includes(tag));
}
