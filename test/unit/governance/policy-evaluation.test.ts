import type { JsonValue, PolicyCondition } from '@agentflow/contracts';
import { describe, expect, it } from 'vitest';
import { compilePolicies, type PolicyRules } from '../../../durable-objects/organization/policies/compile.ts';
import { evaluate } from '../../../durable-objects/organization/policies/evaluate.ts';
import { explain } from '../../../durable-objects/organization/policies/explain.ts';
import type { JudgedStart } from '../../../durable-objects/organization/policies/facts.ts';
import { policyStops } from '../../../durable-objects/organization/policies/running.ts';
import { tellInput } from '../../../workers/platform/told-input.ts';
import { seeded } from '../engine/scheduler/simulate.ts';
import { naiveVerdict, outcomeOf } from './naive-policies.ts';
import { RandomPolicies } from './random-policies.ts';

const AGENT = 'agt_00000000000000000000000001';
const START: JudgedStart = {
  subject: { kind: 'user', id: 'usr_00000000000000000000000001', role: 'developer', platform: null },
  action: 'execute',
  agent: { id: AGENT, tags: ['prod'] },
  project_id: null,
  ip: '10.1.2.3',
  cost_estimate_microusd: undefined,
  // Wednesday, 12:00 in Berlin.
  at: Date.UTC(2026, 0, 14, 11),
  told: null,
};

function rules(fields: Partial<PolicyRules>): PolicyRules {
  return {
    id: 'pol_00000000000000000000000001',
    name: 'A policy',
    description: '',
    effect: 'deny',
    priority: 0,
    subjects: [{ kind: '*' }],
    actions: ['*'],
    resources: { agents: ['*'], tags: [] },
    conditions: null,
    is_active: true,
    stop_running: false,
    ...fields,
  };
}

const told = (input: JsonValue, ...paths: string[]) => tellInput(paths, input);
const amount = (limit: number): PolicyCondition => ({
  attribute: 'input',
  path: 'amount',
  operator: 'gt',
  value: limit,
});

describe('the order of decisions', () => {
  const named = (verdict: ReturnType<typeof evaluate>) =>
    verdict.outcome === 'tell' ? 'tell' : `${verdict.outcome} ${verdict.policy?.rules.name ?? 'by default'}`;
  const judge = (policies: Partial<PolicyRules>[], byDefault: 'allow' | 'deny' = 'allow') =>
    named(evaluate(compilePolicies(policies.map(rules), byDefault), START));

  it('is deny, then allow, then the default', () => {
    expect(judge([])).toBe('allow by default');
    expect(judge([], 'deny')).toBe('deny by default');
    expect(judge([{ effect: 'allow', name: 'Yes', priority: 9 }, { name: 'No' }])).toBe('deny No');
    expect(judge([{ effect: 'allow', name: 'Yes' }], 'deny')).toBe('allow Yes');
    expect(judge([{ is_active: false }])).toBe('allow by default');
  });

  it('names the highest priority, of equals the oldest', () => {
    const first = { name: 'First', id: 'pol_00000000000000000000000001' };
    const second = { name: 'Second', id: 'pol_00000000000000000000000002' };
    expect(judge([second, first])).toBe('deny First');
    expect(judge([{ ...second, priority: 1 }, first])).toBe('deny Second');
    const tagged = { resources: { agents: [], tags: ['prod'] } };
    expect(
      judge([
        { ...second, ...tagged },
        { ...first, resources: { agents: [AGENT], tags: [] } },
      ]),
    ).toBe('deny First');
  });
});

