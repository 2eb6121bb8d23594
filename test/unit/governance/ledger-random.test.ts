import { BUDGET_PERIODS, type BudgetPeriod } from '@agentflow/contracts';
import { describe, expect, it } from 'vitest';
import { periodStart, room } from '../../../durable-objects/organization/accounts.ts';
import type { CallOutcome } from '../../../durable-objects/organization/client.ts';
import { newLedger, seeded } from './ledger-rows.ts';

const BEGIN = Date.UTC(2026, 0, 30, 23);
const HOUR = 3_600_000;
const SCOPES = ['organization', 'agent:one', 'agent:two', 'project:one', 'external_agent:one'];
const STEPS = ['plan', 'act', 'act#t1'];

interface Live {
  readonly id: string;
  readonly scopes: readonly string[];
  /** Calls under way, as their execution knows them, by step. */
  readonly calls: Map<string, { readonly number: number; readonly amount: number }>;
  outcomes: CallOutcome[];
  number: number;
}

/** All that was ever charged, one by one, and limits as they were set: sums are made anew for every question. */
class Naive {
  readonly charges: { scopes: readonly string[]; amount: number; at: number }[] = [];
  readonly holds = new Map<string, { scopes: readonly string[]; amount: number; used: boolean; number: number }>();
  readonly limits = new Map<
    string,
    { period: BudgetPeriod; limit: number; top_ups: { amount: number; at: number }[] }
  >();

  spent(scope: string, period: BudgetPeriod, now: number): number {
    const since = periodStart(period, now);
    return this.charges
      .filter((each) => each.scopes.includes(scope) && each.at >= since)
      .reduce((sum, { amount }) => sum + amount, 0);
  }

  reserved(scope: string): number {
    let sum = 0;
    for (const hold of this.holds.values()) if (hold.scopes.includes(scope)) sum += hold.amount;
    return sum;
  }

  fits(scopes: readonly string[], amount: number, now: number): boolean {
    for (const [key, { period, limit, top_ups }] of this.limits) {
      const scope = key.slice(0, key.lastIndexOf(' '));
      if (!scopes.includes(scope)) continue;
      const since = periodStart(period, now);
      const more = top_ups.filter(({ at }) => at >= since).reduce((sum, each) => sum + each.amount, 0);
      if (this.spent(scope, period, now) + this.reserved(scope) + amount > limit + more) return false;
    }
    return true;
  }

  end(key: string, cost: number | null, now: number): void {
    const hold = this.holds.get(key);
    if (hold === undefined) return;
    this.holds.delete(key);
    this.charges.push({ scopes: hold.scopes, amount: cost ?? (hold.used ? hold.amount : 0), at: now });
  }
}

