import type { BudgetPeriod, ExecutionError, OnExceeded } from '@agentflow/contracts';
import { newId } from '../../workers/platform/ids.ts';
import { type BudgetEvent, endOf, type Scope } from './accounts.ts';
import type { AuditOrigin, BudgetStanding, CallOutcome, LeaseMoney, MoneyAnswer, MoneyRequest } from './client.ts';
import { Ledger, type Shortage } from './ledger.ts';
import { executionScope, scopesOf } from './spending.ts';
import type { Lease } from './store/leases.ts';
import type { OrganizationStore } from './store/organization.ts';

interface LedgerDeskHost {
  armAt(at: number): void;
  /** Notices were written: they are told now, and by the alarm if this instance dies first. */
  told(): void;
  /** The execution of a lease can go on: takes it a place, where it has none. False where there is none to be had. */
  giveBackPlace(lease: Lease): boolean;
  emit(event: BudgetEvent): void;
  /** Something was booked to an external agent, which has spent so much today. In micro-dollars. */
  spent(externalAgentId: string, today: number, now: number): void;
  /** What is in memory has gone ahead of the rows. */
  forget(): void;
}

/** What an execution tells of its calls when its lease ends. */
export interface LeaseCosts {
  readonly outcomes: readonly CallOutcome[];
  /** What calls have cost for which nothing was reserved. In micro-dollars. */
  readonly besides: number;
}

const NOT_KNOWN: MoneyAnswer = {
  outcome: 'stopped',
  reason: { code: 'lease_lost', message: 'The organization does not know this execution any more.' },
};

/**
 * The ledger of the desk, with its rows and the leases that it is about. What a start, a settlement or a wait does to it is
 * written in the transaction of that one; `follow` must be called after it.
 */
export class DeskLedger {
  private readonly ledger: Ledger;
  private woken = false;
  /** External agents to whom something was booked in the transaction that is open. */
  private readonly spenders = new Set<string>();

  constructor(
    private readonly storage: DurableObjectStorage,
    private readonly store: OrganizationStore,
    private readonly host: LedgerDeskHost,
  ) {
    this.ledger = new Ledger(store.ledger, {
      emit: (event) => host.emit(event),
      resume: ({ lease_id, step }) => {
        const lease = store.leases.find(lease_id);
        if (lease === null || lease.state === 'revoked' || !host.giveBackPlace(lease)) return false;
        store.leases.resume(lease_id, step, Date.now());
        this.woken = true;
        return true;
      },
    });
  }

  /** Drops the cache: what the rows say now is asked again. */
  forget(): void {
    this.store.ledger.forget();
    this.woken = false;
    this.spenders.clear();
  }

  /** After a transaction: those for whom money was set aside are told, and what external agents spent is looked at. */
  follow(): void {
    for (const id of this.spenders) {
      const now = Date.now();
      this.host.spent(id, this.ledger.account(`external_agent:${id}`, now).spent.day.amount, now);
    }
    this.spenders.clear();
    if (!this.woken) return;
    this.woken = false;
    this.host.told();
  }

  /** The accounts to which something is booked; see `follow`. */
  private bookedTo(lease: Lease): Scope[] {
    if (lease.external_agent_id !== null) this.spenders.add(lease.external_agent_id);
    return scopesOf(lease);
  }

  /** What a start has that spends from these. */
  left(scopes: readonly Scope[], now: number): ReturnType<Ledger['left']> {
    return this.ledger.left(scopes, now);
  }

  /** A start was refused for want of money. */
  refused(shortage: Shortage): void {
    this.write(() => this.ledger.refuse(shortage));
  }

  open({ execution_id, spends, created_at }: Lease, budgetMicrousd: number | undefined): void {
    const of = spends?.budget_of ?? null;
    if (of === null) return;
    const begins = of === execution_id && budgetMicrousd !== undefined;
    this.ledger.open(executionScope(of), begins ? { limit: budgetMicrousd } : null, created_at);
  }

  close(lease: Lease, costs: LeaseCosts, now: number): void {
    this.ledger.close(lease.id, this.bookedTo(lease), costs, now);
  }

  /** The execution waits, and nothing of it runs: what it spent is booked, and no money is held for calls up to this one. */
  rest(lease: Lease, outcomes: readonly CallOutcome[], upTo: number, now: number): void {
    const scopes = this.bookedTo(lease);
    this.ledger.book(lease.id, scopes, outcomes, now);
    this.ledger.rest(lease.id, scopes, upTo, now);
    this.ledger.wake(now);
  }

  /** Places are free: steps may go on that had money but none of these. */
  wake(): void {
    if (this.store.ledger.waiters().length > 0) this.write(() => this.ledger.wake(Date.now()));
  }

