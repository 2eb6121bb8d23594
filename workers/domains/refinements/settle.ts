import { type AgentFiles, changesOf, definitionOf, filesOf } from '@agentflow/agent-files';
import {
  type AgentDefinition,
  type DefinitionProblem,
  type ExecutionError,
  LIMITS,
  MAX_GENERATED_BYTES,
  type ProposalStatus,
} from '@agentflow/contracts';
import type { RefinementJob, RunEnd } from '../../../durable-objects/refinement/client.ts';
import { db } from '../../db/client.ts';
import type { RequestContext } from '../../platform/context.ts';
import type { Env } from '../../platform/env.ts';
import { derivedId } from '../../platform/ids.ts';
import { checkDefinition } from '../agents/index.ts';
import { auditRow } from '../audit/index.ts';
import { outgoingEvent, tellingDesks } from '../events/index.ts';
import { contentsOf } from './present.ts';
import { changeProposal, insertContents, isDecided, noteRun, selectContents, selectStatus } from './queries.ts';

const MAX_SUMMARY = 4000;
const MAX_PROBLEMS = 200;

/** What a run begins with; null where its proposal is not there (any more) or no run of it is wanted. */
export async function runBasis(
  env: Env,
  { organization_id, proposal_id }: RefinementJob,
): Promise<{ readonly definition: AgentDefinition; readonly files: AgentFiles } | null> {
  const database = db(env, organization_id);
  if ((await selectStatus(database, organization_id, proposal_id)) !== 'generating') return null;
  const { base, from } = contentsOf(await selectContents(database, organization_id, proposal_id));
  return { definition: base, files: from ?? filesOf(base) };
}

/** null for a proposal that is not there. */
export function proposalStatus(
  env: Env,
  { organization_id, proposal_id }: RefinementJob,
): Promise<ProposalStatus | null> {
  return selectStatus(db(env, organization_id), organization_id, proposal_id);
}

export async function noteRunOf(
  env: Env,
  { organization_id, proposal_id }: RefinementJob,
  run: { readonly run_id: string; readonly attempts: number },
): Promise<void> {
  await noteRun(db(env, organization_id), organization_id, proposal_id, run);
}

interface Verdict {
  readonly status: 'ready' | 'failed';
  readonly error: ExecutionError | null;
  readonly problems: readonly DefinitionProblem[];
  /** The proposed draft as its own files: what approving all of it makes, to the byte. Of one that is ready. */
  readonly files: AgentFiles;
}

/**
 * Writes what a run came to: files, problems, status, event and audit row in one batch. Gives the proposal's status, which
 * is another one where it was decided or expired meanwhile; null where it is not there. May be told again.
 */
export async function settleRefinement(
  env: Env,
  waitUntil: (work: Promise<unknown>) => void,
  job: RefinementJob,
  end: RunEnd,
): Promise<ProposalStatus | null> {
  const { organization_id, proposal_id } = job;
  const database = db(env, organization_id);
  const status = await selectStatus(database, organization_id, proposal_id);
  if (status !== 'generating') return status;
  const verdict = await judge(env, job, end);
  const ready = verdict.status === 'ready';
  const content = { proposal_id, organization_id, kind: 'generated', content: JSON.stringify(verdict.files) };
  const write = async () => {
    await database.batch([
      changeProposal(database, organization_id, proposal_id, ['generating'], {
        status: verdict.status,
        summary: end.summary.slice(0, MAX_SUMMARY),
        error: verdict.error === null ? null : JSON.stringify(verdict.error),
        problems: JSON.stringify(verdict.problems.slice(0, MAX_PROBLEMS)),
        todos: JSON.stringify(end.todos),
        attempts: end.attempts,
        cost_microusd: end.cost_microusd,
        ended_at: end.ended_at,
      }),
      ...(ready
        ? [
            insertContents(database, [content]),
            outgoingEvent(database, organization_id, 'proposal.created', told(job), end.ended_at),
          ]
        : []),
      auditRow(
        database,
        organization_id,
        originOf(job),
        {
          id: await derivedId('audit', `${proposal_id} ended`, end.ended_at),
          action: ready ? 'proposal.created' : 'refinement.failed',
          resource_type: 'proposal',
          resource_id: proposal_id,
          details: {
            agent_id: job.agent_id,
            attempts: end.attempts,
            ...(verdict.error === null ? {} : { error: verdict.error.code }),
          },
        },
        end.ended_at,
      ),
    ]);
  };
  try {
    await (ready ? tellingDesks({ env, waitUntil }, [organization_id], write) : write());
    return verdict.status;
  } catch (error) {
    if (!isDecided(error)) throw error;
    return selectStatus(database, organization_id, proposal_id);
  }
}

