import type { BudgetPeriod, OnExceeded } from '@agentflow/contracts';
import {
  type Account,
  asOf,
  type Budget,
  type BudgetEvent,
  charged,
  endOf,
  exhausted,
  newAccount,
  passedBy,
  room,
  roomOf,
  type Scope,
} from './accounts.ts';
import type { CallOutcome } from './client.ts';

/** Money that is held for one call of a lease's step, at the most that the call can cost. A step makes one call at a time. */
export interface Hold {
  readonly lease_id: string;
  readonly step: string;
  /** Numbers the calls of a lease: a later call has a higher one. */
  readonly number: number;
  readonly amount: number;
  /** False for money that was set aside for a step that waited, which has not made its call yet. */
  readonly used: boolean;
}

/** A step for whose call there was no money. `ord` is the order in which they came. */
export interface Waiter {
  readonly lease_id: string;
  readonly step: string;
  readonly number: number;
  readonly amount: number;
  readonly scopes: readonly Scope[];
  readonly ord: number;
  /** When a new period may make room; null where none will. */
  readonly resume_at: number | null;
}

export interface LedgerRows {
  account(scope: Scope): Account | null;
  writeAccount(account: Account): void;
  deleteAccount(scope: Scope): void;
  hold(leaseId: string, step: string): Hold | null;
  holds(leaseId: string): Hold[];
  writeHold(hold: Hold): void;
  deleteHold(leaseId: string, step: string): void;
  /** In their order. */
  waiters(): readonly Waiter[];
  waiter(leaseId: string, step: string): Waiter | null;
  writeWaiter(waiter: Waiter): void;
  deleteWaiter(leaseId: string, step: string): void;
}

export interface LedgerHost {
  emit(event: BudgetEvent): void;
  /** There is money for a step that waited. False where it can't go on yet, for want of a place: it waits on. */
  resume(waiter: Waiter): boolean;
}

export interface Shortage {
  readonly account: Account;
  readonly budget: Budget;
  readonly on_exceeded: OnExceeded;
  /** When all budgets that refuse have begun a new period; null where one never does. */
  readonly resume_at: number | null;
}

export type Reserved =
  | { readonly outcome: 'granted' }
  | { readonly outcome: 'no_money'; readonly shortage: Shortage }
  /** A later call of the step was heard of before: nobody waits for this answer. */
  | { readonly outcome: 'superseded' };

export interface Reservation {
  readonly lease_id: string;
  readonly scopes: readonly Scope[];
  readonly step: string;
  readonly number: number;
  readonly amount: number;
  readonly outcomes: readonly CallOutcome[];
  /** Whether the step can wait, where its budgets would let it. */
  readonly may_wait: boolean;
}

/**
 * The flat ledger: what every scope has spent and holds. Decides over rows that are given to it and writes them back, all
 * within one turn of its caller. A call is reserved at the most that it can cost before it is made; what it did cost is
 * booked when it is told, and all of it where nobody will ever know. So settled and reserved together never pass a limit,
 * unless a provider charges more than it was asked for. Of those who wait whoever came first is asked first; one for whom
 * there is not enough is passed over.
 */
export class Ledger {
  constructor(
    private readonly rows: LedgerRows,
    private readonly host: LedgerHost,
  ) {}

  account(scope: Scope, now: number): Account {
    const row = this.rows.account(scope);
    return row === null ? newAccount(scope, now) : asOf(row, now);
  }

  /** What can still be spent from all of the scopes; null where none is limited. `spent_up`: nothing. */
  left(
    scopes: readonly Scope[],
    now: number,
  ): { readonly remaining: number | null; readonly spent_up: Shortage | null } {
    let remaining = Number.POSITIVE_INFINITY;
    for (const scope of scopes) remaining = Math.min(remaining, room(this.account(scope, now)));
    if (remaining === Number.POSITIVE_INFINITY) return { remaining: null, spent_up: null };
    return {
      remaining: Math.max(0, remaining),
      spent_up: remaining > 0 ? null : this.shortage(scopes, 1, now),
    };
  }

  /** A start was refused because these are spent up. */
  refuse({ account, budget }: Shortage): void {
    this.tellExhausted(account, budget, 0);
  }

  /** A lease begins that spends from the scope, which goes with its last lease. `budget`: the limit that it begins with. */
  open(scope: Scope, budget: { readonly limit: number } | null, now: number): void {
    const account = this.account(scope, now);
    const begun =
      budget === null || account.budgets.length > 0 ? account : withBudget(account, 'total', budget.limit, 'park');
    this.rows.writeAccount({ ...begun, leases: account.leases + 1 });
  }

