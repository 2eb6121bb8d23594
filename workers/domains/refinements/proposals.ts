import { approvalHash, definitionOf } from '@agentflow/agent-files';
import type {
  Proposal,
  ProposalFilter,
  ProposalStats,
  ProposalSummary,
  StartShadowRunRequest,
} from '@agentflow/contracts';
import { db } from '../../db/client.ts';
import type { RequestContext } from '../../platform/context.ts';
import { ApiError } from '../../platform/errors.ts';
import { firstIdAt } from '../../platform/ids.ts';
import { pageOf } from '../../platform/pagination.ts';
import { getDraft } from '../agents/index.ts';
import { startShadowRun } from '../shadow-runs/index.ts';
import { decidableProposal, viewerOf, visibleProposal } from './access.ts';
import { contentsOf, presentProposal, presentSummary } from './present.ts';
import { countByStatus, selectContents, selectDurations, selectProposals } from './queries.ts';

/** Newest first, those that the caller may see. */
export async function listProposals(
  ctx: RequestContext,
  filter: ProposalFilter,
  before: string | undefined,
  limit: number,
): Promise<{ data: ProposalSummary[]; next_cursor: string | null }> {
  const database = db(ctx.env, ctx.organizationId);
  const rows = await selectProposals(database, ctx.organizationId, viewerOf(ctx), filter, before, limit + 1);
  const page = pageOf(rows, limit);
  return { data: page.data.map((row) => presentSummary(ctx, row)), next_cursor: page.next_cursor };
}

/** Throws `not_found`. */
export async function getProposal(ctx: RequestContext, id: string): Promise<Proposal> {
  const row = await visibleProposal(ctx, id);
  const [rows, draft] = await Promise.all([
    selectContents(db(ctx.env, ctx.organizationId), ctx.organizationId, id),
    getDraft(ctx, row.agent_id),
  ]);
  const contents = contentsOf(rows);
  const hash = contents.generated === null ? null : await approvalHash(contents.generated, row.base_version);
  return presentProposal(ctx, row, contents, { draft_version: draft.revision, hash });
}

/**
 * Tries the proposed draft on recent executions, in test mode. Throws `not_found`, `forbidden`, `conflict` for a proposal
 * without files, and what a shadow run of the draft throws.
 */
export async function tryProposal(ctx: RequestContext, id: string, request: StartShadowRunRequest): Promise<string> {
  const row = await decidableProposal(ctx, id);
  const { generated } = contentsOf(await selectContents(db(ctx.env, ctx.organizationId), ctx.organizationId, id));
  const read = generated === null ? null : definitionOf(generated);
  if (read === null || !read.ok) throw new ApiError('conflict', 'The proposal has no files that can be tried.');
  const trial = { definition: read.definition, draft_revision: null };
  return (await startShadowRun(ctx, row.agent_id, trial, request)).id;
}

const STATS_DAYS = 90;
/** Runs that percentiles are made of. */
const STATS_RUNS = 5000;

/** Of the proposals of the last 90 days. */
export async function proposalStats(ctx: RequestContext): Promise<ProposalStats> {
  const database = db(ctx.env, ctx.organizationId);
  const since = firstIdAt('proposal', ctx.now() - STATS_DAYS * 86_400_000);
  const [counted, durations] = await Promise.all([
    countByStatus(database, ctx.organizationId, since),
    selectDurations(database, ctx.organizationId, since, STATS_RUNS),
  ]);
  const count = (status: string) => counted.find((row) => row.status === status)?.count ?? 0;
  const approved = count('approved');
  const decided = approved + count('rejected');
  const sorted = durations.sort((a, b) => a - b);
  const quantile = (share: number) => sorted[Math.ceil(sorted.length * share) - 1] ?? 0;
  return {
    by_status: {
      generating: count('generating'),
      ready: count('ready'),
      failed: count('failed'),
      approved,
      rejected: count('rejected'),
      superseded: count('superseded'),
      expired: count('expired'),
    },
    approval_rate: decided === 0 ? null : approved / decided,
    duration_ms: sorted.length === 0 ? null : { p50: quantile(0.5), p95: quantile(0.95) },
  };
}