/** A day in the life of a desk, step by step, in the ledger and, where it is given, in the naive model. */
function simulate(seed: number, decisions: number, naive: Naive | null): { most: number; live: number } {
  const random = seeded(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const made = newLedger(() => random() < 0.9);
  const { ledger, rows, woken } = made;
  const live = new Map<string, Live>();
  let now = BEGIN;
  let leases = 0;
  let most = 0;

  const follow = () => {
    for (const { lease_id, step, amount, scopes, number } of woken.splice(0)) {
      if (naive === null) continue;
      expect(naive.fits(scopes, amount, now), 'who is woken has enough').toBe(true);
      naive.holds.set(`${lease_id} ${step}`, { scopes, amount, used: false, number });
    }
  };
  const tell = (lease: Live) => {
    for (const { step, number, cost_microusd } of naive === null ? [] : lease.outcomes) {
      const hold = naive?.holds.get(`${lease.id} ${step}`);
      if (hold?.number === number && hold.used) naive?.end(`${lease.id} ${step}`, cost_microusd, now);
    }
    return lease.outcomes.splice(0);
  };

  for (let decision = 0; decision < decisions; decision++) {
    now += Math.floor(random() * (random() < 0.001 ? 30 * HOUR : 60_000));
    const dice = random();
    if (live.size < 3 || (dice < 0.08 && live.size < 40)) {
      const scopes = ['organization', pick(['agent:one', 'agent:two'])];
      if (random() < 0.5) scopes.push('project:one');
      if (random() < 0.5) scopes.push('external_agent:one');
      const id = `lease-${leases++}`;
      live.set(id, { id, scopes, calls: new Map(), outcomes: [], number: 0 });
      continue;
    }
    const lease = pick([...live.values()]);
    if (dice < 0.55) {
      const step = pick(STEPS);
      const key = `${lease.id} ${step}`;
      const amount = 1 + Math.floor(random() * 400);
      const number = ++lease.number;
      const outcomes = tell(lease);
      if (naive !== null) naive.end(key, null, now);
      const { outcome } = ledger.reserve(
        { lease_id: lease.id, scopes: lease.scopes, step, number, amount, outcomes, may_wait: random() < 0.8 },
        now,
      );
      if (naive !== null) {
        if (outcome === 'granted') {
          // Those that came before were asked first, and those after it once it had its money.
          naive.holds.set(key, { scopes: lease.scopes, amount, used: true, number });
        } else if (woken.length === 0) expect(naive.fits(lease.scopes, amount, now), 'refused in need').toBe(false);
      }
      lease.calls.delete(step);
      if (outcome === 'granted') {
        lease.calls.set(step, { number, amount });
        for (const scope of lease.scopes) {
          if (room(ledger.account(scope, now)) < 0) throw new Error(`decision ${decision}: ${scope} is past its limit`);
        }
      }
      if (naive !== null && outcome === 'granted') {
        // What was woken meanwhile and this call fit together.
        for (const { lease_id, step: other, amount: aside, scopes, number: of } of woken.splice(0)) {
          naive.holds.set(`${lease_id} ${other}`, { scopes, amount: aside, used: false, number: of });
        }
        expect(naive.fits(lease.scopes, 0, now), 'it passes no limit').toBe(true);
      }
    } else if (dice < 0.8) {
      const [step, call] = pick([...lease.calls, ['', null] as const]);
      if (call !== null) {
        lease.calls.delete(step);
        // Providers that overrun are another test: afterwards a limit is passed.
        const cost_microusd = Math.floor(random() * (call.amount + 1));
        // Some outcomes are lost with their object.
        if (random() < 0.9) lease.outcomes.push({ step, number: call.number, cost_microusd });
      }
    } else if (dice < 0.86) {
      ledger.book(lease.id, lease.scopes, tell(lease), now);
    } else if (dice < 0.93) {
      live.delete(lease.id);
      const outcomes = tell(lease);
      if (naive !== null) for (const step of STEPS) naive.end(`${lease.id} ${step}`, null, now);
      ledger.close(lease.id, lease.scopes, { outcomes, besides: 0 }, now);
    } else if (dice < 0.96) {
      const scope = pick(SCOPES);
      const period = pick(BUDGET_PERIODS);
      if (random() < 0.3) {
        naive?.limits.delete(`${scope} ${period}`);
        ledger.setBudget(scope, period, null, now);
      } else {
        // Never below what is spent and held: that a limit was lowered under it is no fault of the ledger.
        const { spent, reserved } = ledger.account(scope, now);
        const limit = spent[period].amount + reserved + 1 + Math.floor(random() * 3000);
        const before = naive?.limits.get(`${scope} ${period}`);
        naive?.limits.set(`${scope} ${period}`, { period, limit, top_ups: before?.top_ups ?? [] });
        ledger.setBudget(scope, period, { limit, on_exceeded: random() < 0.8 ? 'park' : 'fail' }, now);
      }
    } else if (dice < 0.98) {
      const scope = pick(SCOPES);
      const period = pick(BUDGET_PERIODS);
      const amount = 1 + Math.floor(random() * 500);
      naive?.limits.get(`${scope} ${period}`)?.top_ups.push({ amount, at: now });
      ledger.topUp(scope, period, amount, now);
    } else ledger.newPeriod(now);
    follow();

    most = Math.max(most, rows.size);
    for (const scope of SCOPES) {
      if (naive === null) break;
      const account = ledger.account(scope, now);
      expect(account.reserved, `decision ${decision}: ${scope}`).toBe(naive.reserved(scope));
      for (const period of BUDGET_PERIODS) {
        expect(account.spent[period].amount, `decision ${decision}: ${scope} ${period}`).toBe(
          naive.spent(scope, period, now),
        );
      }
    }
  }
  return { most, live: live.size };
}

describe('the ledger', () => {
  it.each([1, 2, 3, 4, 5, 6])('agrees with a model that adds everything up anew (%i)', (seed) => {
    simulate(seed, 2000, new Naive());
  });

  it('passes no limit in a million decisions, and keeps rows for accounts and live leases alone', () => {
    const { most } = simulate(42, 1_000_000, null);
    // Forty leases of three steps, each with a hold or waiting.
    expect(most).toBeLessThanOrEqual(SCOPES.length + 40 * STEPS.length * 2);
  });
});