  reserve({ lease_id, scopes, step, number, amount, outcomes, may_wait }: Reservation, now: number): Reserved {
    this.bookOutcomes(lease_id, scopes, outcomes, now);
    const before = this.rows.hold(lease_id, step);
    if (before !== null) {
      if (before.number > number && before.used) return { outcome: 'superseded' };
      // Its answer was lost: the call has not been made.
      if (before.number === number && before.used) return { outcome: 'granted' };
      this.end(before, scopes, now);
    }
    const waits = this.rows.waiter(lease_id, step);
    // Whoever waits longer is asked first, but not for what was set aside for this one.
    if (before?.used !== false) this.wake(now, waits?.ord);
    const shortage = this.shortage(scopes, amount, now);
    if (shortage === null) {
      if (waits !== null) this.rows.deleteWaiter(lease_id, step);
      this.hold({ lease_id, step, number, amount, used: true }, scopes, now);
      this.wake(now);
      return { outcome: 'granted' };
    }
    this.tellExhausted(shortage.account, shortage.budget, amount);
    if (shortage.on_exceeded === 'park' && may_wait) {
      const { resume_at } = shortage;
      const ord = waits?.ord ?? (this.rows.waiters().at(-1)?.ord ?? 0) + 1;
      this.rows.writeWaiter({ lease_id, step, number, amount, scopes, ord, resume_at });
    } else if (waits !== null) this.rows.deleteWaiter(lease_id, step);
    this.wake(now);
    return { outcome: 'no_money', shortage };
  }

  /** What calls have cost; one that was booked before changes nothing. */
  book(leaseId: string, scopes: readonly Scope[], outcomes: readonly CallOutcome[], now: number): void {
    if (this.bookOutcomes(leaseId, scopes, outcomes, now)) this.wake(now);
  }

  /** The lease's execution waits with nothing under way: what calls up to this number cost, nobody will tell any more. */
  rest(leaseId: string, scopes: readonly Scope[], upTo: number, now: number): void {
    const lost = this.rows.holds(leaseId).filter(({ number, used }) => used && number <= upTo);
    for (const hold of lost) this.end(hold, scopes, now);
  }

  /**
   * The lease ends. What is still held for calls is booked whole: nobody will ever tell what they cost.
   *
   * @param besides what calls have cost for which nothing was ever reserved
   */
  close(
    leaseId: string,
    scopes: readonly Scope[],
    { outcomes, besides }: { readonly outcomes: readonly CallOutcome[]; readonly besides: number },
    now: number,
  ): void {
    const booked = this.bookOutcomes(leaseId, scopes, outcomes, now);
    const holds = this.rows.holds(leaseId);
    for (const hold of holds) this.end(hold, scopes, now);
    this.charge(scopes, { spent: besides, reserved: 0 }, now);
    for (const { lease_id, step } of this.rows.waiters().filter(({ lease_id: id }) => id === leaseId)) {
      this.rows.deleteWaiter(lease_id, step);
    }
    for (const scope of scopes) {
      const { leases } = this.rows.account(scope) ?? { leases: 0 };
      if (leases === 1) this.rows.deleteAccount(scope);
      else if (leases > 1) this.rows.writeAccount({ ...this.account(scope, now), leases: leases - 1 });
    }
    if (booked || holds.length > 0) this.wake(now);
  }

  /** Sets or takes away the limit of one period. What was spent in it counts. */
  setBudget(
    scope: Scope,
    period: BudgetPeriod,
    rule: { readonly limit: number; readonly on_exceeded: OnExceeded } | null,
    now: number,
  ): void {
    const account = this.account(scope, now);
    this.rows.writeAccount(
      rule === null
        ? { ...account, budgets: account.budgets.filter((each) => each.period !== period) }
        : withBudget(account, period, rule.limit, rule.on_exceeded),
    );
    this.wake(now);
  }

  /** More money for the period that is under way. */
  topUp(scope: Scope, period: BudgetPeriod, amount: number, now: number): void {
    const account = this.account(scope, now);
    const budgets = account.budgets.map((budget) => {
      if (budget.period !== period) return budget;
      const raised = { ...budget, top_up: budget.top_up + amount };
      return { ...raised, told: passedBy(account, raised) };
    });
    this.rows.writeAccount({ ...account, budgets });
    this.wake(now);
  }

