import type { AgentDefinition, AgentVersion, DefinitionProblem } from '@agentflow/contracts';
import type { RequestContext } from '../../platform/context.ts';
import { ApiError, notFound } from '../../platform/errors.ts';
import { requireMatch } from '../../platform/etags.ts';
import { changeAgent, requireNotArchived } from './change-agent.ts';
import { checkDefinition } from './check-definition.ts';
import { getDraft } from './drafts.ts';
import { presentVersion } from './present.ts';
import { type AgentRow, insertVersionFromDraft } from './queries.ts';

/**
 * Publishes the draft as the next version and makes it live. A first version activates the agent; a paused agent stays
 * paused. `ifMatch` is the ETag of the draft that is meant. Concurrent publishes get numbers of their own.
 * Throws `not_found`, `agent_archived`, `precondition_failed`, and `definition_invalid` with every error of the draft.
 */
export async function publishAgent(
  ctx: RequestContext,
  agentId: string,
  input: { readonly change_message?: string | undefined },
  ifMatch: string | undefined,
): Promise<AgentVersion> {
  const { organizationId } = ctx;
  const change_message = input.change_message ?? '';
  const created_by = ctx.actor.id;
  let checkedRevision: number | undefined;
  const row = await changeAgent(ctx, agentId, async (agent, { database, now }) => {
    requireNotArchived(agent);
    const draft = await getDraft(ctx, agentId);
    requireMatch(ifMatch, draft.revision, 'The draft');
    if (draft.revision !== checkedRevision) {
      await requireValid(ctx, agentId, draft.definition);
      checkedRevision = draft.revision;
    }
    const version = agent.latest_version + 1;
    return {
      fields: {
        live_version: version,
        latest_version: version,
        status: agent.status === 'draft' ? 'active' : agent.status,
      },
      action: 'agent.published',
      details: { version, change_message },
      alongside: [
        insertVersionFromDraft(
          database,
          { agent_id: agentId, organization_id: organizationId, version, change_message, created_at: now, created_by },
          draft.revision,
        ),
      ],
    };
  });
  return presentVersion(
    {
      agent_id: agentId,
      organization_id: organizationId,
      version: row.latest_version,
      change_message,
      created_at: row.updated_at,
      created_by,
    },
    row.live_version,
  );
}

/** Throws `definition_invalid` with every error of a definition that can't be published. */
export async function requireValid(ctx: RequestContext, agentId: string, definition: AgentDefinition): Promise<void> {
  const { valid, problems } = await checkDefinition(ctx, agentId, definition);
  if (!valid) throw definitionInvalid(problems);
}

function definitionInvalid(problems: readonly DefinitionProblem[]): ApiError {
  const errors = problems
    .filter((problem) => problem.severity === 'error')
    .slice(0, 100)
    .map(({ path, message }) => ({ path, message }));
  const count = errors.length === 1 ? 'a problem' : `${errors.length} problems`;
  return new ApiError('definition_invalid', `The draft has ${count}.`, { errors });
}

/**
 * Makes an earlier version live again; numbers are not reused, and the draft stays as it is.
 * Throws `not_found` for an unknown agent or version, `agent_archived`.
 */
export function rollbackAgent(ctx: RequestContext, agentId: string, version: number): Promise<AgentRow> {
  return changeAgent(ctx, agentId, (row) => {
    requireNotArchived(row);
    // Versions are numbered without gaps from 1 and never deleted.
    if (version < 1 || version > row.latest_version) throw notFound('version', String(version));
    if (version === row.live_version) return null;
    return {
      fields: { live_version: version },
      action: 'agent.rolled_back',
      details: { before: row.live_version, version },
    };
  });
}
