import type { ProposalStatus } from '@agentflow/contracts';
import { and, asc, desc, eq, getTableColumns, gte, inArray, lt, or, type SQL, sql } from 'drizzle-orm';
import type { Database } from '../../db/client.ts';
import { users } from '../../db/schema/accounts.ts';
import { agents } from '../../db/schema/agents.ts';
import { proposalAccess, proposalComments, proposalContents, proposals } from '../../db/schema/proposals.ts';

export type ProposalRow = typeof proposals.$inferSelect;
export type ContentRow = typeof proposalContents.$inferSelect;
export type CommentRow = typeof proposalComments.$inferSelect;

/** Who looks: an id of a person or key; null for those who see every proposal of the organization. */
export type Viewer = string | null;

/** A proposal with its agent's name, and what `proposal_access` gives the viewer. */
export type ListedProposal = ProposalRow & { readonly agent_name: string; readonly level: string | null };

function thisProposal(organizationId: string, id: string): SQL | undefined {
  return and(eq(proposals.organization_id, organizationId), eq(proposals.id, id));
}

function listed(database: Database, viewer: Viewer) {
  return database
    .select({
      ...getTableColumns(proposals),
      agent_name: agents.name,
      level: proposalAccess.level,
    })
    .from(proposals)
    .innerJoin(agents, and(eq(agents.organization_id, proposals.organization_id), eq(agents.id, proposals.agent_id)))
    .leftJoin(
      proposalAccess,
      and(
        eq(proposalAccess.organization_id, proposals.organization_id),
        eq(proposalAccess.proposal_id, proposals.id),
        eq(proposalAccess.user_id, viewer ?? ''),
      ),
    );
}

function visibleTo(viewer: Viewer): SQL | undefined {
  if (viewer === null) return undefined;
  return or(
    eq(proposals.access, 'organization'),
    eq(proposals.author_id, viewer),
    sql`${proposalAccess.level} is not null`,
  );
}

export interface ProposalQuery {
  readonly agent_id?: string | undefined;
  readonly status?: ProposalStatus | undefined;
  readonly created_by?: string | undefined;
}

/** Newest first, those that the viewer may see. */
export function selectProposals(
  database: Database,
  organizationId: string,
  viewer: Viewer,
  { agent_id, status, created_by }: ProposalQuery,
  before: string | undefined,
  limit: number,
): Promise<ListedProposal[]> {
  return listed(database, viewer)
    .where(
      and(
        eq(proposals.organization_id, organizationId),
        agent_id === undefined ? undefined : eq(proposals.agent_id, agent_id),
        status === undefined ? undefined : eq(proposals.status, status),
        created_by === undefined ? undefined : eq(proposals.author_id, created_by),
        before === undefined ? undefined : lt(proposals.id, before),
        visibleTo(viewer),
      ),
    )
    .orderBy(desc(proposals.id))
    .limit(limit)
    .all();
}

export function selectProposal(database: Database, organizationId: string, id: string, viewer: Viewer) {
  return listed(database, viewer)
    .where(and(thisProposal(organizationId, id), visibleTo(viewer)))
    .limit(1);
}

export function selectByThread(database: Database, organizationId: string, threadId: string, viewer: Viewer) {
  return listed(database, viewer)
    .where(and(eq(proposals.organization_id, organizationId), eq(proposals.thread_id, threadId), visibleTo(viewer)))
    .limit(1);
}

export function selectContents(database: Database, organizationId: string, id: string) {
  return database
    .select({ kind: proposalContents.kind, content: proposalContents.content })
    .from(proposalContents)
    .where(and(eq(proposalContents.organization_id, organizationId), eq(proposalContents.proposal_id, id)));
}

export async function selectStatus(
  database: Database,
  organizationId: string,
  id: string,
): Promise<ProposalStatus | null> {
  const row = await database
    .select({ status: proposals.status })
    .from(proposals)
    .where(thisProposal(organizationId, id))
    .get();
  return (row?.status as ProposalStatus | undefined) ?? null;
}

export function insertProposal(database: Database, row: ProposalRow) {
  return database.insert(proposals).values(row);
}

export function insertContents(database: Database, rows: readonly ContentRow[]) {
  return database.insert(proposalContents).values([...rows]);
}

type Change = Partial<Omit<ProposalRow, 'id' | 'organization_id' | 'agent_id' | 'revision'>>;

/**
 * Changes a proposal that has one of these statuses. Another one fails the statement, and with it the whole batch (see
 * `isDecided`).
 */
export function changeProposal(
  database: Database,
  organizationId: string,
  id: string,
  from: readonly ProposalStatus[],
  change: Change,
) {
  const allowed = sql.join(
    from.map((status) => sql`${status}`),
    sql`, `,
  );
  return database
    .update(proposals)
    .set({ ...change, revision: sql`iif(${proposals.status} in (${allowed}), ${proposals.revision} + 1, NULL)` })
    .where(thisProposal(organizationId, id));
}

/** Whether a batch failed because a proposal was no longer in the status that its change was made for. */
export function isDecided(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause.message.includes('NOT NULL constraint failed: proposals.revision')) return true;
  }
  return false;
}