  /** Sets money aside for those who wait, in their order, as far as it goes; `before`: only those who came earlier. */
  wake(now: number, before = Number.POSITIVE_INFINITY): void {
    const rooms = new Map<Scope, number>();
    const roomIn = (scope: Scope) => {
      const known = rooms.get(scope) ?? room(this.account(scope, now));
      rooms.set(scope, known);
      return known;
    };
    for (const waiter of [...this.rows.waiters()]) {
      if (waiter.ord >= before) return;
      const { lease_id, step, number, amount, scopes } = waiter;
      if (scopes.some((scope) => roomIn(scope) < amount) || !this.host.resume(waiter)) continue;
      this.rows.deleteWaiter(lease_id, step);
      this.hold({ lease_id, step, number, amount, used: false }, scopes, now);
      for (const scope of scopes) rooms.set(scope, roomIn(scope) - amount);
    }
  }

  /** Of those whose time has come: wakes them, or notes when it comes again. */
  newPeriod(now: number): void {
    this.wake(now);
    for (const waiter of [...this.rows.waiters()]) {
      if (waiter.resume_at === null || waiter.resume_at > now) continue;
      const resume_at = this.shortage(waiter.scopes, waiter.amount, now)?.resume_at ?? null;
      this.rows.writeWaiter({ ...waiter, resume_at });
    }
  }

  /** Why `amount` can't be had from all of the scopes: the budget that has least; null where it can. */
  private shortage(scopes: readonly Scope[], amount: number, now: number): Shortage | null {
    let least: { account: Account; budget: Budget } | null = null;
    let on_exceeded: OnExceeded = 'park';
    let resume: number | null = 0;
    for (const scope of scopes) {
      const account = this.account(scope, now);
      for (const budget of account.budgets) {
        const left = roomOf(account, budget);
        if (left >= amount) continue;
        if (least === null || left < roomOf(least.account, least.budget)) least = { account, budget };
        if (budget.on_exceeded === 'fail') on_exceeded = 'fail';
        const end = endOf(account, budget);
        resume = resume === null || end === null ? null : Math.max(resume, end);
      }
    }
    return least === null ? null : { ...least, on_exceeded, resume_at: resume };
  }

  private bookOutcomes(
    leaseId: string,
    scopes: readonly Scope[],
    outcomes: readonly CallOutcome[],
    now: number,
  ): boolean {
    let any = false;
    for (const { step, number, cost_microusd } of outcomes) {
      const hold = this.rows.hold(leaseId, step);
      if (hold === null || hold.number !== number || !hold.used) continue;
      any = true;
      this.end(hold, scopes, now, cost_microusd);
    }
    return any;
  }

  /** Ends a hold with what its call cost: all of it where that is unknown, nothing where none was made. */
  private end(hold: Hold, scopes: readonly Scope[], now: number, cost = hold.used ? hold.amount : 0): void {
    this.rows.deleteHold(hold.lease_id, hold.step);
    this.charge(scopes, { spent: cost, reserved: -hold.amount }, now);
    if (cost > hold.amount) this.tellOverrun(scopes, hold, cost, now);
  }

  private hold(hold: Hold, scopes: readonly Scope[], now: number): void {
    this.rows.writeHold(hold);
    this.charge(scopes, { spent: 0, reserved: hold.amount }, now);
  }

  private charge(scopes: readonly Scope[], by: { spent: number; reserved: number }, now: number): void {
    if (by.spent === 0 && by.reserved === 0) return;
    for (const scope of scopes) {
      const { account, events } = charged(this.account(scope, now), by);
      this.rows.writeAccount(account);
      for (const event of events) this.host.emit(event);
    }
  }

  private tellExhausted(account: Account, budget: Budget, amount: number): void {
    const told = exhausted(account, budget, amount);
    if (told.events.length === 0) return;
    this.rows.writeAccount(told.account);
    for (const event of told.events) this.host.emit(event);
  }

  private tellOverrun(scopes: readonly Scope[], hold: Hold, cost: number, now: number): void {
    for (const scope of scopes) {
      const account = this.account(scope, now);
      for (const budget of account.budgets) {
        if (roomOf(account, budget) >= 0) continue;
        this.host.emit({
          type: 'budget.overrun',
          scope,
          period: budget.period,
          limit: budget.limit + budget.top_up,
          spent: account.spent[budget.period].amount,
          reserved_for_call: hold.amount,
          cost_of_call: cost,
        });
      }
    }
  }
}

/** The account with another limit for a period: thresholds that are below what is spent count as told. */
function withBudget(account: Account, period: BudgetPeriod, limit: number, on_exceeded: OnExceeded): Account {
  const before = account.budgets.find((each) => each.period === period);
  const budget = { period, limit, top_up: before?.top_up ?? 0, on_exceeded, told: [] };
  const told = limit === before?.limit ? before.told : passedBy(account, budget);
  const others = account.budgets.filter((each) => each.period !== period);
  return { ...account, budgets: [...others, { ...budget, told }] };
}
