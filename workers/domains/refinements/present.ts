import { type AgentFiles, changesOf, filesOf } from '@agentflow/agent-files';
import {
  type AgentDefinition,
  microusdToUsd,
  type Proposal,
  type ProposalComment,
  type ProposalSummary,
  proposal,
  proposalComment,
  proposalSummary,
} from '@agentflow/contracts';
import type { RequestContext } from '../../platform/context.ts';
import { mayDecide } from './access.ts';
import type { CommentRow, ListedProposal } from './queries.ts';

const iso = (at: number | null) => (at === null ? null : new Date(at).toISOString());
const parsed = (text: string | null): unknown => (text === null ? null : JSON.parse(text));
const listed = (text: string | null): unknown[] => (text === null ? [] : (JSON.parse(text) as unknown[]));

type Looking = Pick<RequestContext, 'principal' | 'actor'>;

function summaryFields(ctx: Looking, row: ListedProposal) {
  return {
    ...row,
    may_decide: mayDecide(ctx, row),
    error: parsed(row.error),
    problem_count: listed(row.problems).length,
    cost_usd: microusdToUsd(row.cost_microusd),
    created_by: parsed(row.created_by),
    created_at: iso(row.created_at),
    ended_at: iso(row.ended_at),
    decided_by: parsed(row.decided_by),
    decided_at: iso(row.decided_at),
  };
}

export function presentSummary(ctx: Looking, row: ListedProposal): ProposalSummary {
  return proposalSummary.parse(summaryFields(ctx, row));
}

/** What a proposal is about: the definition that it was made from, the files it began with, and those that came out. */
export interface Contents {
  readonly base: AgentDefinition;
  readonly from: AgentFiles | null;
  readonly generated: AgentFiles | null;
}

export function contentsOf(rows: readonly { readonly kind: string; readonly content: string }[]): Contents {
  const of = (kind: string) => parsed(rows.find((row) => row.kind === kind)?.content ?? null);
  const base = of('base') as AgentDefinition | null;
  if (base === null) throw new Error('a proposal has no base');
  return { base, from: of('from') as AgentFiles | null, generated: of('generated') as AgentFiles | null };
}

export function presentProposal(
  ctx: Looking,
  row: ListedProposal,
  { base, generated }: Contents,
  now: { readonly draft_version: number; readonly hash: string | null },
): Proposal {
  const base_files = filesOf(base);
  return proposal.parse({
    ...summaryFields(ctx, row),
    base_files,
    generated_files: generated ?? {},
    changes: generated === null ? [] : changesOf(base_files, generated),
    problems: listed(row.problems),
    todos: listed(row.todos),
    decision: parsed(row.decision),
    ...now,
  });
}

export function presentComment(row: CommentRow): ProposalComment {
  return proposalComment.parse({ ...row, created_by: parsed(row.created_by), created_at: iso(row.created_at) });
}
