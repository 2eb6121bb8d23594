import type { ApprovalQuery, Decider } from '@agentflow/contracts';
import { and, desc, eq, getTableColumns, lt, ne, or, type SQL, sql } from 'drizzle-orm';
import type { ApprovalProjection } from '../../../durable-objects/execution/client.ts';
import type { Database } from '../../db/client.ts';
import { teamMembers } from '../../db/schema/accounts.ts';
import { approvals } from '../../db/schema/approvals.ts';

export type ApprovalRow = typeof approvals.$inferSelect;

const millis = (iso: string | null) => (iso === null ? null : Date.parse(iso));

/** A row that is there moves forward only, and only within its organization; what was asked never changes. */
export function upsertApproval(db: Database, { organization_id, approval, revision }: ApprovalProjection) {
  return db
    .insert(approvals)
    .values({
      id: approval.id,
      organization_id,
      execution_id: approval.execution_id,
      agent_id: approval.agent_id,
      agent_name: approval.agent_name,
      mode: approval.mode,
      step_key: approval.step_id,
      node_id: approval.node_id,
      node_name: approval.node_name,
      kind: approval.kind,
      title: approval.title,
      message: approval.message,
      payload: JSON.stringify(approval.payload),
      action_hash: approval.action_hash,
      approvers: JSON.stringify(approval.approvers),
      self_approval: approval.self_approval ? 1 : 0,
      form_schema: approval.form_schema === null ? null : JSON.stringify(approval.form_schema),
      requested_by: JSON.stringify(approval.requested_by),
      requested_at: Date.parse(approval.requested_at),
      expires_at: millis(approval.expires_at),
      on_timeout: approval.on_timeout,
      status: approval.status,
      decided_by: approval.decided_by === null ? null : JSON.stringify(approval.decided_by),
      decided_at: millis(approval.decided_at),
      comment: approval.comment,
      form: approval.form === null ? null : JSON.stringify(approval.form),
      revision,
    })
    .onConflictDoUpdate({
      target: approvals.id,
      set: {
        status: sql`excluded.status`,
        decided_by: sql`excluded.decided_by`,
        decided_at: sql`excluded.decided_at`,
        comment: sql`excluded.comment`,
        form: sql`excluded.form`,
        revision: sql`excluded.revision`,
      },
      setWhere: sql`excluded.revision > ${approvals.revision} and excluded.organization_id = ${approvals.organization_id}`,
    });
}

const { payload: _payload, form_schema: _schema, form: _form, ...listed } = getTableColumns(approvals);

/** Newest first, without what may be large. */
export function selectApprovals(
  db: Database,
  organizationId: string,
  filter: Pick<ApprovalQuery, 'status' | 'execution_id'>,
  mine: Decider | null,
  before: string | undefined,
  limit: number,
) {
  const { status, execution_id } = filter;
  const conditions: (SQL | undefined)[] = [
    eq(approvals.organization_id, organizationId),
    before === undefined ? undefined : lt(approvals.id, before),
    execution_id === undefined ? undefined : eq(approvals.execution_id, execution_id),
    mine === null ? undefined : and(eq(approvals.status, 'pending'), mayDecide(mine)),
    status === undefined
      ? undefined
      : status === 'decided'
        ? ne(approvals.status, 'pending')
        : eq(approvals.status, status),
  ];
  return db
    .select(listed)
    .from(approvals)
    .where(and(...conditions))
    .orderBy(desc(approvals.id))
    .limit(limit);
}

export type ListedApproval = Awaited<ReturnType<typeof selectApprovals>>[number];

/** The contracts' `decisionBarrier` in SQL. */
export function mayDecide({ actor, role, teams, may_approve }: Decider): SQL | undefined {
  const lists = sql`json_array_length(${approvals.approvers}, '$.users') + json_array_length(${approvals.approvers}, '$.roles')
    + json_array_length(${approvals.approvers}, '$.teams')`;
  const names = (list: 'users' | 'roles' | 'teams', values: readonly string[]) =>
    sql`exists (select 1 from json_each(${approvals.approvers}, ${`$.${list}`}) as named
      where named.value in (select value from json_each(${JSON.stringify(values)})))`;
  const person = actor.type === 'user';
  return and(
    or(
      may_approve ? sql`${lists} = 0` : undefined,
      person ? names('users', [actor.id]) : undefined,
      person && role !== null ? names('roles', [role]) : undefined,
      person ? names('teams', teams) : undefined,
      sql`false`,
    ),
    sql`(${approvals.self_approval} = 1 or json_extract(${approvals.requested_by}, '$.id') <> ${actor.id})`,
  );
}

export async function selectApproval(
  db: Database,
  organizationId: string,
  id: string,
): Promise<ApprovalRow | undefined> {
  const rows = await db
    .select()
    .from(approvals)
    .where(and(eq(approvals.organization_id, organizationId), eq(approvals.id, id)));
  return rows[0];
}

/** The execution that asked; undefined for an approval of another organization too. */
export async function executionOfApproval(
  db: Database,
  organizationId: string,
  id: string,
): Promise<string | undefined> {
  const rows = await db
    .select({ execution_id: approvals.execution_id })
    .from(approvals)
    .where(and(eq(approvals.organization_id, organizationId), eq(approvals.id, id)));
  return rows[0]?.execution_id;
}

/** Ids of the teams that somebody is in now. */
export async function teamsOf(db: Database, organizationId: string, userId: string): Promise<string[]> {
  const rows = await db
    .select({ id: teamMembers.team_id })
    .from(teamMembers)
    .where(and(eq(teamMembers.organization_id, organizationId), eq(teamMembers.user_id, userId)));
  return rows.map(({ id }) => id);
}
