import { describe, expect, it } from 'vitest';
import { room } from '../../../durable-objects/organization/accounts.ts';
import type { CallOutcome } from '../../../durable-objects/organization/client.ts';
import type { Reserved } from '../../../durable-objects/organization/ledger.ts';
import { newLedger } from './ledger-rows.ts';

const NOON = Date.UTC(2026, 2, 31, 12);
const DAY = 86_400_000;
const ORG = ['organization'];

type Made = ReturnType<typeof newLedger>;

function limit(made: Made, scope: string, amount: number, period: 'day' | 'month' | 'total' = 'total', at = NOON) {
  made.ledger.setBudget(scope, period, { limit: amount, on_exceeded: 'park' }, at);
}

interface Ask {
  readonly lease?: string;
  readonly step?: string;
  readonly number: number;
  readonly amount: number;
  readonly scopes?: readonly string[];
  readonly outcomes?: readonly CallOutcome[];
  readonly at?: number;
}

function reserve({ ledger }: Made, ask: Ask): Reserved['outcome'] {
  const { lease = 'a', step = 'think', number, amount, scopes = ORG, outcomes = [], at = NOON } = ask;
  return ledger.reserve({ lease_id: lease, scopes, step, number, amount, outcomes, may_wait: true }, at).outcome;
}

const cost = (number: number, cost_microusd: number, step = 'think'): CallOutcome => ({ step, number, cost_microusd });
const spent = ({ ledger }: Made, scope = 'organization', at = NOON) => ledger.account(scope, at).spent.total.amount;
const reserved = ({ ledger }: Made, scope = 'organization') => ledger.account(scope, NOON).reserved;

describe('a call', () => {
  it('is held at the most that it can cost, and booked at what it did cost, on every account', () => {
    const made = newLedger();
    const scopes = ['organization', 'agent:one', 'project:one'];
    limit(made, 'organization', 1000);
    expect(reserve(made, { number: 1, amount: 300, scopes })).toBe('granted');
    for (const scope of scopes) expect([spent(made, scope), reserved(made, scope)]).toEqual([0, 300]);
    expect(reserve(made, { number: 2, amount: 300, scopes, outcomes: [cost(1, 40)] })).toBe('granted');
    for (const scope of scopes) expect([spent(made, scope), reserved(made, scope)]).toEqual([40, 300]);
    made.ledger.close('a', scopes, { outcomes: [cost(2, 60)], besides: 0 }, NOON);
    for (const scope of scopes) expect([spent(made, scope), reserved(made, scope)]).toEqual([100, 0]);
    expect(made.rows.held.size).toBe(0);
  });

  it('is held once, however often it is asked for, and told once, however often that is told', () => {
    const made = newLedger();
    reserve(made, { number: 1, amount: 300 });
    reserve(made, { number: 1, amount: 300 });
    expect(reserved(made)).toBe(300);
    made.ledger.book('a', ORG, [cost(1, 40)], NOON);
    made.ledger.book('a', ORG, [cost(1, 40)], NOON);
    made.ledger.book('b', ORG, [cost(1, 40)], NOON);
    expect([spent(made), reserved(made)]).toEqual([40, 0]);
  });

  it('is booked whole where it is made again without anybody knowing what it cost', () => {
    const made = newLedger();
    reserve(made, { number: 1, amount: 300 });
    reserve(made, { number: 2, amount: 200 });
    expect([spent(made), reserved(made)]).toEqual([300, 200]);
    // What comes late changes nothing.
    expect(reserve(made, { number: 1, amount: 300 })).toBe('superseded');
    made.ledger.book('a', ORG, [cost(1, 1)], NOON);
    expect([spent(made), reserved(made)]).toEqual([300, 200]);
  });

  it('is booked whole where its lease ends, or rests, and nobody tells', () => {
    const made = newLedger();
    reserve(made, { number: 1, amount: 300 });
    reserve(made, { number: 2, amount: 100, step: 'other' });
    reserve(made, { number: 3, amount: 10, step: 'third' });
    made.ledger.rest('a', ORG, 2, NOON);
    expect([spent(made), reserved(made)]).toEqual([400, 10]);
    made.ledger.close('a', ORG, { outcomes: [], besides: 7 }, NOON);
    expect([spent(made), reserved(made)]).toEqual([417, 0]);
  });

  it('that costs more than was held is booked, told, and leaves nothing for the next one', () => {
    const made = newLedger();
    limit(made, 'organization', 1000);
    limit(made, 'agent:one', 100_000);
    const scopes = ['organization', 'agent:one'];
    reserve(made, { number: 1, amount: 900, scopes });
    expect(reserve(made, { number: 2, amount: 1, scopes, outcomes: [cost(1, 1500)] })).toBe('no_money');
    expect(spent(made)).toBe(1500);
    expect(made.events.filter(({ type }) => type === 'budget.overrun')).toEqual([
      {
        type: 'budget.overrun',
        scope: 'organization',
        period: 'total',
        limit: 1000,
        spent: 1500,
        reserved_for_call: 900,
        cost_of_call: 1500,
      },
    ]);
  });
});

