import {
  type AgentFiles,
  approvalHash,
  changesOf,
  chooseChanges,
  definitionOf,
  filesOf,
  mergeFiles,
} from '@agentflow/agent-files';
import type { AgentDefinition, ApproveProposalRequest, Proposal, ProposalMerge } from '@agentflow/contracts';
import { db } from '../../db/client.ts';
import type { RequestContext } from '../../platform/context.ts';
import { ApiError, invalid } from '../../platform/errors.ts';
import { filesInvalid, getAgent, getDraft, isStale, replaceDraft, requireNotArchived } from '../agents/index.ts';
import { auditOrigin, auditRow } from '../audit/index.ts';
import { outgoingEvent, tellingDesks } from '../events/index.ts';
import { decidableProposal } from './access.ts';
import { requireWaiting, tellThread } from './decisions.ts';
import { type Contents, contentsOf } from './present.ts';
import { getProposal } from './proposals.ts';
import { changeProposal, isDecided, type ListedProposal, selectContents } from './queries.ts';

/** In every round at least one of the competing writers gets through. */
const ROUNDS = 12;

/** The bytes that an approval is for, and the draft's revision that they replace. */
interface Result {
  readonly files: AgentFiles;
  readonly definition: AgentDefinition;
  readonly draft_version: number;
  readonly hash: string;
}

/**
 * Makes what was chosen of a proposal the draft: the whole of it, files, or hunks. Status, draft, event and audit row are one
 * batch, which fails where somebody else decided or the draft moved. Throws `not_found`, `forbidden`, `proposal_decided`,
 * `proposal_changed` for another hash, `draft_moved` with the merge, `agent_archived`, and `validation_failed` for an unknown
 * file or hunk and for files that make no draft.
 */
export async function approveProposal(
  ctx: RequestContext,
  id: string,
  request: ApproveProposalRequest,
): Promise<Proposal> {
  for (let round = 0; round < ROUNDS; round++) {
    const row = await decidableProposal(ctx, id);
    requireWaiting(row);
    requireNotArchived(await getAgent(ctx, row.agent_id));
    const contents = contentsOf(await selectContents(db(ctx.env, ctx.organizationId), ctx.organizationId, id));
    const result = await resultOf(ctx, row, contents, request);
    if (!(await write(ctx, row, request, result))) continue;
    tellThread(ctx, row, 'approved');
    return getProposal(ctx, id);
  }
  throw new ApiError('conflict', 'Others are changing this draft at the same time. Try again.');
}

async function resultOf(
  ctx: RequestContext,
  row: ListedProposal,
  { base, generated }: Contents,
  request: ApproveProposalRequest,
): Promise<Result> {
  const baseFiles = filesOf(base);
  const chosen = choose(baseFiles, generated ?? {}, request);
  const draft = await getDraft(ctx, row.agent_id);
  const draftFiles = filesOf(draft.definition);
  if ((request.onto ?? row.base_version) !== draft.revision) {
    throw await draftMoved(draft.revision, mergeFiles(baseFiles, draftFiles, chosen));
  }
  const merged = merge(baseFiles, draftFiles, chosen, request.resolved);
  if (merged.conflicts.length > 0) throw await draftMoved(draft.revision, merged);
  const hash = await approvalHash(merged.files, draft.revision);
  if (request.hash !== undefined && request.hash !== hash) {
    throw new ApiError('proposal_changed', 'What would be written is not what the hash stands for.');
  }
  const read = definitionOf(merged.files);
  if (!read.ok) throw filesInvalid(read.problems);
  if (read.unused.length > 0) {
    const message = 'is used by nothing in what was chosen: choose the change of agent.yaml that names it, too';
    throw invalid(read.unused.map((path) => ({ path, message })));
  }
  return { files: merged.files, definition: read.definition, draft_version: draft.revision, hash };
}

function choose(base: AgentFiles, generated: AgentFiles, { paths, hunks }: ApproveProposalRequest): AgentFiles {
  if (paths === undefined && hunks === undefined) return generated;
  let chosen: AgentFiles;
  try {
    chosen = chooseChanges(base, generated, {
      ...(paths === undefined ? {} : { paths }),
      ...(hunks === undefined ? {} : { hunks }),
    });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw invalid([{ path: hunks === undefined ? 'paths' : 'hunks', message: error.message }]);
  }
  if (changesOf(base, chosen).length === 0) {
    throw invalid([{ path: hunks === undefined ? 'paths' : 'hunks', message: 'chooses none of the changes' }]);
  }
  return chosen;
}

type Resolved = ApproveProposalRequest['resolved'];

function merge(base: AgentFiles, draft: AgentFiles, chosen: AgentFiles, resolved: Resolved): Merged {
  try {
    return mergeFiles(base, draft, chosen, resolved);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw invalid([{ path: 'resolved', message: error.message }]);
  }
}

type Merged = ReturnType<typeof mergeFiles>;

async function draftMoved(draft_version: number, { files, conflicts }: Merged): Promise<ApiError> {
  const merge: ProposalMerge = {
    draft_version,
    hash: conflicts.length > 0 ? null : await approvalHash(files, draft_version),
    files: { ...files },
    conflicts: [...conflicts],
  };
  const detail =
    conflicts.length > 0
      ? 'The draft has changed since the proposal was made, and the two contradict each other.'
      : 'The draft has changed since the proposal was made: look at the merge, and approve that.';
  return new ApiError('draft_moved', detail, { merge });
}

/** False where the proposal or the draft is not what the result was made of any more. */
async function write(
  ctx: RequestContext,
  row: ListedProposal,
  { paths, hunks, comment }: ApproveProposalRequest,
  { definition, draft_version, hash }: Result,
): Promise<boolean> {
  const { organizationId } = ctx;
  const database = db(ctx.env, organizationId);
  const now = ctx.now();
  const choice = { hash, paths: paths ?? null, hunks: hunks ?? null };
  const entry = {
    action: 'proposal.approved',
    resource_type: 'proposal',
    resource_id: row.id,
    details: {
      agent_id: row.agent_id,
      ...choice,
      draft_version_before: draft_version,
      draft_version: draft_version + 1,
    },
  };
  const told = { proposal_id: row.id, agent_id: row.agent_id, agent_name: row.agent_name };
  try {
    await tellingDesks(ctx, [organizationId], () =>
      database.batch([
        changeProposal(database, organizationId, row.id, ['ready'], {
          status: 'approved',
          decided_at: now,
          decided_by: JSON.stringify(ctx.actor),
          decision: JSON.stringify({ ...choice, comment, draft_version: draft_version + 1 }),
        }),
        replaceDraft(database, organizationId, row.agent_id, definition, {
          expected: draft_version,
          at: now,
          by: ctx.actor.id,
        }),
        auditRow(database, organizationId, auditOrigin(ctx), entry, now),
        outgoingEvent(database, organizationId, 'proposal.approved', told, now),
      ]),
    );
    return true;
  } catch (error) {
    if (isDecided(error) || isStale(error)) return false;
    throw error;
  }
}