describe('what is missing', () => {
  const verdictOn = (effect: 'allow' | 'deny', conditions: PolicyCondition, start: Partial<JudgedStart>) =>
    evaluate(compilePolicies([rules({ effect, conditions })], effect === 'deny' ? 'allow' : 'deny'), {
      ...START,
      ...start,
    }).outcome;

  it.each<[name: string, condition: PolicyCondition, start: Partial<JudgedStart>]>([
    ['an address that is none', { attribute: 'ip', operator: 'in', value: ['10.0.0.0/8'] }, { ip: '' }],
    ['its negation', { attribute: 'ip', operator: 'not_in', value: ['10.0.0.0/8'] }, { ip: '' }],
    ['the cost of what never ran', { attribute: 'cost_estimate_usd', operator: 'lt', value: 1 }, {}],
    ['a field that the input has not', amount(100), { told: told({}, 'amount') }],
    ['digits where a number is compared', amount(100), { told: told({ amount: '500' }, 'amount') }],
    ['a value that is too large', amount(100), { told: told({ amount: '9'.repeat(5000) }, 'amount') }],
  ])('%s: a deny holds, an allow does not', (_name, condition, start) => {
    expect(verdictOn('deny', condition, start)).toBe('deny');
    expect(verdictOn('allow', condition, start)).toBe('deny');
    expect(verdictOn('deny', { not: condition }, start)).toBe('deny');
    expect(verdictOn('allow', { not: condition }, start)).toBe('deny');
  });

  it('is known to be there however large it is', () => {
    const exists: PolicyCondition = { attribute: 'input', path: 'text', operator: 'exists', value: true };
    expect(verdictOn('allow', exists, { told: told({ text: 'x'.repeat(5000) }, 'text') })).toBe('allow');
  });

  it('is not what is known to be none', () => {
    const elsewhere: PolicyCondition = { attribute: 'platform', operator: 'eq', value: 'chatgpt' };
    expect(verdictOn('deny', elsewhere, {})).toBe('allow');
    expect(verdictOn('deny', { not: elsewhere }, {})).toBe('deny');
  });
});

describe('the input', () => {
  const set = compilePolicies([rules({ conditions: amount(100), resources: { agents: [AGENT], tags: [] } })], 'allow');

  it('is asked for where a policy reads it', () => {
    expect(evaluate(set, START)).toEqual({ outcome: 'tell', paths: ['amount'] });
    expect(evaluate(set, { ...START, told: told({}, 'another') })).toEqual({ outcome: 'tell', paths: ['amount'] });
    expect(evaluate(set, { ...START, told: told({ amount: 1 }, 'amount', 'more') }).outcome).toBe('allow');
    expect(evaluate(set, { ...START, told: told({ amount: 101 }, 'amount') }).outcome).toBe('deny');
  });

  it('is not asked for by policies about others, nor where a deny holds already', () => {
    const elsewhere = { ...START, agent: { id: 'agt_00000000000000000000000009', tags: [] } };
    expect(evaluate(set, elsewhere).outcome).toBe('allow');
    const sooner = compilePolicies([rules({ priority: 5 }), rules({ conditions: amount(100) })], 'allow');
    expect(evaluate(sooner, START).outcome).toBe('deny');
  });

  it('is told by its own fields alone', () => {
    const input = { list: ['a'], text: 'x', nested: { 'a-b': null } };
    const paths = ['list.length', 'list.00', 'list.0', 'text.length', '__proto__', 'constructor', 'nested.a-b'];
    expect(tellInput(paths, input).values).toEqual([
      ['list.0', 'a'],
      ['nested.a-b', null],
    ]);
  });
});

