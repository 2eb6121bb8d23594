import type { BudgetPeriod, ExecutionError, OnExceeded } from '@agentflow/contracts';

export interface Spending {
  readonly project_id: string | null;
  /** The execution whose own budget it is, for itself and for all that it starts; null where there is none. */
  readonly budget_of: string | null;
  /** That budget, where it begins with this start. In integer micro-dollars. */
  readonly budget_microusd?: number;
}

/** What a call cost that has ended, by the number under which money was reserved for it. */
export interface CallOutcome {
  readonly step: string;
  readonly number: number;
  readonly cost_microusd: number;
}

/** Asks for money before a model is called. */
export interface MoneyRequest {
  readonly lease_id: string;
  /** A step makes one call at a time. A later call of the lease has a higher number; the same one is reserved once. */
  readonly step: string;
  readonly number: number;
  /** The most that the call can cost, in integer micro-dollars. */
  readonly amount: number;
  /** Calls that have ended and were not told. */
  readonly outcomes: readonly CallOutcome[];
  /** Whether the step can wait for money. */
  readonly may_wait: boolean;
}

export type MoneyAnswer =
  | { readonly outcome: 'granted' }
  | {
      readonly outcome: 'no_money';
      /** `park`: the step is in line, and is told when there is money for it. */
      readonly on_exceeded: OnExceeded;
      /** The budget that has least. */
      readonly scope: string;
      readonly period: BudgetPeriod;
      /** When a new period may make room; null where none will. */
      readonly resume_at: number | null;
    }
  /** The execution has lost its place, or the desk knows nothing of it: it has to end. */
  | { readonly outcome: 'stopped'; readonly reason: ExecutionError };

/** The limit of a period, in integer micro-dollars; without a rule it is taken away. */
export interface BudgetChange {
  readonly period: BudgetPeriod;
  readonly rule: { readonly limit: number; readonly on_exceeded: OnExceeded | null } | null;
}

/** A budget as it stands. Money in integer micro-dollars, times in milliseconds. */
export interface BudgetStanding {
  readonly scope: string;
  readonly period: BudgetPeriod;
  readonly limit: number;
  readonly top_up: number;
  readonly spent: number;
  readonly reserved: number;
  readonly resets_at: number | null;
  readonly on_exceeded: OnExceeded;
}

/** The budgets that an execution spends from, and its steps that wait for money, with how many came before each. */
export interface LeaseMoney {
  readonly budgets: readonly BudgetStanding[];
  readonly waiting: readonly { readonly step: string; readonly amount: number; readonly place: number }[];
}
