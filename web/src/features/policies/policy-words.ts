import {
  type ConditionOutcome,
  type ExplainedPolicy,
  type JsonValue,
  type Policy,
  type PolicyAction,
  type PolicyAttribute,
  type PolicyLeaf,
  type PolicySubject,
  type SubjectKind,
  WEEKDAYS,
  type Weekday,
} from '@agentflow/contracts';

export const PLATFORM_WORDS: Readonly<Record<string, string>> = {
  claude_code: 'Claude Code',
  chatgpt: 'ChatGPT',
  gemini: 'Gemini',
  openai_sdk: 'OpenAI SDK',
  custom: 'Custom',
};

export const KIND_WORDS: Readonly<Record<SubjectKind | '*', string>> = {
  '*': 'Everybody',
  user: 'People',
  api_key: 'API keys',
  external_agent: 'External agents',
};

export const ACTION_WORDS: Readonly<Record<PolicyAction, string>> = {
  execute: 'Start',
  invoke: 'Call from outside',
  test: 'Test',
};

export const ATTRIBUTE_WORDS: Readonly<Record<PolicyAttribute, string>> = {
  time: 'Time',
  ip: 'IP address',
  agent_tags: 'Tags of the agent',
  cost_estimate_usd: 'Estimated cost in USD',
  platform: 'Platform of the caller',
  project: 'Project',
  input: 'Input field',
};

const OPERATOR_WORDS: Readonly<Record<string, string>> = {
  within: 'is within',
  not_within: 'is not within',
  in: 'is one of',
  not_in: 'is not one of',
  any_of: 'have one of',
  all_of: 'have all of',
  none_of: 'have none of',
  eq: 'is',
  ne: 'is not',
  lt: 'is less than',
  lte: 'is at most',
  gt: 'is more than',
  gte: 'is at least',
  contains: 'contains',
  not_contains: 'does not contain',
  starts_with: 'starts with',
  ends_with: 'ends with',
  exists: 'is there',
};

export function operatorWords(attribute: PolicyAttribute, operator: string): string {
  if (attribute === 'ip' && operator === 'in') return 'is in';
  if (attribute === 'ip' && operator === 'not_in') return 'is not in';
  return OPERATOR_WORDS[operator] ?? operator;
}

export const DAY_WORDS: Readonly<Record<Weekday, string>> = {
  mon: 'Mon',
  tue: 'Tue',
  wed: 'Wed',
  thu: 'Thu',
  fri: 'Fri',
  sat: 'Sat',
  sun: 'Sun',
};

export const OUTCOME_WORDS: Readonly<Record<ConditionOutcome, string>> = {
  true: 'met',
  false: 'not met',
  unknown: "can't be told",
};

/** Days as ranges: `Mon–Fri, Sun`. */
export function daysInWords(days: readonly Weekday[]): string {
  const runs: Weekday[][] = [];
  for (const day of WEEKDAYS) {
    if (!days.includes(day)) continue;
    const run = runs.at(-1);
    const before = run?.at(-1);
    if (run !== undefined && before !== undefined && WEEKDAYS.indexOf(day) === WEEKDAYS.indexOf(before) + 1)
      run.push(day);
    else runs.push([day]);
  }
  return runs
    .flatMap((run) => {
      const [first, last] = [run[0], run.at(-1)];
      if (first === undefined || last === undefined) return [];
      if (run.length < 3) return run.map((day) => DAY_WORDS[day]);
      return [`${DAY_WORDS[first]}–${DAY_WORDS[last]}`];
    })
    .join(', ');
}

function valueInWords(value: JsonValue): string {
  if (Array.isArray(value)) return value.map(valueInWords).join(', ');
  return typeof value === 'string' ? `"${value}"` : JSON.stringify(value);
}

/** One condition as a sentence without a full stop. `nameOf` names projects. */
export function leafInWords(leaf: PolicyLeaf, nameOf: (id: string) => string = (id) => id): string {
  const what = leaf.attribute === 'input' ? `Input ${leaf.path}` : ATTRIBUTE_WORDS[leaf.attribute];
  if (leaf.operator === 'exists') return `${what} ${leaf.value ? 'is there' : 'is not there'}`;
  const joined = `${what} ${operatorWords(leaf.attribute, leaf.operator)}`;
  switch (leaf.attribute) {
    case 'time': {
      const { windows, timezone } = leaf.value;
      return `${joined} ${windows.map(({ days, from, to }) => `${daysInWords(days)} ${from}–${to}`).join(' or ')} (${timezone})`;
    }
    case 'platform':
      return `${joined} ${[leaf.value]
        .flat()
        .map((each) => PLATFORM_WORDS[each] ?? each)
        .join(', ')}`;
    case 'project':
      return `${joined} ${[leaf.value].flat().map(nameOf).join(', ')}`;
    case 'cost_estimate_usd':
      return `${joined} $${leaf.value}`;
    case 'input':
      return `${joined} ${valueInWords(leaf.value)}`;
    default:
      return `${joined} ${leaf.value.join(', ')}`;
  }
}

/** Who a policy is about, short enough for a list. */
export function subjectsInWords(subjects: readonly PolicySubject[]): string {
  if (subjects.some(({ kind }) => kind === '*')) return KIND_WORDS['*'];
  return subjects.map(subjectInWords).join('; ');
}

function subjectInWords(subject: PolicySubject): string {
  const parts: string[] = [];
  if (subject.kind === 'user' && subject.roles !== undefined) parts.push(subject.roles.join(', '));
  if (subject.kind === 'external_agent' && subject.platforms !== undefined) {
    parts.push(subject.platforms.map((each) => PLATFORM_WORDS[each] ?? each).join(', '));
  }
  if (subject.kind !== '*' && subject.ids !== undefined) parts.push(`${subject.ids.length} named`);
  return parts.length === 0 ? KIND_WORDS[subject.kind] : `${KIND_WORDS[subject.kind]} (${parts.join(', ')})`;
}

/** Which agents a policy is about. */
export function resourcesInWords({ agents, tags }: Policy['resources']): string {
  if (agents.includes('*')) return 'Every agent';
  const named = agents.length === 0 ? [] : [`${agents.length} ${agents.length === 1 ? 'agent' : 'agents'}`];
  return [...named, ...(tags.length === 0 ? [] : [`tag ${tags.join(', ')}`])].join(', ');
}

/** Why a policy holds or does not. */
export function explainedInWords(policy: ExplainedPolicy): string {
  if (!policy.subject_matches) return 'is not about this caller';
  if (!policy.action_matches) return 'is not about this action';
  if (!policy.resource_matches) return 'is not about this agent';
  if (policy.conditions.length === 0) return 'holds without conditions';
  if (policy.condition === 'unknown') {
    return policy.holds ? "holds: a condition can't be told" : "does not hold: a condition can't be told";
  }
  return policy.holds ? 'holds: its conditions are met' : 'does not hold: its conditions are not met';
}
