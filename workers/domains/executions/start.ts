import type {
  AgentDefinition,
  AgentNode,
  Execution,
  ExecutionMode,
  ExecutionTrigger,
  JsonValue,
  Permission,
  TestRequest,
} from '@agentflow/contracts';
import { exitOfOutput, validateInput } from '@agentflow/engine';
import { executionObject, type Given, type StartRefusal } from '../../../durable-objects/execution/client.ts';
import {
  type Admission,
  type AdmissionCaller,
  type AdmissionRequest,
  type LimitState,
  type OrganizationStub,
  organizationDesk,
} from '../../../durable-objects/organization/client.ts';
import { db } from '../../db/client.ts';
import type { Caller, UncheckedKeyPrincipal } from '../../platform/context.ts';
import type { Env } from '../../platform/env.ts';
import { ApiError, invalid, notFound, unauthenticated } from '../../platform/errors.ts';
import { newId } from '../../platform/ids.ts';
import { budgetHeaders, limitHeaders } from '../../platform/limit-headers.ts';
import { type TraceContext, traceparentOf } from '../../platform/telemetry.ts';
import { draftDefinition, versionDefinition } from '../agents/index.ts';
import { requireProject } from '../projects/index.ts';
import { rememberPolicyInputs, withPolicyInputs } from './policy-inputs.ts';

export interface StartInput {
  readonly env: Env;
  readonly principal: Caller | UncheckedKeyPrincipal;
  readonly ip: string;
  readonly requestId: string;
  readonly trace: TraceContext;
  /** Empty where `external` names it. */
  readonly agentId: string;
  readonly mode: ExecutionMode;
  readonly permission: Permission;
  /** null: the live version. */
  readonly version: number | null;
  readonly projectId: string | null;
  /** The execution's own budget in micro-dollars. */
  readonly budgetMicrousd?: number | undefined;
  readonly input: JsonValue;
  readonly idempotency: { readonly key: string; readonly body_hash: string } | null;
  readonly waitSeconds: number;
  /** In JSON, instead of the version's or the draft's: of a retry what ran. */
  readonly definition?: string;
  /** Whether that is no version, so that none needs to be published. */
  readonly bringsDefinition?: boolean;
  readonly given?: Given;
  /** Of a test: outputs that stand in for running their nodes, and the nodes that may run. */
  readonly pinned?: Pick<TestRequest, 'pinned' | 'only'>;
  /** Of a call by an external agent. */
  readonly external?: AdmissionRequest['external'];
}

export interface StartOutcome {
  readonly execution: Execution;
  readonly replayed: boolean;
  readonly limits: readonly LimitState[];
  /** What its budgets have left; null where none limits it, and of a replay. */
  readonly remainingMicrousd: number | null;
}

/**
 * Starts one execution: one call to the organization's desk, one to a new execution object, and no read of D1 once the
 * version's definition is in this isolate's cache.
 */
