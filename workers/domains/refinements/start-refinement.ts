import {
  type AgentDefinition,
  MAX_PROMPT_CHARACTERS,
  type ProposalStatus,
  type RefinementRequest,
  type RefinementStarted,
} from '@agentflow/contracts';
import { type RefinementJob, refinementObject } from '../../../durable-objects/refinement/client.ts';
import { db } from '../../db/client.ts';
import { admissionCaller, type RequestContext } from '../../platform/context.ts';
import { ApiError, invalid } from '../../platform/errors.ts';
import { newId } from '../../platform/ids.ts';
import { traceparentOf } from '../../platform/telemetry.ts';
import { getAgent, getDraft, requireNotArchived } from '../agents/index.ts';
import { auditOrigin, auditRow } from '../audit/index.ts';
import { decidableProposal } from './access.ts';
import { contentsOf } from './present.ts';
import {
  changeProposal,
  copyAccess,
  insertContents,
  insertProposal,
  isDecided,
  type ListedProposal,
  type ProposalRow,
  selectContents,
} from './queries.ts';
import { type Choice, chooseRuntime } from './runtimes.ts';

/** What a refinement begins from. */
interface Basis {
  readonly definition: AgentDefinition;
  readonly version: number;
  /** JSON of the files of the proposal that it goes on from. */
  readonly from: string | null;
  readonly follows: ListedProposal | null;
}

/** A proposal that waits is superseded by what goes on from it; what became of the others stays. */
const SUPERSEDED: ProposalStatus = 'ready';

/**
 * Begins a refinement of the agent's draft. The run goes on without whoever asked for it. Throws `not_found`,
 * `agent_archived`, `validation_failed`, `upstream_unavailable` with nothing stored where the runtime is known to be away,
 * and `proposal_decided` where the proposal that it goes on from was decided meanwhile.
 */
export async function startRefinement(
  ctx: RequestContext,
  agentId: string,
  request: RefinementRequest,
): Promise<RefinementStarted> {
  const agent = await getAgent(ctx, agentId);
  requireNotArchived(agent);
  const basis = await basisOf(ctx, agentId, request.context.proposal_id);
  const unknown = unknownNodes(basis.definition, request.context.node_ids ?? []);
  if (unknown.length > 0) throw invalid(unknown);
  const choice = await chooseRuntime(ctx, request.context.model);

  const now = ctx.now();
  const job = jobOf(ctx, agent, request, basis, choice, now);
  const object = refinementObject(ctx.env.REFINEMENT, job.thread_id);
  await object.expect(job);
  try {
    await store(ctx, job, request, basis, now);
  } catch (error) {
    if (!isDecided(error)) throw error;
    throw new ApiError('proposal_decided', 'The proposal that this goes on from has been decided meanwhile.');
  }
  await object.begin(job);
  if (basis.follows?.status === SUPERSEDED) {
    const { thread_id } = basis.follows;
    // The thread looks by itself once a day, should this be lost.
    ctx.waitUntil(refinementObject(ctx.env.REFINEMENT, thread_id).decided(ctx.organizationId, 'superseded'));
  }
  return { thread_id: job.thread_id, proposal_id: job.proposal_id };
}

/** A follow-up keeps the base of what it goes on from: what the draft became meanwhile is merged when it is approved. */
async function basisOf(ctx: RequestContext, agentId: string, proposalId: string | undefined): Promise<Basis> {
  if (proposalId === undefined) {
    const { definition, revision } = await getDraft(ctx, agentId);
    return { definition, version: revision, from: null, follows: null };
  }
  const follows = await decidableProposal(ctx, proposalId);
  if (follows.agent_id !== agentId) {
    throw invalid([{ path: 'context.proposal_id', message: 'is a proposal for another agent' }]);
  }
  const rows = await selectContents(db(ctx.env, ctx.organizationId), ctx.organizationId, proposalId);
  const { base, from, generated } = contentsOf(rows);
  if (follows.status === 'generating') {
    throw invalid([{ path: 'context.proposal_id', message: 'is still being made' }]);
  }
  if (follows.status === 'approved') {
    throw invalid([{ path: 'context.proposal_id', message: 'is in the draft already: begin from that' }]);
  }
  const files = generated ?? from;
  return {
    definition: base,
    version: follows.base_version,
    from: files === null ? null : JSON.stringify(files),
    follows,
  };
}

