import { compilePolicies } from '../../durable-objects/organization/policies/compile.ts';
import { evaluate } from '../../durable-objects/organization/policies/evaluate.ts';
import { tellInput } from '../../workers/platform/told-input.ts';

/** @typedef {import('../../durable-objects/organization/policies/compile.ts').PolicyRules} PolicyRules */
/** @typedef {import('../../durable-objects/organization/policies/facts.ts').JudgedStart} JudgedStart */

const AGENT = 'agt_00000000000000000000000001';
const ZONES = ['Europe/Berlin', 'America/New_York', 'Asia/Tokyo', 'Australia/Sydney'];
const INPUT = { amount: 40, customer: { country: 'DE', tier: 'gold' } };

/** @param {number} index @returns {import('@agentflow/contracts').PolicyCondition} */
function condition(index) {
  /** @type {import('@agentflow/contracts').PolicyCondition[]} */
  const kinds = [
    {
      attribute: 'time',
      operator: 'not_within',
      value: {
        timezone: ZONES[index % ZONES.length] ?? 'UTC',
        windows: [{ days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], from: '00:00', to: '24:00' }],
      },
    },
    { attribute: 'ip', operator: 'in', value: [`192.0.${index}.0/24`, '2001:db8::/32', '198.51.100.0/24'] },
    { attribute: 'agent_tags', operator: 'any_of', value: [`tag-${index}`, 'staging'] },
    { attribute: 'cost_estimate_usd', operator: 'gt', value: 5 },
    { attribute: 'input', path: 'amount', operator: 'gt', value: 1000 + index },
    { attribute: 'input', path: 'customer.country', operator: 'in', value: ['KP', 'XX'] },
  ];
  // Of two conditions the first holds, so that both are always asked.
  const first = {
    attribute: /** @type {const} */ ('agent_tags'),
    operator: /** @type {const} */ ('any_of'),
    value: ['prod'],
  };
  return { all: [first, kinds[index % kinds.length] ?? first] };
}

/**
 * The worst case of `count` policies: denies about everybody and every agent, so that no index spares one of them, and none
 * holds, so that none ends the search.
 *
 * @param {number} count
 * @returns {PolicyRules[]}
 */
function policiesAboutEverything(count) {
  return Array.from({ length: count }, (_, index) => ({
    id: `pol_${String(index).padStart(26, '0')}`,
    name: `Policy ${index}`,
    description: '',
    effect: 'deny',
    priority: index % 10,
    subjects: [{ kind: '*' }],
    actions: ['*'],
    resources: { agents: ['*'], tags: [] },
    conditions: condition(index),
    is_active: true,
    stop_running: false,
  }));
}

/** @returns {JudgedStart} */
function start() {
  return {
    subject: { kind: 'external_agent', id: 'ext_00000000000000000000000001', role: null, platform: 'claude_code' },
    action: 'invoke',
    agent: { id: AGENT, tags: ['prod', 'finance'] },
    project_id: null,
    ip: '203.0.113.9',
    cost_estimate_microusd: 20_000,
    at: Date.UTC(2026, 10, 21, 12),
    told: null,
  };
}

/** @param {() => void} act @param {number} times @returns {number} microseconds each */
function microseconds(act, times) {
  const started = performance.now();
  for (let round = 0; round < times; round++) act();
  return ((performance.now() - started) * 1000) / times;
}

/**
 * One evaluation, and its floor: the same number of bare functions that each compare two texts of the start.
 *
 * @param {number} count
 * @param {number} times
 */
export function policyEvaluation(count, times) {
  const set = compilePolicies(policiesAboutEverything(count), 'allow');
  const told = tellInput(set.input_paths, INPUT);
  let decided = 0;
  const evaluation = microseconds(() => {
    // A start of its own each time, as in life: nothing worked out for one helps the next.
    const { outcome } = evaluate(set, { ...start(), told });
    if (outcome === 'allow') decided++;
  }, times);
  if (decided !== times) throw new Error('a policy decided that should not');

  const rules = Array.from({ length: count }, (_, index) => ({ kind: `kind-${index}`, agent: `agt_${index}` }));
  const bare = rules.map(
    ({ kind, agent }) =>
      (/** @type {JudgedStart} */ judged) =>
        judged.subject.kind === kind || judged.agent.id === agent,
  );
  let met = 0;
  const floor = microseconds(() => {
    const judged = start();
    for (const test of bare) if (test(judged)) met++;
  }, times);
  if (met !== 0) throw new Error('the floor decided');
  return { evaluation, floor };
}
