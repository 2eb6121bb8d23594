import { createHash } from 'node:crypto';
import { type Approval, type ApprovalStatus, type JsonValue, MAX_APPROVAL_CHARACTERS } from '@agentflow/contracts';
import type { ApprovalAsk, Decision, StepState } from '@agentflow/engine';
import { newId } from '../../workers/platform/ids.ts';
import type { ApprovalAudit, ApprovalProjection } from './client.ts';
import type { Facts } from './store/rows.ts';

type Row = Record<string, SqlStorageValue>;

/** A question as the object keeps it. Times in milliseconds since the epoch. */
export interface ApprovalRow {
  readonly id: string;
  readonly step_key: string;
  readonly node_id: string;
  /** Without the payload, which is kept as the bytes that were hashed. */
  readonly ask: Omit<ApprovalAsk, 'payload'>;
  /** Canonical JSON. */
  readonly payload: string;
  readonly action_hash: string;
  readonly requested_at: number;
  readonly expires_at: number | null;
  readonly status: ApprovalStatus;
  /** Who decided and how; null while pending, and where time or the execution's end closed it. */
  readonly answer: Omit<Decision, 'payload'> | null;
  readonly closed_at: number | null;
  readonly audit: ApprovalAudit | null;
  readonly revision: number;
}

/** JSON with sorted keys and no spaces (RFC 8785): equal values give equal bytes. */
export function canonicalJson(value: JsonValue): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const fields = Object.keys(value).sort();
  return `{${fields.map((name) => `${JSON.stringify(name)}:${canonicalJson(value[name] ?? null)}`).join(',')}}`;
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Why a question can't be kept, or null: a row holds at most 2 MB. */
export function askTooLarge(ask: ApprovalAsk): string | null {
  const size = JSON.stringify(ask.payload).length + JSON.stringify(ask.form_schema).length;
  if (size <= MAX_APPROVAL_CHARACTERS) return null;
  return `What is to be shown has ${size} characters; at most ${MAX_APPROVAL_CHARACTERS} can be approved.`;
}

/**
 * The questions of one execution to people. Rows are written in the transaction of the signal that they belong to; what
 * is kept in memory is only which of them are pending or untold, so that an execution that asks nobody pays nothing.
 */
export class Approvals {
  /** Ids by step. */
  private readonly pending = new Map<string, string>();
  private readonly untold = new Set<string>();
  private any = false;

  constructor(
    private readonly sql: SqlStorage,
    private readonly table: { readonly exists: () => boolean; readonly ensure: () => void },
  ) {}

  /** After an eviction. */
  load(): void {
    if (!this.table.exists()) return;
    this.any = true;
    const rows = this.sql.exec<Row>(
      "SELECT id, step_key, status, revision > projected_revision AS untold FROM approvals WHERE status = 'pending' OR revision > projected_revision",
    );
    for (const row of rows) {
      if (row.status === 'pending') this.pending.set(String(row.step_key), String(row.id));
      if (row.untold === 1) this.untold.add(String(row.id));
    }
  }

  /** Stores the question of a step that waits from now on. Gives its id, the same however often this is tried. */
  open(executionId: string, step: StepState, ask: ApprovalAsk, at: number): string {
    this.table.ensure();
    this.any = true;
    const before = this.sql.exec<Row>('SELECT count(*) AS n FROM approvals WHERE step_key = ?', step.key).one().n;
    const id = approvalIdOf(executionId, step.key, Number(before), at);
    const { payload, ...rest } = ask;
    const text = canonicalJson(payload);
    this.sql.exec(
      `INSERT INTO approvals (id, step_key, node_id, ask, payload, action_hash, requested_at, expires_at, status)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'pending')`,
      id,
      step.key,
      step.node_id,
      JSON.stringify(rest),
      text,
      hashOf(text),
      at,
      step.wake_at,
    );
    this.pending.set(step.key, id);
    this.untold.add(id);
    return id;
  }

  /** The step has ended without a decision of anybody: its question is not open any more. */
  close(step: StepState, status: 'expired' | 'cancelled', at: number): void {
    const id = this.pending.get(step.key);
    if (id !== undefined) this.end(id, step.key, status, null, null, at);
  }

  decide(row: ApprovalRow, answer: Omit<Decision, 'payload'>, audit: ApprovalAudit | null, at: number): void {
    const status = answer.decided_by === null ? 'expired' : answer.decision === 'approve' ? 'approved' : 'denied';
    this.end(row.id, row.step_key, status, answer, audit, at);
  }

  private end(
    id: string,
    stepKey: string,
    status: ApprovalStatus,
    answer: Omit<Decision, 'payload'> | null,
    audit: ApprovalAudit | null,
    at: number,
  ): void {
    this.sql.exec(
      `UPDATE approvals SET status = ?, answer = ?, audit = ?, closed_at = ?, revision = revision + 1
        WHERE id = ? AND status = 'pending'`,
      status,
      answer === null ? null : JSON.stringify(answer),
      audit === null ? null : JSON.stringify(audit),
      at,
      id,
    );
    this.pending.delete(stepKey);
    this.untold.add(id);
  }