describe('a limit', () => {
  it('counts what was spent before it was set, and everything without one is booked too', () => {
    const made = newLedger();
    reserve(made, { number: 1, amount: 900 });
    made.ledger.book('a', ORG, [cost(1, 700)], NOON);
    limit(made, 'organization', 1000, 'month');
    expect(reserve(made, { number: 2, amount: 301 })).toBe('no_money');
    expect(reserve(made, { number: 3, amount: 300 })).toBe('granted');
  });

  it('of a period begins anew in UTC; what is still held counts in the new one', () => {
    const made = newLedger();
    limit(made, 'organization', 1000, 'day');
    limit(made, 'organization', 1500, 'month');
    made.ledger.topUp('organization', 'day', 100, NOON);
    reserve(made, { number: 1, amount: 1100 });
    made.ledger.book('a', ORG, [cost(1, 1100)], NOON);
    const midnight = NOON + DAY / 2;
    expect(reserve(made, { number: 2, amount: 100, at: midnight - 1 })).toBe('no_money');
    expect(made.rows.waiters()[0]?.resume_at).toBe(midnight);
    expect(reserve(made, { number: 3, amount: 1000, at: midnight })).toBe('granted');
    expect(reserve(made, { number: 1, amount: 1, lease: 'b', at: midnight })).toBe('no_money');
    const { spent: now, reserved: held, budgets } = made.ledger.account('organization', midnight);
    expect([now.day.amount, now.month.amount, now.total.amount, held]).toEqual([0, 0, 1100, 1000]);
    expect(budgets.map(({ top_up }) => top_up)).toEqual([0, 0]);
    expect(new Date(now.day.since).toISOString()).toBe('2026-04-01T00:00:00.000Z');
  });

  it('refuses where one of several has no room, and fails where that one says so', () => {
    const made = newLedger();
    limit(made, 'organization', 1_000_000);
    made.ledger.setBudget('agent:one', 'month', { limit: 50, on_exceeded: 'fail' }, NOON);
    const scopes = ['organization', 'agent:one'];
    const asked = { lease_id: 'a', scopes, step: 's', number: 1, amount: 60, outcomes: [], may_wait: true };
    const answer = made.ledger.reserve(asked, NOON);
    expect(answer).toMatchObject({
      outcome: 'no_money',
      shortage: { on_exceeded: 'fail', account: { scope: 'agent:one' }, resume_at: Date.UTC(2026, 3, 1) },
    });
    expect(made.rows.waiting.size, 'it does not wait').toBe(0);
  });

  it('tells each threshold once in a period, and anew of another limit', () => {
    const made = newLedger();
    limit(made, 'project:one', 100, 'day');
    const scopes = ['project:one'];
    const told = () => {
      const events = made.events.splice(0);
      return events.map((event) => ('threshold' in event ? event.threshold : event.type));
    };
    const spend = (number: number, amount: number, at = NOON) => {
      reserve(made, { number, amount, scopes, at });
      made.ledger.book('a', scopes, [cost(number, amount)], at);
      return told();
    };
    expect(spend(1, 49)).toEqual([]);
    expect(spend(2, 1)).toEqual([50]);
    expect(spend(3, 29)).toEqual([]);
    expect(spend(4, 21)).toEqual([80, 100, 'project.budget_exceeded']);
    expect(spend(5, 1)).toEqual([]);
    made.ledger.topUp('project:one', 'day', 100, NOON);
    expect(told()).toEqual([]);
    expect(spend(6, 60)).toEqual([80]);
    expect(spend(7, 100, NOON + DAY)).toEqual([50, 80, 100, 'project.budget_exceeded']);
  });

  it('tells that it is used up when it refuses the first call, though something is left', () => {
    const made = newLedger();
    limit(made, 'organization', 100);
    reserve(made, { number: 1, amount: 60 });
    reserve(made, { number: 1, amount: 60, lease: 'b' });
    reserve(made, { number: 1, amount: 60, lease: 'c' });
    expect(made.events).toMatchObject([{ type: 'budget.threshold_reached', threshold: 100, spent: 0, refused: 60 }]);
  });
});