  newPeriods(now: number): void {
    if (this.store.ledger.waiters().length > 0) this.write(() => this.ledger.newPeriod(now));
  }

  /** Before a call. Reserved when this answers, or in line, or refused. */
  reserve(request: MoneyRequest, now: number): MoneyAnswer {
    const lease = this.store.leases.find(request.lease_id);
    if (lease === null) return NOT_KNOWN;
    if (lease.state === 'revoked') return { outcome: 'stopped', reason: this.reasonOf(lease) };
    const scopes = this.bookedTo(lease);
    const answer = this.write(() => this.ledger.reserve({ ...request, scopes }, now));
    if (answer.outcome === 'granted') return answer;
    if (answer.outcome === 'superseded') return NOT_KNOWN;
    const { account, budget, on_exceeded, resume_at } = answer.shortage;
    if (resume_at !== null) this.host.armAt(resume_at);
    return { outcome: 'no_money', on_exceeded, scope: account.scope, period: budget.period, resume_at };
  }

  /** What calls have cost, between two reservations. */
  book(leaseId: string, outcomes: readonly CallOutcome[], now: number): void {
    const lease = this.store.leases.find(leaseId);
    if (lease === null) return;
    this.write(() => this.ledger.book(leaseId, this.bookedTo(lease), outcomes, now));
  }

  isInLine(leaseId: string, step: string): boolean {
    return this.store.ledger.waiter(leaseId, step) !== null;
  }

  budgets(scope: Scope, now: number): BudgetStanding[] {
    const account = this.ledger.account(scope, now);
    return account.budgets.map((budget) => {
      const { period, limit, top_up, on_exceeded } = budget;
      const { spent, reserved } = account;
      const resets_at = endOf(account, budget);
      return { scope, period, limit, top_up, spent: spent[period].amount, reserved, resets_at, on_exceeded };
    });
  }

  moneyOf(leaseId: string, now: number): LeaseMoney {
    const lease = this.store.leases.find(leaseId);
    if (lease === null) return { budgets: [], waiting: [] };
    const line = this.store.ledger.waiters();
    return {
      budgets: scopesOf(lease).flatMap((scope) => this.budgets(scope, now)),
      waiting: line.flatMap(({ lease_id, step, amount }, place) =>
        lease_id === leaseId ? [{ step, amount, place }] : [],
      ),
    };
  }

  /** Sets, changes or takes away (null) the limit of one period, with its audit row. */
  setBudget(
    scope: Scope,
    period: BudgetPeriod,
    rule: { readonly limit: number; readonly on_exceeded: OnExceeded | null } | null,
    origin: AuditOrigin,
    now: number,
  ): void {
    const before = this.ledger.account(scope, now).budgets.find((each) => each.period === period);
    const chosen =
      rule === null
        ? null
        : { limit: rule.limit, on_exceeded: rule.on_exceeded ?? before?.on_exceeded ?? ('park' as const) };
    if (chosen?.limit === before?.limit && chosen?.on_exceeded === before?.on_exceeded) return;
    const details = {
      period,
      limit_microusd: chosen?.limit ?? null,
      previous_limit_microusd: before?.limit ?? null,
      ...(chosen === null ? {} : { on_exceeded: chosen.on_exceeded }),
    };
    this.write(() => {
      this.ledger.setBudget(scope, period, chosen, now);
      this.enqueue(chosen === null ? 'budget.removed' : 'budget.set', scope, details, origin, now);
    });
  }

  /** False where the period has no limit. */
  topUp(scope: Scope, period: BudgetPeriod, amount: number, origin: AuditOrigin, now: number): boolean {
    if (!this.ledger.account(scope, now).budgets.some((each) => each.period === period)) return false;
    this.write(() => {
      this.ledger.topUp(scope, period, amount, now);
      this.enqueue('budget.topped_up', scope, { period, amount_microusd: amount }, origin, now);
    });
    return true;
  }

  private enqueue(
    action: string,
    scope: Scope,
    details: Readonly<Record<string, string | number | null>>,
    origin: AuditOrigin,
    now: number,
  ): void {
    const audit = { id: newId('audit', now), at: now, action, origin };
    this.store.enqueue({ organization_id: this.store.organizationId(), budget: { scope, details }, audit }, now);
  }

  private reasonOf(lease: Lease): ExecutionError {
    const notice = this.store.leases.noticeOf(lease.id);
    return notice?.kind === 'cancel' ? notice.reason : { code: 'stopped', message: 'The execution was stopped.' };
  }

  private write<T>(rows: () => T): T {
    try {
      const made = this.storage.transactionSync(rows);
      this.follow();
      return made;
    } catch (error) {
      this.host.forget();
      throw error;
    }
  }
}
