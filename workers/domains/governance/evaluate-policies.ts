import {
  type DescribedRequest,
  type EvaluatePoliciesRequest,
  type Execution,
  type FieldError,
  type PolicyEvaluation,
  role,
} from '@agentflow/contracts';
import { executionObject } from '../../../durable-objects/execution/client.ts';
import {
  type AskedStart,
  type ExplainedStart,
  type Explanation,
  organizationDesk,
} from '../../../durable-objects/organization/client.ts';
import { type Database, db } from '../../db/client.ts';
import { requireAccess } from '../../platform/auth.ts';
import type { RequestContext } from '../../platform/context.ts';
import { invalid } from '../../platform/errors.ts';
import { findMemberRow } from '../accounts/index.ts';
import { selectKnownIds, selectPlatform } from './policy-queries.ts';
import { policyProblems } from './policy-references.ts';

type Subject = NonNullable<DescribedRequest['subject']>;

/**
 * Judges a start that is described, or that an execution began with, by the saved policies and by drafts in their places.
 * Nothing is stored or started. Throws `validation_failed` for what it names and nobody has, and `forbidden` for an
 * execution that the caller may not read.
 */
export async function evaluatePolicies(
  ctx: RequestContext,
  { request, drafts, default: byDefault }: EvaluatePoliciesRequest,
): Promise<PolicyEvaluation> {
  const { organizationId } = ctx;
  const database = db(ctx.env, organizationId);
  const told = await draftProblems(database, organizationId, drafts);
  if (told.length > 0) throw invalid(told);

  const described = await withExecution(ctx, request);
  const { subject, agent_id } = described;
  if (subject === undefined) throw missing('subject', 'must say who calls');
  if (agent_id === undefined) throw missing('agent_id', 'must name the agent that is called');
  if (described.project_id != null) {
    const known = await selectKnownIds(database, organizationId, 'project', [described.project_id]);
    if (known.size === 0) throw missing('project_id', `There is no project ${described.project_id}.`);
  }

  const asked: AskedStart = {
    organization_id: organizationId,
    start: {
      subject: await subjectOf(database, organizationId, subject),
      action: described.action ?? (subject.kind === 'external_agent' ? 'invoke' : 'execute'),
      project_id: described.project_id ?? null,
      ip: described.ip ?? '',
      at: described.at === undefined ? ctx.now() : Date.parse(described.at),
    },
    agent_id,
    input: JSON.stringify(described.input ?? null),
    drafts: JSON.stringify(drafts),
    default: byDefault ?? null,
    ...(described.agent_tags === undefined ? {} : { agent_tags: described.agent_tags }),
    ...(described.cost_estimate_usd === undefined
      ? {}
      : { cost_estimate_microusd: Math.round(described.cost_estimate_usd * 1_000_000) }),
  };
  const explained = await organizationDesk(ctx.env.ORGANIZATION, organizationId).explainPolicies(asked);
  if (explained === null) throw missing('agent_id', `There is no agent ${agent_id}.`);
  const explanation = JSON.parse(explained.explanation) as Explanation;
  return { ...explanation, request: judged(described, explained.start) };
}

function missing(path: string, message: string) {
  return invalid([{ path: `request.${path}`, message }]);
}

async function draftProblems(
  database: Database,
  organizationId: string,
  drafts: EvaluatePoliciesRequest['drafts'],
): Promise<FieldError[]> {
  const found = await Promise.all(
    drafts.map(async ({ policy }, index) => {
      const problems = await policyProblems(database, organizationId, policy);
      return problems.map(({ path, message }) => ({ path: `drafts.${index}.policy.${path}`, message }));
    }),
  );
  return found.flat();
}

/** What was said, and what the execution has where nothing was said. */
async function withExecution(ctx: RequestContext, request: DescribedRequest): Promise<DescribedRequest> {
  if (request.execution_id === undefined) return request;
  requireAccess(ctx.principal, 'executions:read');
  const execution = await executionObject(ctx.env.EXECUTION, request.execution_id).get(ctx.organizationId);
  if (execution === null) throw missing('execution_id', `There is no execution ${request.execution_id}.`);
  return { ...startOf(execution), ...request };
}

function startOf({ triggered_by, mode, agent_id, project_id, created_at, input }: Execution): DescribedRequest {
  const { type, id } = triggered_by;
  return {
    ...(type === 'system' ? {} : { subject: { kind: type, id } }),
    ...(mode === 'test' ? { action: 'test' as const } : {}),
    agent_id,
    project_id,
    at: created_at,
    input,
  };
}

/** With the role of a member, or the platform of an external agent, where only the id was said. */
async function subjectOf(
  database: Database,
  organizationId: string,
  { kind, id, role: saidRole, platform: saidPlatform }: Subject,
): Promise<AskedStart['start']['subject']> {
  const nobody = (what: string) => missing('subject.id', `There is no ${what} ${id}.`);
  const subject = { kind, id: id ?? '', role: null, platform: null };
  if (kind === 'user') {
    if (id === undefined) return { ...subject, role: saidRole ?? null };
    const member = await findMemberRow(database, organizationId, id);
    if (member === undefined) throw nobody('member');
    return { ...subject, role: saidRole ?? role.parse(member.role) };
  }
  if (kind === 'external_agent') {
    if (id === undefined) return { ...subject, platform: saidPlatform ?? null };
    const row = await selectPlatform(database, organizationId, id);
    if (row === undefined) throw nobody('external agent');
    return { ...subject, platform: saidPlatform ?? row.platform };
  }
  if (id !== undefined && (await selectKnownIds(database, organizationId, kind, [id])).size === 0) {
    throw nobody('API key');
  }
  return subject;
}

/** The request with what was found out; of its input only what policies read is told, beside them. */
function judged(
  { execution_id, input: _input, ip, cost_estimate_usd: _cost, ...described }: DescribedRequest,
  { subject, action, agent, cost_estimate_microusd, at }: ExplainedStart['start'],
): DescribedRequest {
  return {
    ...described,
    ...(execution_id === undefined ? {} : { execution_id }),
    ...(ip === undefined ? {} : { ip }),
    ...(cost_estimate_microusd === undefined ? {} : { cost_estimate_usd: cost_estimate_microusd / 1_000_000 }),
    subject: {
      kind: subject.kind,
      ...(subject.id === '' ? {} : { id: subject.id }),
      ...(subject.role == null ? {} : { role: subject.role }),
      ...(subject.platform == null ? {} : { platform: subject.platform as NonNullable<Subject['platform']> }),
    },
    action,
    agent_tags: [...agent.tags],
    at: new Date(at).toISOString(),
  };
}
