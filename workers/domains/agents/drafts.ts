import { type AgentDefinition, LIMITS, type Validation } from '@agentflow/contracts';
import { type Database, db } from '../../db/client.ts';
import { jsonDepth } from '../../platform/body.ts';
import type { RequestContext } from '../../platform/context.ts';
import { ApiError, invalid, notFound } from '../../platform/errors.ts';
import { isUnconditional, requireMatch } from '../../platform/etags.ts';
import { auditOrigin, auditRow } from '../audit/index.ts';
import { requireNotArchived } from './change-agent.ts';
import { checkDefinition } from './check-definition.ts';
import { isStale, selectDraft, selectDraftState, updateDraft } from './queries.ts';

export interface Draft {
  readonly definition: AgentDefinition;
  /** Counts saves: the draft's ETag. */
  readonly revision: number;
}

/** Throws `not_found`. */
export async function getDraft(ctx: RequestContext, agentId: string): Promise<Draft> {
  const [row] = await selectDraft(db(ctx.env, ctx.organizationId), ctx.organizationId, agentId);
  if (row === undefined) throw notFound('agent', agentId);
  // Stored by `saveDraft` or `createAgent`, which take parsed definitions only.
  return { definition: JSON.parse(row.definition) as AgentDefinition, revision: row.revision };
}

/**
 * Saves a draft, mistakes included: a draft is work in progress, and what is wrong with it is told by validation.
 * Throws `not_found`, `agent_archived`, and `precondition_failed` where `ifMatch` is not the draft's current ETag.
 * `details` is what the audit log tells besides.
 */
export async function saveDraft(
  ctx: RequestContext,
  agentId: string,
  definition: AgentDefinition,
  ifMatch: string | undefined,
  details: Readonly<Record<string, string>> = {},
): Promise<Draft> {
  const { organizationId } = ctx;
  const text = JSON.stringify(definition);
  requireRoomForWrapping(text);
  const database = db(ctx.env, organizationId);
  const [state] = await selectDraftState(database, organizationId, agentId);
  if (state === undefined) throw notFound('agent', agentId);
  requireMatch(ifMatch, state.revision, 'The draft');
  requireNotArchived(state);

  const unconditional = isUnconditional(ifMatch);
  const now = ctx.now();
  try {
    const [updated] = await database.batch([
      updateDraft(
        database,
        organizationId,
        agentId,
        { definition: text, updated_at: now, updated_by: ctx.actor.id },
        unconditional ? null : state.revision,
      ),
      auditRow(
        database,
        ctx.organizationId,
        auditOrigin(ctx),
        {
          action: 'agent.draft_saved',
          resource_type: 'agent',
          resource_id: agentId,
          details: { nodes: definition.nodes.length, edges: definition.edges.length, bytes: text.length, ...details },
        },
        now,
      ),
    ]);
    const revision = updated[0]?.revision;
    if (revision === undefined) throw new Error(`the draft of ${agentId} was gone while it was saved`);
    return { definition, revision };
  } catch (error) {
    if (!isStale(error)) throw error;
    throw new ApiError('precondition_failed', 'The draft has changed since it was read.');
  }
}

/**
 * The statement that makes this definition the draft of an agent that is still at `expected`, for a batch of what belongs
 * to the change; it fails the batch where the draft has moved (see `isStale`). Throws `validation_failed` for one that is
 * too deep or too large to be saved.
 */
export function replaceDraft(
  database: Database,
  organizationId: string,
  agentId: string,
  definition: AgentDefinition,
  change: { readonly expected: number; readonly at: number; readonly by: string },
) {
  const text = JSON.stringify(definition);
  requireRoomForWrapping(text);
  if (new TextEncoder().encode(text).byteLength > LIMITS.definition_bytes) {
    throw invalid([{ path: '', message: `is larger than ${LIMITS.definition_bytes} bytes` }]);
  }
  const draft = { definition: text, updated_at: change.at, updated_by: change.by };
  return updateDraft(database, organizationId, agentId, draft, change.expected);
}

/** A definition stands one level deeper in an agent file or a version, and those must be readable as bodies again. */
function requireRoomForWrapping(text: string): void {
  const deepest = LIMITS.json_depth - 1;
  if (jsonDepth(text) > deepest) throw invalid([{ path: '', message: `is nested deeper than ${deepest} levels` }]);
}

/** Validates the given definition, or the stored draft. Throws `not_found` in either case. */
export async function validateDraft(
  ctx: RequestContext,
  agentId: string,
  definition: AgentDefinition | undefined,
): Promise<Validation> {
  const draft = await getDraft(ctx, agentId);
  return checkDefinition(ctx, agentId, definition ?? draft.definition);
}