export async function startExecution(start: StartInput): Promise<StartOutcome> {
  const { env, principal } = start;
  const organizationId = principal.organization_id;
  const desk = organizationDesk(env.ORGANIZATION, organizationId);
  const executionId = newId('execution');
  const { projectId, budgetMicrousd } = start;
  const request: AdmissionRequest = {
    organization_id: organizationId,
    caller: callerOf(principal),
    permission: start.permission,
    agent_id: start.agentId,
    version: start.version,
    mode: start.mode,
    ...(start.bringsDefinition === true ? { brings_definition: true } : {}),
    execution_id: executionId,
    idempotency: start.idempotency,
    ip: start.ip,
    spends:
      budgetMicrousd === undefined
        ? { project_id: projectId, budget_of: null }
        : { project_id: projectId, budget_of: executionId, budget_microusd: budgetMicrousd },
    shown: { trigger: triggerOf(start), project_id: projectId },
    ...(start.external === undefined ? {} : { external: start.external }),
  };
  const admission = await admit(desk, request, start.input, (agentId, version) =>
    whatRuns({ ...start, agentId }, version),
  );
  switch (admission.outcome) {
    case 'deny':
      throw refusal(admission);
    case 'replay': {
      const execution = await madeBefore(env, organizationId, admission.execution_id, start.waitSeconds);
      if (execution === null) throw stillStarting();
      return { execution, replayed: true, limits: [], remainingMicrousd: null };
    }
    case 'allow':
      break;
  }
  const { execution_id, again, agent } = admission;
  const before = again ? await madeBefore(env, organizationId, execution_id, start.waitSeconds) : null;
  if (before !== null) return { execution: before, replayed: true, limits: [], remainingMicrousd: null };
  let execution: Execution | StartRefusal;
  try {
    const { definition, given } = await whatRuns({ ...start, agentId: agent.agent_id }, admission.version);
    execution = await executionObject(env.EXECUTION, execution_id).start({
      organization_id: organizationId,
      execution_id,
      agent_id: agent.agent_id,
      agent_name: agent.name,
      version: admission.version,
      definition,
      mode: start.mode,
      trigger: triggerOf(start),
      triggered_by: admission.caller,
      input: start.input,
      project_id: projectId,
      budget_of: budgetMicrousd === undefined ? null : execution_id,
      lineage: null,
      lease_id: admission.lease_id,
      start_by: admission.start_by,
      queued: admission.queued,
      announce: admission.announce ?? false,
      traceparent: traceparentOf(start.trace),
      request_id: start.requestId,
      wait_seconds: start.waitSeconds,
      ...(given === null ? {} : { given }),
      ...(admission.external === null ? {} : { external: admission.external }),
    });
    if (execution === 'erased') throw unauthenticated();
    if (execution === 'stopped') throw new ApiError('stopped', 'The start was stopped before it was made.');
  } catch (error) {
    // What was refused here never started. An unknown outcome of `start` is left to the lease, and so is a start that others
    // may be making too: the desk asks the object.
    if (error instanceof ApiError && !again) {
      const refused = { code: error.code, detail: error.message, ip: start.ip, agent_id: agent.agent_id };
      const { external } = start;
      await desk.forgo({
        lease_id: admission.lease_id,
        ...(external === undefined ? {} : { refused: { ...refused, external } }),
      });
    }
    throw error;
  }
  if (execution === 'late') throw startedTooLate();
  const { limits, remaining_microusd: remainingMicrousd } = admission;
  return { execution, replayed: again, limits, remainingMicrousd };
}

/** How often a start is asked for anew because a publish or a change of policies was faster. */
const ROUNDS = 6;

/**
 * Asks the desk for a start, and tells it what policies read of the input. Where it would take the place of another
 * execution, `check` throws first what is wrong with it, so that a start which can't be made costs nobody a place.
 */
export async function admit(
  desk: OrganizationStub,
  request: AdmissionRequest,
  input: JsonValue,
  check: (agentId: string, version: number | null) => Promise<unknown>,
): Promise<Exclude<Admission, { outcome: 'check_first' | 'tell' }>> {
  let asked = request;
  for (let round = 0; round < ROUNDS; round++) {
    const admission = await desk.admit(withPolicyInputs(asked, input));
    if (admission.outcome === 'tell') {
      rememberPolicyInputs(request.organization_id, admission.paths);
    } else if (admission.outcome === 'check_first') {
      await check(admission.agent_id, admission.version);
      asked = { ...request, checked_version: admission.version };
    } else {
      return admission;
    }
  }
  throw new ApiError('conflict', 'The agent or the policies about it change over and over. Try again.');
}

/** What is to be run, and what it begins with. Throws where the definition does not take the input or a part is missing. */
async function whatRuns(
  start: StartInput,
  version: number | null,
): Promise<{ definition: string; given: Given | null }> {
  const { env, principal, projectId } = start;
  const definition = await definitionText(start, version);
  const given = start.given ?? pinnedResults(definition, start.pinned);
  const { organization_id } = principal;
  if (projectId !== null) await requireProject(db(env, organization_id), organization_id, projectId);
  return { definition, given };
}

/** JSON of what is to be run; its input schema has taken the input. */
async function definitionText(start: StartInput, version: number | null): Promise<string> {
  if (start.definition !== undefined) {
    checkInput(JSON.parse(start.definition) as AgentDefinition, start.input);
    return start.definition;
  }
  const definition = await definitionOf(start.env, start.principal.organization_id, start.agentId, version);
  checkInput(definition, start.input);
  return textOf(definition);
}

