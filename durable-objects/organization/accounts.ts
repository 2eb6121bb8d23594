import { BUDGET_PERIODS, BUDGET_THRESHOLDS, type BudgetPeriod, type OnExceeded } from '@agentflow/contracts';

/** `organization`, or `<kind>:<id>`: `project:…`, `agent:…`, `external_agent:…`, `execution:…`. */
export type Scope = string;

/** A limit for one period. Money is in integer micro-dollars, times in milliseconds since the epoch. */
export interface Budget {
  readonly period: BudgetPeriod;
  readonly limit: number;
  /** What the period in which it was given has on top. */
  readonly top_up: number;
  readonly on_exceeded: OnExceeded;
  /** Thresholds that were told in this period; of another limit they are told anew. */
  readonly told: readonly number[];
}

/** What was spent in the period that began at `since`. */
export interface Spent {
  readonly since: number;
  readonly amount: number;
}

/** What one scope has spent and holds, with or without limits: a limit that is set today counts what was spent before. */
export interface Account {
  readonly scope: Scope;
  /** Sum of the holds of live leases that spend from it. */
  readonly reserved: number;
  readonly spent: Readonly<Record<BudgetPeriod, Spent>>;
  readonly budgets: readonly Budget[];
  /** Live leases that name it, where it goes with the last of them; else 0. */
  readonly leases: number;
}

export type BudgetEvent =
  | {
      readonly type: 'budget.threshold_reached';
      readonly scope: Scope;
      readonly period: BudgetPeriod;
      readonly threshold: number;
      readonly limit: number;
      readonly spent: number;
      /** What had no room: of the threshold of 100 where more was wanted than is left. */
      readonly refused: number | null;
    }
  | {
      readonly type: 'project.budget_exceeded';
      readonly scope: Scope;
      readonly period: BudgetPeriod;
      readonly limit: number;
      readonly spent: number;
    }
  /** A provider charged more than was asked for, and that is more than there was. */
  | {
      readonly type: 'budget.overrun';
      readonly scope: Scope;
      readonly period: BudgetPeriod;
      readonly limit: number;
      readonly spent: number;
      readonly reserved_for_call: number;
      readonly cost_of_call: number;
    };

const DAY_MS = 86_400_000;

export function periodStart(period: BudgetPeriod, now: number): number {
  switch (period) {
    case 'day':
      return now - (now % DAY_MS);
    case 'month': {
      const date = new Date(now);
      return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
    }
    case 'total':
      return 0;
  }
}

/** When the period that began at `since` ends; null for one that does not. */
export function periodEnd(period: BudgetPeriod, since: number): number | null {
  switch (period) {
    case 'day':
      return since + DAY_MS;
    case 'month': {
      const date = new Date(since);
      return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
    }
    case 'total':
      return null;
  }
}

export function newAccount(scope: Scope, now: number): Account {
  const none = (period: BudgetPeriod): Spent => ({ since: periodStart(period, now), amount: 0 });
  return {
    scope,
    reserved: 0,
    spent: { day: none('day'), month: none('month'), total: none('total') },
    budgets: [],
    leases: 0,
  };
}

/** The account as it stands now: periods that have ended begin anew. A clock that went back begins none. */
export function asOf(account: Account, now: number): Account {
  if (!BUDGET_PERIODS.some((period) => periodStart(period, now) > account.spent[period].since)) return account;
  const spent = { ...account.spent };
  let budgets = account.budgets;
  for (const period of BUDGET_PERIODS) {
    const since = periodStart(period, now);
    if (since <= spent[period].since) continue;
    spent[period] = { since, amount: 0 };
    budgets = budgets.map((each) => (each.period === period ? { ...each, top_up: 0, told: [] } : each));
  }
  return { ...account, spent, budgets };
}

/** What a budget of the account has left: below 0 where more was charged than there was. */
export function roomOf(account: Account, { period, limit, top_up }: Budget): number {
  return limit + top_up - account.spent[period].amount - account.reserved;
}

/** What can still be spent from the account; infinite without a limit. */
export function room(account: Account): number {
  return account.budgets.reduce((least, budget) => Math.min(least, roomOf(account, budget)), Number.POSITIVE_INFINITY);
}

export function endOf(account: Account, { period }: Budget): number | null {
  return periodEnd(period, account.spent[period].since);
}

/** The account after a charge, and the thresholds that it passes. */
export function charged(
  account: Account,
  { spent, reserved }: { readonly spent: number; readonly reserved: number },
): { readonly account: Account; readonly events: readonly BudgetEvent[] } {
  const { day, month, total } = account.spent;
  const more = (each: Spent): Spent => ({ ...each, amount: each.amount + spent });
  const after: Account = {
    ...account,
    reserved: account.reserved + reserved,
    spent: spent === 0 ? account.spent : { day: more(day), month: more(month), total: more(total) },
  };
  return spent === 0 || after.budgets.length === 0 ? { account: after, events: [] } : told(after);
}

/** Tells thresholds that are passed and were not told. */
function told(account: Account): { account: Account; events: BudgetEvent[] } {
  const events: BudgetEvent[] = [];
  const budgets = account.budgets.map((budget) => {
    const passed = passedBy(account, budget).filter((threshold) => !budget.told.includes(threshold));
    if (passed.length === 0) return budget;
    for (const threshold of passed) events.push(...thresholdEvents(account, budget, threshold, null));
    return { ...budget, told: [...budget.told, ...passed] };
  });
  return events.length === 0 ? { account, events } : { account: { ...account, budgets }, events };
}

/** Where a budget has refused `amount`, nothing more is to be had from it for calls like that: told as the last threshold. */
export function exhausted(
  account: Account,
  budget: Budget,
  amount: number,
): { account: Account; events: BudgetEvent[] } {
  if (budget.told.includes(100)) return { account, events: [] };
  return {
    account: {
      ...account,
      budgets: account.budgets.map((each) => (each === budget ? { ...each, told: [...each.told, 100] } : each)),
    },
    events: thresholdEvents(account, budget, 100, amount),
  };
}

export function passedBy(account: Account, { period, limit, top_up }: Budget): number[] {
  const spent = account.spent[period].amount;
  // In whole numbers: a hundred times a billion dollars in micro-dollars is past what a double holds exactly.
  return BUDGET_THRESHOLDS.filter((threshold) => BigInt(spent) * 100n >= BigInt(limit + top_up) * BigInt(threshold));
}

function thresholdEvents(account: Account, budget: Budget, threshold: number, refused: number | null): BudgetEvent[] {
  const { scope } = account;
  const { period, limit, top_up } = budget;
  const about = { scope, period, limit: limit + top_up, spent: account.spent[period].amount };
  const events: BudgetEvent[] = [{ type: 'budget.threshold_reached', threshold, refused, ...about }];
  if (threshold === 100 && scope.startsWith('project:')) events.push({ type: 'project.budget_exceeded', ...about });
  return events;
}