function unknownNodes({ nodes }: AgentDefinition, ids: readonly string[]) {
  return ids.flatMap((id, index) =>
    nodes.some((node) => node.id === id)
      ? []
      : [{ path: `context.node_ids.${index}`, message: 'is no node of the draft' }],
  );
}

function jobOf(
  ctx: RequestContext,
  agent: { readonly id: string; readonly name: string },
  { user_prompt, context }: RefinementRequest,
  { definition }: Basis,
  { model, runtime }: Choice,
  now: number,
): RefinementJob {
  return {
    organization_id: ctx.organizationId,
    thread_id: newId('thread', now),
    proposal_id: newId('proposal', now),
    agent_id: agent.id,
    agent_name: agent.name,
    caller: admissionCaller(ctx.principal),
    created_by: ctx.actor,
    ip: ctx.ip,
    traceparent: traceparentOf(ctx.trace),
    request_id: ctx.requestId,
    user_prompt: user_prompt.slice(0, MAX_PROMPT_CHARACTERS),
    notes: notesOf(definition, context),
    model,
    runtime,
    created_at: now,
  };
}

function notesOf({ nodes }: AgentDefinition, { node_ids = [], notes }: RefinementRequest['context']): string {
  const chosen = nodes.filter(({ id }) => node_ids.includes(id));
  const about = chosen.map(({ id, name, type }) => `- ${id} (${type})${name === undefined ? '' : `: ${name}`}`);
  return [
    ...(about.length === 0 ? [] : [`The request is about these nodes:\n${about.join('\n')}`]),
    ...(notes === undefined || notes.trim() === '' ? [] : [notes.trim()]),
  ].join('\n\n');
}

async function store(
  ctx: RequestContext,
  job: RefinementJob,
  { access }: RefinementRequest,
  { definition, version, from, follows }: Basis,
  now: number,
): Promise<void> {
  const { organizationId } = ctx;
  const database = db(ctx.env, organizationId);
  // What goes on from a private one shows what that one says.
  const hidden = follows?.access === 'private';
  const content = { proposal_id: job.proposal_id, organization_id: organizationId };
  const entry = {
    action: 'refinement.started',
    resource_type: 'proposal',
    resource_id: job.proposal_id,
    details: {
      agent_id: job.agent_id,
      base_version: version,
      model: job.model,
      runtime: job.runtime,
      ...(follows === null ? {} : { follows: follows.id }),
    },
  };
  await database.batch([
    insertProposal(database, rowOf(job, hidden ? 'private' : access, version, follows?.id ?? null)),
    ...(hidden ? [copyAccess(database, organizationId, follows.id, job.proposal_id)] : []),
    insertContents(database, [
      { ...content, kind: 'base', content: JSON.stringify(definition) },
      ...(from === null ? [] : [{ ...content, kind: 'from', content: from }]),
    ]),
    ...(follows?.status === SUPERSEDED
      ? [changeProposal(database, organizationId, follows.id, [SUPERSEDED], { status: 'superseded' })]
      : []),
    auditRow(database, organizationId, auditOrigin(ctx), entry, now),
  ]);
}

function rowOf(job: RefinementJob, access: string, base_version: number, follows: string | null): ProposalRow {
  return {
    id: job.proposal_id,
    organization_id: job.organization_id,
    agent_id: job.agent_id,
    thread_id: job.thread_id,
    run_id: null,
    status: 'generating',
    user_prompt: job.user_prompt,
    summary: '',
    access,
    base_version,
    model: job.model,
    runtime: job.runtime,
    attempts: 0,
    error: null,
    problems: null,
    todos: null,
    cost_microusd: 0,
    created_at: job.created_at,
    created_by: JSON.stringify(job.created_by),
    author_id: job.created_by.id,
    ended_at: null,
    decided_at: null,
    decided_by: null,
    decision: null,
    follows,
    revision: 1,
  };
}
