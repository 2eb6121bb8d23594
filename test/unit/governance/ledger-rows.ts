import type { Account, BudgetEvent, Scope } from '../../../durable-objects/organization/accounts.ts';
import { type Hold, Ledger, type LedgerRows, type Waiter } from '../../../durable-objects/organization/ledger.ts';

const key = (leaseId: string, step: string) => `${leaseId} ${step}`;

/** The ledger's rows in maps, and how many there are. */
export class MapRows implements LedgerRows {
  readonly accounts = new Map<Scope, Account>();
  readonly held = new Map<string, Hold>();
  readonly waiting = new Map<string, Waiter>();

  account(scope: Scope): Account | null {
    return this.accounts.get(scope) ?? null;
  }

  writeAccount(account: Account): void {
    this.accounts.set(account.scope, account);
  }

  deleteAccount(scope: Scope): void {
    this.accounts.delete(scope);
  }

  hold(leaseId: string, step: string): Hold | null {
    return this.held.get(key(leaseId, step)) ?? null;
  }

  holds(leaseId: string): Hold[] {
    return [...this.held.values()].filter(({ lease_id }) => lease_id === leaseId);
  }

  writeHold(hold: Hold): void {
    this.held.set(key(hold.lease_id, hold.step), hold);
  }

  deleteHold(leaseId: string, step: string): void {
    this.held.delete(key(leaseId, step));
  }

  waiters(): readonly Waiter[] {
    return [...this.waiting.values()].sort((one, other) => one.ord - other.ord);
  }

  waiter(leaseId: string, step: string): Waiter | null {
    return this.waiting.get(key(leaseId, step)) ?? null;
  }

  writeWaiter(waiter: Waiter): void {
    this.waiting.set(key(waiter.lease_id, waiter.step), waiter);
  }

  deleteWaiter(leaseId: string, step: string): void {
    this.waiting.delete(key(leaseId, step));
  }

  get size(): number {
    return this.accounts.size + this.held.size + this.waiting.size;
  }
}

/** A ledger over rows in memory, and what it told. */
export function newLedger(hasPlace: (waiter: Waiter) => boolean = () => true) {
  const rows = new MapRows();
  const events: BudgetEvent[] = [];
  const woken: Waiter[] = [];
  const ledger = new Ledger(rows, {
    emit: (event) => events.push(event),
    resume: (waiter) => {
      if (!hasPlace(waiter)) return false;
      woken.push(waiter);
      return true;
    },
  });
  return { ledger, rows, events, woken };
}

/** Random numbers that a failing run can be repeated with. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