/** Throws `validation_failed` for a node that is not there. */
function pinnedResults(definition: string, { pinned, only }: NonNullable<StartInput['pinned']> = {}): Given | null {
  if (pinned === undefined && only === undefined) return null;
  const { nodes } = JSON.parse(definition) as AgentDefinition;
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const unknown = [
    ...Object.keys(pinned ?? {}).map((id) => ({ id, path: `pinned.${id}` })),
    ...(only ?? []).map((id, index) => ({ id, path: `only.${index}` })),
  ].filter(({ id }) => !byId.has(id));
  if (unknown.length > 0) {
    throw invalid(unknown.map(({ id, path }) => ({ path, message: `There is no node "${id}" in the draft.` })));
  }
  const results = Object.entries(pinned ?? {}).map(([key, output]) => ({
    key,
    handle: exitOfOutput(byId.get(key) as AgentNode, output),
    input: null,
    output: JSON.stringify(output),
  }));
  return { from: 'pinned', results, only: only ?? null, configs: {} };
}

function callerOf(principal: Caller | UncheckedKeyPrincipal): AdmissionCaller {
  switch (principal.kind) {
    case 'user':
      return { kind: 'user', user_id: principal.user_id, name: principal.name, role: principal.role };
    case 'api_key':
      return { kind: 'checked_key', key_id: principal.key_id, name: principal.name, scopes: principal.scopes };
    case 'unchecked_key':
      return { kind: 'api_key', key_hash: principal.key_hash };
    case 'external_agent':
      throw new Error('a call of an external agent brings its key to admission');
  }
}

function triggerOf(start: StartInput): ExecutionTrigger {
  if (start.mode === 'test') return 'test';
  if (start.external !== undefined) return 'external';
  return start.principal.kind === 'user' ? 'manual' : 'api';
}

function refusal(denial: Extract<Admission, { outcome: 'deny' }>): ApiError {
  if (denial.code === 'unauthenticated') return unauthenticated(denial.detail);
  return new ApiError(denial.code, denial.detail, {
    headers: {
      ...limitHeaders(denial.limits),
      ...budgetHeaders(denial.remaining_microusd ?? null),
      ...(denial.retry_after_seconds === null ? {} : { 'Retry-After': String(denial.retry_after_seconds) }),
    },
  });
}

/** The execution of a start that was admitted before; null while it has not reached its object. */
function madeBefore(
  env: Env,
  organizationId: string,
  executionId: string,
  waitSeconds: number,
): Promise<Execution | null> {
  const object = executionObject(env.EXECUTION, executionId);
  return waitSeconds > 0 ? object.waitForEnd(organizationId, waitSeconds) : object.get(organizationId);
}

function stillStarting(): ApiError {
  return new ApiError('idempotency_in_progress', 'The first request with this key has not started the execution.', {
    headers: { 'Retry-After': '1' },
  });
}

function startedTooLate(): ApiError {
  return new ApiError('upstream_unavailable', 'The start took too long and was not made. Try again.', {
    headers: { 'Retry-After': '1' },
  });
}

export async function definitionOf(
  env: Env,
  organizationId: string,
  agentId: string,
  version: number | null,
): Promise<AgentDefinition> {
  const database = db(env, organizationId);
  if (version === null) {
    const draft = await draftDefinition(database, organizationId, agentId);
    if (draft === null) throw notFound('agent', agentId);
    return draft;
  }
  const published = await versionDefinition(database, organizationId, agentId, version);
  if (published === null) throw notFound(`version ${version} of agent`, agentId);
  return published;
}

/** JSON of a definition, made once for each that the version cache holds. */
const texts = new WeakMap<AgentDefinition, string>();

export function textOf(definition: AgentDefinition): string {
  let text = texts.get(definition);
  if (text === undefined) {
    text = JSON.stringify(definition);
    texts.set(definition, text);
  }
  return text;
}

/** What is wrong with an input under a schema; empty where it fits. */
export function inputProblems(schema: { [key: string]: JsonValue }, input: JsonValue) {
  return validateInput(schema, input);
}

export function checkInput(definition: AgentDefinition, input: JsonValue): void {
  if (definition.input_schema === undefined) return;
  const problems = inputProblems(definition.input_schema, input);
  if (problems.length === 0) return;
  const errors = problems.map((each) => ({
    path: each.path === '' ? 'input' : `input.${each.path}`,
    message: each.message,
  }));
  throw invalid(errors, "The input does not fit the agent's input schema.");
}