/** What the run has come to so far; nothing for one that is not generating any more. */
export function noteRun(
  database: Database,
  organizationId: string,
  id: string,
  run: Pick<ProposalRow, 'run_id' | 'attempts'>,
) {
  return database
    .update(proposals)
    .set(run)
    .where(and(thisProposal(organizationId, id), eq(proposals.status, 'generating')));
}

export function selectComments(database: Database, organizationId: string, proposalId: string) {
  return database
    .select()
    .from(proposalComments)
    .where(and(eq(proposalComments.organization_id, organizationId), eq(proposalComments.proposal_id, proposalId)))
    .orderBy(asc(proposalComments.id));
}

export function insertComment(database: Database, row: CommentRow) {
  return database.insert(proposalComments).values(row);
}

/** Those that it names, with what they are called now; who was erased has no name. */
export function selectAccess(database: Database, organizationId: string, proposalId: string) {
  return database
    .select({ user_id: proposalAccess.user_id, level: proposalAccess.level, name: users.name })
    .from(proposalAccess)
    .innerJoin(users, eq(users.id, proposalAccess.user_id))
    .where(and(eq(proposalAccess.organization_id, organizationId), eq(proposalAccess.proposal_id, proposalId)))
    .orderBy(asc(proposalAccess.user_id));
}

export function setAccess(
  database: Database,
  organizationId: string,
  id: string,
  access: string,
  people: readonly { readonly user_id: string; readonly level: string }[],
) {
  const rows = JSON.stringify(people);
  return [
    database
      .update(proposals)
      .set({ access, revision: sql`${proposals.revision} + 1` })
      .where(thisProposal(organizationId, id)),
    database
      .delete(proposalAccess)
      .where(and(eq(proposalAccess.organization_id, organizationId), eq(proposalAccess.proposal_id, id))),
    // One bound parameter for all people: D1 takes 100 of them.
    database
      .insert(proposalAccess)
      .select(sql`select ${id}, value ->> 'user_id', ${organizationId}, value ->> 'level' from json_each(${rows})`),
  ] as const;
}

/** Who may see one proposal may see another. */
export function copyAccess(database: Database, organizationId: string, from: string, to: string) {
  return database
    .insert(proposalAccess)
    .select(
      sql`select ${to}, user_id, organization_id, level from ${proposalAccess} where organization_id = ${organizationId} and proposal_id = ${from}`,
    );
}

const ENDED: readonly ProposalStatus[] = ['ready', 'failed', 'approved', 'rejected', 'superseded'];

/** How many proposals since then have each status. */
export function countByStatus(database: Database, organizationId: string, since: string) {
  return database
    .select({ status: proposals.status, count: sql<number>`count(*)` })
    .from(proposals)
    .where(and(eq(proposals.organization_id, organizationId), gte(proposals.id, since)))
    .groupBy(proposals.status);
}

/** Milliseconds from the request to the end of the run, the newest first. */
export async function selectDurations(
  database: Database,
  organizationId: string,
  since: string,
  limit: number,
): Promise<number[]> {
  const rows = await database
    .select({ ms: sql<number>`${proposals.ended_at} - ${proposals.created_at}` })
    .from(proposals)
    .where(
      and(
        eq(proposals.organization_id, organizationId),
        gte(proposals.id, since),
        inArray(proposals.status, [...ENDED]),
        sql`${proposals.ended_at} is not null`,
      ),
    )
    .orderBy(desc(proposals.id))
    .limit(limit)
    .all();
  return rows.map(({ ms }) => ms);
}

/** Threads of proposals after `after`, for their erasure. */
export async function selectThreads(
  database: Database,
  organizationId: string,
  authorId: string | null,
  after: string,
  limit: number,
): Promise<{ id: string; thread_id: string }[]> {
  return database
    .select({ id: proposals.id, thread_id: proposals.thread_id })
    .from(proposals)
    .where(
      and(
        eq(proposals.organization_id, organizationId),
        authorId === null ? undefined : eq(proposals.author_id, authorId),
        sql`${proposals.id} > ${after}`,
      ),
    )
    .orderBy(asc(proposals.id))
    .limit(limit)
    .all();
}

/** A person's name goes out of what they asked for, decided and said, and what they were given goes. */
export function forgetInProposals(database: Database, organizationId: string, personId: string, name: string) {
  const renamed = (column: SQL) => sql`json_set(${column}, '$.name', ${name})`;
  const by = (column: SQL) => sql`${column} ->> '$.id' = ${personId}`;
  return [
    database
      .update(proposals)
      .set({ created_by: renamed(sql`${proposals.created_by}`) })
      .where(and(eq(proposals.organization_id, organizationId), eq(proposals.author_id, personId))),
    database
      .update(proposals)
      .set({ decided_by: renamed(sql`${proposals.decided_by}`) })
      .where(and(eq(proposals.organization_id, organizationId), by(sql`${proposals.decided_by}`))),
    database
      .update(proposalComments)
      .set({ created_by: renamed(sql`${proposalComments.created_by}`) })
      .where(and(eq(proposalComments.organization_id, organizationId), eq(proposalComments.author_id, personId))),
    database
      .delete(proposalAccess)
      .where(and(eq(proposalAccess.organization_id, organizationId), eq(proposalAccess.user_id, personId))),
  ] as const;
}
