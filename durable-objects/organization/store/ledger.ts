import type { Account, Scope } from '../accounts.ts';
import type { Hold, LedgerRows, Waiter } from '../ledger.ts';

type Row = Record<string, SqlStorageValue>;

/** Accounts in memory: with more than these, all are read anew. */
const MAX_KNOWN = 10_000;

/**
 * Rows of the ledger: one an account, one a hold, one a step that waits. Accounts and waiters are kept in memory besides,
 * since every start asks for them.
 */
export class LedgerStore implements LedgerRows {
  private readonly known = new Map<Scope, Account | null>();
  private line: Waiter[] | null = null;

  constructor(private readonly sql: SqlStorage) {}

  /** Drops the cache: what the rows say now is asked again. */
  forget(): void {
    this.known.clear();
    this.line = null;
  }

  account(scope: Scope): Account | null {
    const known = this.known.get(scope);
    if (known !== undefined) return known;
    const [row] = this.sql.exec<Row>('SELECT * FROM accounts WHERE scope = ?', scope).toArray();
    const account = row === undefined ? null : accountOf(row);
    this.remember(scope, account);
    return account;
  }

  writeAccount(account: Account): void {
    const { scope, reserved, spent, budgets, leases } = account;
    this.sql.exec(
      'INSERT OR REPLACE INTO accounts (scope, reserved, spent, budgets, leases) VALUES (?, ?, ?, ?, ?)',
      scope,
      reserved,
      JSON.stringify(spent),
      JSON.stringify(budgets),
      leases,
    );
    this.remember(scope, account);
  }

  deleteAccount(scope: Scope): void {
    this.sql.exec('DELETE FROM accounts WHERE scope = ?', scope);
    this.remember(scope, null);
  }

  hold(leaseId: string, step: string): Hold | null {
    const [row] = this.sql.exec<Row>('SELECT * FROM holds WHERE lease_id = ? AND step = ?', leaseId, step).toArray();
    return row === undefined ? null : holdOf(row);
  }

  holds(leaseId: string): Hold[] {
    return this.sql.exec<Row>('SELECT * FROM holds WHERE lease_id = ?', leaseId).toArray().map(holdOf);
  }

  writeHold({ lease_id, step, number, amount, used }: Hold): void {
    this.sql.exec(
      'INSERT OR REPLACE INTO holds (lease_id, step, number, amount, used) VALUES (?, ?, ?, ?, ?)',
      lease_id,
      step,
      number,
      amount,
      used ? 1 : 0,
    );
  }

  deleteHold(leaseId: string, step: string): void {
    this.sql.exec('DELETE FROM holds WHERE lease_id = ? AND step = ?', leaseId, step);
  }

  waiters(): readonly Waiter[] {
    this.line ??= this.sql.exec<Row>('SELECT * FROM budget_waiters ORDER BY ord').toArray().map(waiterOf);
    return this.line;
  }

  waiter(leaseId: string, step: string): Waiter | null {
    return this.waiters().find((each) => each.lease_id === leaseId && each.step === step) ?? null;
  }

  writeWaiter(waiter: Waiter): void {
    const { lease_id, step, number, amount, scopes, ord, resume_at } = waiter;
    this.sql.exec(
      `INSERT OR REPLACE INTO budget_waiters (lease_id, step, number, amount, scopes, ord, resume_at)
        VALUES (?, ?, ?, ?, ?, ?, ?)`,
      lease_id,
      step,
      number,
      amount,
      JSON.stringify(scopes),
      ord,
      resume_at,
    );
    const line = this.others(lease_id, step);
    const at = line.findIndex((each) => each.ord > ord);
    this.line = at < 0 ? [...line, waiter] : [...line.slice(0, at), waiter, ...line.slice(at)];
  }

  deleteWaiter(leaseId: string, step: string): void {
    this.sql.exec('DELETE FROM budget_waiters WHERE lease_id = ? AND step = ?', leaseId, step);
    this.line = this.others(leaseId, step);
  }

  private others(leaseId: string, step: string): Waiter[] {
    return this.waiters().filter((each) => each.lease_id !== leaseId || each.step !== step);
  }

  private remember(scope: Scope, account: Account | null): void {
    if (this.known.size >= MAX_KNOWN && !this.known.has(scope)) this.known.clear();
    this.known.set(scope, account);
  }
}

function accountOf(row: Row): Account {
  return {
    scope: String(row.scope),
    reserved: Number(row.reserved),
    spent: JSON.parse(String(row.spent)) as Account['spent'],
    budgets: JSON.parse(String(row.budgets)) as Account['budgets'],
    leases: Number(row.leases),
  };
}

function holdOf(row: Row): Hold {
  return {
    lease_id: String(row.lease_id),
    step: String(row.step),
    number: Number(row.number),
    amount: Number(row.amount),
    used: row.used === 1,
  };
}

function waiterOf(row: Row): Waiter {
  return {
    lease_id: String(row.lease_id),
    step: String(row.step),
    number: Number(row.number),
    amount: Number(row.amount),
    scopes: JSON.parse(String(row.scopes)) as Waiter['scopes'],
    ord: Number(row.ord),
    resume_at: row.resume_at as number | null,
  };
}