export function told({ proposal_id, agent_id, agent_name }: RefinementJob) {
  return { proposal_id, agent_id, agent_name };
}

function originOf({ created_by, ip, request_id }: RefinementJob) {
  return { actor_type: created_by.type, actor_id: created_by.id, ip, user_agent: '', request_id };
}

async function judge(env: Env, job: RefinementJob, { error, files }: RunEnd): Promise<Verdict> {
  const failed = (code: string, message: string): Verdict => ({
    status: 'failed',
    error: { code, message },
    problems: [],
    files: {},
  });
  if (error !== null) return { status: 'failed', error, problems: [], files: {} };
  if (files === null) return failed('no_files', 'The run ended without any files.');
  if (new TextEncoder().encode(JSON.stringify(files)).byteLength > MAX_GENERATED_BYTES) {
    return failed('files_too_large', `The run made files of more than ${MAX_GENERATED_BYTES} bytes together.`);
  }
  const read = definitionOf(files);
  if (!read.ok) return failed('files_invalid', unreadable(read.problems));
  const bytes = new TextEncoder().encode(JSON.stringify(read.definition)).byteLength;
  if (bytes > LIMITS.definition_bytes) {
    return failed('files_too_large', `The run made a draft of more than ${LIMITS.definition_bytes} bytes.`);
  }
  const database = db(env, job.organization_id);
  const { base } = contentsOf(await selectContents(database, job.organization_id, job.proposal_id));
  const proposed = filesOf(read.definition);
  if (changesOf(filesOf(base), proposed).length === 0) {
    return failed('nothing_changed', 'The run ended without changing anything.');
  }
  const ctx = { env, organizationId: job.organization_id } satisfies Pick<RequestContext, 'env' | 'organizationId'>;
  const { problems } = await checkDefinition(ctx, job.agent_id, read.definition);
  return { status: 'ready', error: null, problems: [...read.unused.map(notTaken), ...problems], files: proposed };
}

function notTaken(path: string): DefinitionProblem {
  const message = 'Nothing in agent.yaml uses this file, so that it is not part of the proposal.';
  return { severity: 'warning', code: 'file_unused', message, path };
}

function unreadable(problems: readonly { path: string; line: number | null; message: string }[]): string {
  const [first] = problems;
  if (first === undefined) return 'The run left files that are no draft.';
  const place = first.line === null ? first.path : `${first.path}, line ${first.line}`;
  const more = problems.length === 1 ? '' : ` There are ${problems.length - 1} more problems.`;
  return `The run left files that are no draft: ${place}: ${first.message}${more}`;
}

/** Nobody decided in time, or the run never ended. Gives the status that it has then; null where it is not there. */
export async function expireProposal(
  env: Env,
  job: RefinementJob,
  from: 'generating' | 'ready',
): Promise<ProposalStatus | null> {
  const { organization_id, proposal_id } = job;
  const database = db(env, organization_id);
  const now = Date.now();
  const entry = {
    id: await derivedId('audit', `${proposal_id} expired`, now),
    action: 'proposal.expired',
    resource_type: 'proposal',
    resource_id: proposal_id,
    details: { agent_id: job.agent_id, status: from },
  };
  const origin = { actor_type: 'system', actor_id: 'refinements', ip: '', user_agent: '', request_id: job.request_id };
  try {
    await database.batch([
      changeProposal(database, organization_id, proposal_id, [from], {
        status: 'expired',
        ...(from === 'generating' ? { ended_at: now } : {}),
      }),
      auditRow(database, organization_id, origin, entry, now),
    ]);
    return 'expired';
  } catch (error) {
    if (!isDecided(error)) throw error;
    return selectStatus(database, organization_id, proposal_id);
  }
}
