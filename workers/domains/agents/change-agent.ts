import type { JsonValue } from '@agentflow/contracts';
import type { BatchItem } from 'drizzle-orm/batch';
import { organizationDesk } from '../../../durable-objects/organization/client.ts';
import { type Database, db } from '../../db/client.ts';
import type { RequestContext } from '../../platform/context.ts';
import { ApiError, notFound } from '../../platform/errors.ts';
import { auditOrigin, auditRow } from '../audit/index.ts';
import { headOf } from './present.ts';
import { type AgentFields, type AgentRow, isStale, selectAgent, selectAgentHead, updateAgentAt } from './queries.ts';

/** What a use case does to an agent, decided on the row as it is now. */
export interface AgentChange {
  readonly fields: AgentFields;
  /** Name of the act in the audit log, as in `agent.published`. */
  readonly action: string;
  readonly details: Record<string, JsonValue>;
  /** Rows that are written with the change or not at all. */
  readonly alongside?: readonly BatchItem<'sqlite'>[];
}

interface ChangeContext {
  readonly database: Database;
  /** The change's time, which becomes the agent's `updated_at`. */
  readonly now: number;
}

/** Every round at least one of the competing writers gets through, so this many can meet before one is refused. */
const ROUNDS = 12;

/**
 * Changes an agent and tells the organization's desk, which admits executions by it. `decide` sees the current row and
 * says what to do, or null for nothing; it runs again when another writer was faster, so it has no effects of its own.
 * Change, companions and audit row are one batch. The desk is told to expect the change first: should this request die
 * between batch and desk, the desk reads the row again by itself.
 *
 * Returns the agent's row after the change. Throws `not_found`, what `decide` throws, and `conflict` after losing too
 * many races.
 */
export async function changeAgent(
  ctx: RequestContext,
  agentId: string,
  decide: (row: AgentRow, at: ChangeContext) => AgentChange | null | Promise<AgentChange | null>,
): Promise<AgentRow> {
  const { organizationId } = ctx;
  const database = db(ctx.env, organizationId);
  const desk = organizationDesk(ctx.env.ORGANIZATION, organizationId);
  for (let round = 0; round < ROUNDS; round++) {
    const [row] = await selectAgent(database, organizationId, agentId);
    if (row === undefined) throw notFound('agent', agentId);
    const now = ctx.now();
    const change = await decide(row, { database, now });
    if (change === null) return row;

    await desk.expectAgentChange(organizationId, agentId);
    const head = await writeChange(ctx, database, row, change, now);
    if (head === 'stale') continue;
    await desk.putAgentHead(organizationId, headOf(head));
    const { max_concurrency: _max, concurrency_policy: _policy, ...changed } = head;
    return changed;
  }
  throw new ApiError('conflict', 'Others are changing this agent at the same time. Try again.');
}

async function writeChange(ctx: RequestContext, database: Database, row: AgentRow, change: AgentChange, now: number) {
  const { organizationId } = ctx;
  // The guarded update goes first: a stale revision is then what the batch fails on, not a companion's key.
  const update = updateAgentAt(database, organizationId, row.id, row.revision, change.fields, now);
  const audit = auditRow(
    database,
    ctx.organizationId,
    auditOrigin(ctx),
    {
      action: change.action,
      resource_type: 'agent',
      resource_id: row.id,
      details: change.details,
    },
    now,
  );
  const head = selectAgentHead(database, organizationId, row.id);
  try {
    const results = await database.batch([update, ...(change.alongside ?? []), audit, head]);
    const [after] = results.at(-1) as Awaited<typeof head>;
    if (after === undefined) throw new Error(`agent ${row.id} was gone after its own change`);
    return after;
  } catch (error) {
    if (isStale(error)) return 'stale';
    throw error;
  }
}

/** Archived agents are kept as they were: restoring is the only change that they take. */
export function requireNotArchived(row: Pick<AgentRow, 'status'>): void {
  if (row.status !== 'archived') return;
  throw new ApiError('agent_archived', 'The agent is archived. Restore it first by setting its status.');
}
