import {
  type AgentDefinition,
  type AgentStatus,
  type CreateAgentRequest,
  EMPTY_DEFINITION,
  type UpdateAgentRequest,
} from '@agentflow/contracts';
import { organizationDesk } from '../../../durable-objects/organization/client.ts';
import { db } from '../../db/client.ts';
import type { RequestContext } from '../../platform/context.ts';
import { ApiError, notFound } from '../../platform/errors.ts';
import { requireMatch } from '../../platform/etags.ts';
import { newId } from '../../platform/ids.ts';
import { auditOrigin, auditRow } from '../audit/index.ts';
import { changeAgent, requireNotArchived } from './change-agent.ts';
import { headOf, tagsOf } from './present.ts';
import { type AgentRow, insertAgent, insertDraft, selectAgent } from './queries.ts';

/** Throws `not_found` for an agent of nobody and of another organization alike. */
export async function getAgent(ctx: RequestContext, agentId: string): Promise<AgentRow> {
  const [row] = await selectAgent(db(ctx.env, ctx.organizationId), ctx.organizationId, agentId);
  if (row === undefined) throw notFound('agent', agentId);
  return row;
}

interface AgentOrigin {
  /** Whether it was made here or came from a file. */
  readonly action?: 'agent.created' | 'agent.imported';
  /** Minted here where it is left out. */
  readonly id?: string;
  /** What the audit log tells besides. */
  readonly details?: Readonly<Record<string, string>>;
}

/** Creates an agent with its draft. */
export async function createAgent(
  ctx: RequestContext,
  input: CreateAgentRequest,
  { action = 'agent.created', id, details = {} }: AgentOrigin = {},
): Promise<AgentRow> {
  const { organizationId } = ctx;
  const now = ctx.now();
  const definition: AgentDefinition = input.definition ?? EMPTY_DEFINITION;
  const row: AgentRow = {
    id: id ?? newId('agent', now),
    organization_id: organizationId,
    name: input.name,
    description: input.description ?? '',
    status: 'draft',
    live_version: null,
    latest_version: 0,
    tags: null,
    revision: 1,
    created_at: now,
    created_by: ctx.actor.id,
    updated_at: now,
  };
  const database = db(ctx.env, organizationId);
  const desk = organizationDesk(ctx.env.ORGANIZATION, organizationId);
  await desk.expectAgentChange(organizationId, row.id);
  await database.batch([
    insertAgent(database, row),
    insertDraft(database, {
      agent_id: row.id,
      organization_id: organizationId,
      definition: JSON.stringify(definition),
      revision: 1,
      updated_at: now,
      updated_by: ctx.actor.id,
    }),
    auditRow(
      database,
      ctx.organizationId,
      auditOrigin(ctx),
      {
        action,
        resource_type: 'agent',
        resource_id: row.id,
        details: { name: row.name, nodes: definition.nodes.length, ...details },
      },
      now,
    ),
  ]);
  await desk.putAgentHead(organizationId, headOf({ ...row, max_concurrency: null, concurrency_policy: null }));
  return row;
}

/** The agent of this id, made with what is given where the organization does not have it yet. */
export async function requireAgent(ctx: RequestContext, id: string, input: CreateAgentRequest): Promise<AgentRow> {
  const find = () => selectAgent(db(ctx.env, ctx.organizationId), ctx.organizationId, id);
  const [row] = await find();
  if (row !== undefined) return row;
  try {
    return await createAgent(ctx, input, { id });
  } catch (error) {
    // Somebody else may have been faster.
    const [made] = await find();
    if (made === undefined) throw error;
    return made;
  }
}

/** Changes name, description or tags. Throws `precondition_failed` and `agent_archived`. */
export function updateAgent(
  ctx: RequestContext,
  agentId: string,
  input: UpdateAgentRequest,
  ifMatch: string | undefined,
): Promise<AgentRow> {
  return changeAgent(ctx, agentId, (row) => {
    requireMatch(ifMatch, row.revision, 'The agent');
    requireNotArchived(row);
    const name = input.name ?? row.name;
    const description = input.description ?? row.description;
    const tags = tagsOf(row);
    const wanted = input.tags ?? tags;
    const retagged = wanted.length !== tags.length || wanted.some((tag) => !tags.includes(tag));
    if (name === row.name && description === row.description && !retagged) return null;
    return {
      fields: { name, description, ...(retagged ? { tags: JSON.stringify(wanted) } : {}) },
      action: 'agent.updated',
      details: {
        ...(name === row.name ? {} : { name_before: row.name, name }),
        ...(description === row.description ? {} : { description_changed: true }),
        ...(retagged ? { tags_before: tags, tags: wanted } : {}),
      },
    };
  });
}

const STATUS_ACTIONS = {
  draft: 'agent.restored',
  active: 'agent.activated',
  paused: 'agent.paused',
  archived: 'agent.archived',
} as const satisfies Record<AgentStatus, string>;

/**
 * Activates, pauses, archives, or restores an archived agent to `active` or `paused`. An agent without a published
 * version has nothing to run: `active` and `paused` are refused with `agent_not_published`, but an archived one that is
 * restored to `paused` is a draft again.
 */
export function setAgentStatus(
  ctx: RequestContext,
  agentId: string,
  wanted: 'active' | 'paused' | 'archived',
  ifMatch: string | undefined,
): Promise<AgentRow> {
  return changeAgent(ctx, agentId, (row) => {
    requireMatch(ifMatch, row.revision, 'The agent');
    const status = statusAfter(row, wanted);
    if (status === row.status) return null;
    return { fields: { status }, action: STATUS_ACTIONS[status], details: { before: row.status, status } };
  });
}

function statusAfter(row: AgentRow, wanted: 'active' | 'paused' | 'archived'): AgentStatus {
  if (wanted === 'archived' || row.live_version !== null) return wanted;
  if (wanted === 'paused' && row.status === 'archived') return 'draft';
  throw new ApiError('agent_not_published', `The agent cannot be ${wanted} before its first version is published.`);
}