describe('who waits for money', () => {
  it('is woken in the order of coming, as far as the money goes, which is set aside for them', () => {
    const made = newLedger();
    limit(made, 'organization', 100);
    reserve(made, { number: 1, amount: 100, lease: 'first' });
    for (const lease of ['a', 'b', 'c']) reserve(made, { lease, number: 1, amount: 60 });
    // Asking again keeps the place.
    reserve(made, { lease: 'a', number: 2, amount: 60 });
    made.ledger.topUp('organization', 'total', 130, NOON);
    expect(made.woken.map(({ lease_id }) => lease_id)).toEqual(['a', 'b']);
    expect(room(made.ledger.account('organization', NOON))).toBe(10);
    expect(reserve(made, { lease: 'late', number: 1, amount: 20 }), 'it is not theirs').toBe('no_money');
    expect(reserve(made, { lease: 'a', number: 3, amount: 60 })).toBe('granted');
    expect(reserve(made, { lease: 'b', number: 3, amount: 60 })).toBe('granted');
    made.ledger.close('first', ORG, { outcomes: [cost(1, 10)], besides: 0 }, NOON);
    expect(made.woken.map(({ lease_id }) => lease_id)).toEqual(['a', 'b', 'c', 'late']);
  });

  it('is passed over by one for whom there is enough', () => {
    const made = newLedger();
    limit(made, 'organization', 100);
    reserve(made, { number: 1, amount: 100, lease: 'first' });
    reserve(made, { number: 1, amount: 500, lease: 'large' });
    reserve(made, { number: 1, amount: 40, lease: 'small' });
    made.ledger.topUp('organization', 'total', 50, NOON);
    expect(made.woken.map(({ lease_id }) => lease_id)).toEqual(['small']);
    made.ledger.setBudget('organization', 'total', null, NOON);
    expect(made.woken.map(({ lease_id }) => lease_id)).toEqual(['small', 'large']);
  });

  it('gives back what was set aside when it ends instead', () => {
    const made = newLedger();
    limit(made, 'organization', 100);
    reserve(made, { number: 1, amount: 100, lease: 'first' });
    reserve(made, { number: 1, amount: 80, lease: 'gone' });
    reserve(made, { number: 1, amount: 80, lease: 'next' });
    made.ledger.book('first', ORG, [cost(1, 20)], NOON);
    expect(made.woken.map(({ lease_id }) => lease_id)).toEqual(['gone']);
    made.ledger.close('gone', ORG, { outcomes: [], besides: 0 }, NOON);
    expect(made.woken.map(({ lease_id }) => lease_id)).toEqual(['gone', 'next']);
    expect([spent(made), reserved(made)]).toEqual([20, 80]);
  });

  it('waits on without a place, and is asked again', () => {
    let places = 0;
    const made = newLedger(() => places > 0);
    limit(made, 'organization', 100);
    reserve(made, { number: 1, amount: 200, lease: 'a' });
    made.ledger.topUp('organization', 'total', 200, NOON);
    expect(made.woken).toEqual([]);
    places = 1;
    made.ledger.wake(NOON);
    expect(made.woken).toHaveLength(1);
  });

  it('is woken by a new period, and waits for the next one where that is not enough', () => {
    const made = newLedger();
    limit(made, 'organization', 100, 'day');
    reserve(made, { number: 1, amount: 100 });
    made.ledger.book('a', ORG, [cost(1, 100)], NOON);
    reserve(made, { number: 1, amount: 50, lease: 'b' });
    reserve(made, { number: 1, amount: 500, lease: 'c' });
    made.ledger.newPeriod(NOON + DAY);
    expect(made.woken.map(({ lease_id }) => lease_id)).toEqual(['b']);
    expect(made.rows.waiters()[0]?.resume_at).toBe(Date.UTC(2026, 3, 2));
  });
});

describe('the budget of one execution', () => {
  it('holds for all that it starts, and goes with the last of them', () => {
    const made = newLedger();
    const scopes = ['organization', 'execution:root'];
    made.ledger.open('execution:root', { limit: 100 }, NOON);
    made.ledger.open('execution:root', null, NOON);
    expect(reserve(made, { number: 1, amount: 70, scopes, lease: 'root' })).toBe('granted');
    expect(reserve(made, { number: 1, amount: 40, scopes, lease: 'child' })).toBe('no_money');
    made.ledger.close('root', scopes, { outcomes: [cost(1, 10)], besides: 0 }, NOON);
    expect(made.woken.map(({ lease_id }) => lease_id)).toEqual(['child']);
    made.ledger.close('child', scopes, { outcomes: [], besides: 0 }, NOON);
    expect([...made.rows.accounts.keys()]).toEqual(['organization']);
    expect(made.rows.size).toBe(1);
  });
});