  pendingOf(stepKey: string): ApprovalRow | null {
    const id = this.pending.get(stepKey);
    return id === undefined ? null : this.row(id);
  }

  /** Pending ones first, each with its step. */
  allPending(): { id: string; step_id: string }[] {
    return [...this.pending].map(([step_id, id]) => ({ id, step_id }));
  }

  row(id: string): ApprovalRow | null {
    if (!this.any) return null;
    const row = this.sql.exec<Row>('SELECT * FROM approvals WHERE id = ?', id).toArray()[0];
    return row === undefined ? null : approvalRow(row);
  }

  /** The last question of a step, open or not. */
  lastOf(stepKey: string): ApprovalRow | null {
    if (!this.any) return null;
    const row = this.sql
      .exec<Row>('SELECT * FROM approvals WHERE step_key = ? ORDER BY rowid DESC LIMIT 1', stepKey)
      .toArray()[0];
    return row === undefined ? null : approvalRow(row);
  }

  /**
   * What was decided on the question of a step that runs again, with the payload that was approved; `changed` when the
   * stored bytes are not those that were hashed.
   */
  decisionOf(step: StepState): Decision | 'changed' | null {
    if (!this.any || step.attempt === 1) return null;
    const row = this.lastOf(step.key);
    if (row === null || row.answer === null) return null;
    return isIntact(row) ? { ...row.answer, payload: JSON.parse(row.payload) as JsonValue } : 'changed';
  }

  hasUntold(): boolean {
    return this.untold.size > 0;
  }

  /** What D1 does not have yet, a few at a time: rows may be large. */
  toTell(limit: number): ApprovalRow[] {
    return [...this.untold].slice(0, limit).flatMap((id) => this.row(id) ?? []);
  }

  told(rows: readonly ApprovalRow[]): void {
    for (const { id, revision } of rows) {
      this.sql.exec('UPDATE approvals SET projected_revision = max(projected_revision, ?) WHERE id = ?', revision, id);
      if (this.row(id)?.revision === revision) this.untold.delete(id);
    }
  }
}

/** Of the step and how often it had asked before, so that a crash makes no second one; time-ordered like every id. */
function approvalIdOf(executionId: string, stepKey: string, before: number, at: number): string {
  const digest = createHash('sha256').update(`${executionId}:${stepKey}:${before}`).digest();
  return newId('approval', at, digest);
}

function approvalRow(row: Row): ApprovalRow {
  const parsed = <T>(value: SqlStorageValue | undefined): T | null =>
    typeof value === 'string' ? (JSON.parse(value) as T) : null;
  return {
    id: String(row.id),
    step_key: String(row.step_key),
    node_id: String(row.node_id),
    ask: JSON.parse(String(row.ask)) as ApprovalRow['ask'],
    payload: String(row.payload),
    action_hash: String(row.action_hash),
    requested_at: Number(row.requested_at),
    expires_at: row.expires_at as number | null,
    status: row.status as ApprovalStatus,
    answer: parsed(row.answer),
    closed_at: row.closed_at as number | null,
    audit: parsed(row.audit),
    revision: Number(row.revision),
  };
}

export function isIntact(row: ApprovalRow): boolean {
  return hashOf(row.payload) === row.action_hash;
}

/** The question as callers see it. */
export function presentApproval(
  row: ApprovalRow,
  facts: Facts,
  node: { readonly name: string } | undefined,
): Omit<Approval, 'may_decide'> {
  const name = node?.name ?? row.node_id;
  return {
    id: row.id,
    execution_id: facts.execution_id,
    agent_id: facts.agent_id,
    agent_name: facts.agent_name,
    mode: facts.mode,
    step_id: row.step_key,
    node_id: row.node_id,
    node_name: name,
    kind: row.ask.kind,
    title: row.ask.title ?? name,
    message: row.ask.message,
    action_hash: row.action_hash,
    approvers: {
      users: [...row.ask.approvers.users],
      roles: [...row.ask.approvers.roles],
      teams: [...row.ask.approvers.teams],
    },
    self_approval: row.ask.self_approval,
    requested_by: facts.triggered_by,
    requested_at: new Date(row.requested_at).toISOString(),
    expires_at: row.expires_at === null ? null : new Date(row.expires_at).toISOString(),
    on_timeout: row.ask.on_timeout ?? null,
    status: row.status,
    decided_by: row.answer?.decided_by ?? null,
    decided_at: row.closed_at === null ? null : new Date(row.closed_at).toISOString(),
    comment: row.answer?.comment ?? '',
    payload: JSON.parse(row.payload) as JsonValue,
    form_schema: row.ask.form_schema,
    form: row.answer?.form ?? null,
  };
}

export function projectionOf(
  row: ApprovalRow,
  facts: Facts,
  node: { readonly name: string } | undefined,
): ApprovalProjection {
  return {
    organization_id: facts.organization_id,
    approval: presentApproval(row, facts, node),
    revision: row.revision,
    audit: row.audit,
  };
}