describe('against the plain reading', () => {
  it('decides and names the same', () => {
    const seed = 20_261_121;
    const random = new RandomPolicies(seeded(seed));
    const outcomes = new Map<string, number>();
    for (let round = 0; round < 150; round++) {
      const policies = random.policies(round % 40);
      const byDefault = round % 2 === 0 ? 'allow' : 'deny';
      const set = compilePolicies(policies, byDefault);
      for (let each = 0; each < 30; each++) {
        const { input, ...start } = random.start();
        const judged = { ...start, told: tellInput(set.input_paths, input) };
        const verdict = evaluate(set, judged);
        if (verdict.outcome === 'tell') throw new Error('everything was told');
        const wanted = naiveVerdict(policies, byDefault, { ...start, input });
        const found = { outcome: verdict.outcome, id: verdict.policy?.rules.id ?? null };
        expect(found, JSON.stringify({ seed, round, each, policies, start, input })).toEqual(wanted);
        const key = `${found.outcome} ${found.id === null ? 'default' : 'policy'}`;
        outcomes.set(key, (outcomes.get(key) ?? 0) + 1);

        const explained = explain(set, judged);
        expect({ outcome: explained.decision, id: explained.decided_by?.id ?? null }).toEqual(found);
        expect(explained.policies.filter(({ decides }) => decides).map(({ id }) => id)).toEqual(
          found.id === null ? [] : [found.id],
        );
        for (const { id, condition } of explained.policies) {
          const { conditions = null } = policies.find((policy) => policy.id === id) ?? {};
          expect(condition).toBe(conditions === null ? 'true' : outcomeOf(conditions, { ...start, input }));
        }
      }
    }
    // Every way to come out was tried often.
    expect([...outcomes.keys()].sort()).toEqual(['allow default', 'allow policy', 'deny default', 'deny policy']);
    for (const count of outcomes.values()) expect(count).toBeGreaterThan(100);
  });
});

describe('the explanation', () => {
  it('tells each condition with what the request has', () => {
    const conditions: PolicyCondition = {
      all: [
        {
          attribute: 'time',
          operator: 'within',
          value: { timezone: 'Europe/Berlin', windows: [{ days: ['wed'], from: '09:00', to: '17:00' }] },
        },
        { not: { attribute: 'ip', operator: 'in', value: ['192.168.0.0/16'] } },
        amount(100),
      ],
    };
    const set = compilePolicies([rules({ name: 'Large at noon', conditions })], 'allow');
    const explained = explain(set, { ...START, told: told({ amount: '500' }, 'amount') });
    expect(explained).toMatchObject({
      decision: 'deny',
      decided_by: { id: 'pol_00000000000000000000000001', name: 'Large at noon' },
      reason: expect.stringContaining("can't be told"),
      policies: [
        {
          condition: 'unknown',
          holds: true,
          decides: true,
          conditions: [
            { path: 'conditions.all.0', outcome: 'true', actual: 'wed 12:00' },
            { path: 'conditions.all.1.not', outcome: 'false', actual: '10.1.2.3' },
            { path: 'conditions.all.2', outcome: 'unknown', actual: '500' },
          ],
        },
      ],
    });
  });
});

describe('what a deny stops', () => {
  const running = { subject: START.subject, action: START.action, agent: START.agent };
  const stops = (fields: Partial<PolicyRules>) => policyStops(rules(fields))(running, START.at);

  it('is what it is about, with conditions that nobody can tell any more', () => {
    expect(stops({})).toBe(true);
    expect(stops({ conditions: amount(100) })).toBe(true);
    expect(stops({ conditions: { not: amount(100) } })).toBe(true);
    expect(stops({ conditions: { attribute: 'input', path: 'a', operator: 'exists', value: false } })).toBe(true);
    expect(stops({ conditions: { attribute: 'ip', operator: 'in', value: ['10.0.0.0/8'] } })).toBe(true);
    expect(
      policyStops(rules({ subjects: [{ kind: 'user', roles: ['owner'] }] }))(
        { ...running, subject: { ...START.subject, role: undefined } },
        START.at,
      ),
    ).toBe(true);
  });

  it('is not what it is not about', () => {
    expect(stops({ effect: 'allow' })).toBe(false);
    expect(stops({ is_active: false })).toBe(false);
    expect(stops({ actions: ['test'] })).toBe(false);
    expect(stops({ subjects: [{ kind: 'user', roles: ['owner'] }] })).toBe(false);
    expect(stops({ resources: { agents: [], tags: ['staging'] } })).toBe(false);
    const night = { timezone: 'Europe/Berlin', windows: [{ days: ['wed' as const], from: '22:00', to: '23:00' }] };
    expect(stops({ conditions: { all: [amount(1), { attribute: 'time', operator: 'within', value: night }] } })).toBe(
      false,
    );
  });
});
