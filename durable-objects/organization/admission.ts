import type { Actor } from '@agentflow/contracts';
import type {
  Admission,
  AdmissionRequest,
  AgentHead,
  CheckedKey,
  ExternalAgentRecord,
  ExternalOrigin,
  LimitState,
  PlanLimits,
  StoredKey,
} from './client.ts';
import type { Shortage } from './ledger.ts';
import { noMoney } from './money-refusal.ts';
import type { Verdict } from './policies/evaluate.ts';
import { judgeStart, type PolicyState } from './policies/judge-start.ts';
import { type CountedSubject, checkRates, limitStates, type RateRow } from './rates.ts';
import type { StoredRequest } from './store/requests.ts';

/** All that admission decides on, read by the desk in the same turn. */
export interface DeskState {
  readonly plan: PlanLimits;
  readonly agent: AgentHead | null;
  readonly key: StoredKey | null;
  /** Whose key it is, where it is one of an external agent's that is there. */
  readonly external: ExternalAgentRecord | null;
  /** Whether the organization's IP allowlist lets the caller's address in. */
  readonly address_allowed: boolean;
  readonly request: StoredRequest | null;
  /** What the budgets that it would spend from have left. */
  readonly money: Money;
  readonly policies: PolicyState;
  /** What a start by this caller counts on. */
  readonly rates: readonly CountedSubject[];
  /** Executions that hold a place. */
  readonly live_executions: number;
  readonly live_of_agent: number;
  /** Calls of the external agent that run or are queued. */
  readonly live_of_external: number;
  readonly queued_of_agent: number;
  /** What asks for it was stopped by the kill switch. */
  readonly stopped: boolean;
  /** Of a start that has its lease already, and may not have been made: it is told again, and counts once. */
  readonly admitted: { readonly version: number | null } | null;
}

export interface Money {
  /** In micro-dollars; null where nothing is limited. */
  readonly remaining: number | null;
  /** A budget that is used up. */
  readonly spent_up: Shortage | null;
}

/** Starts of one agent that may wait for a place. */
export const MAX_QUEUED = 1000;

type Denial = Extract<Admission, { outcome: 'deny' }>;
type Decision =
  | Denial
  | Extract<Admission, { outcome: 'replay' | 'tell' | 'check_first' }>
  | {
      readonly outcome: 'admit';
      readonly agent: AgentHead;
      readonly version: number | null;
      readonly caller: Actor;
      readonly external: ExternalOrigin | null;
      /** The API key that asked; null for others. */
      readonly key_id: string | null;
      /** It waits for a place. */
      readonly queued: boolean;
      /** So many of the agent's oldest executions lose their places to it. */
      readonly replaces: number;
      /** Rows of `rates` with this start; none where it is counted already. */
      readonly counted: readonly RateRow[];
      readonly limits: readonly LimitState[];
    };

function deny(
  code: Denial['code'],
  detail: string,
  retryAfter: number | null = null,
  limits: readonly LimitState[] = [],
): Denial {
  return { outcome: 'deny', code, detail, retry_after_seconds: retryAfter, limits };
}

/**
 * Decides one start. Pure. The order is what a caller may learn first: who they are, what they may do, what was already
 * answered, whether the agent can run, what policies say, and only then the limits.
 */
export function decide(state: DeskState, request: AdmissionRequest, now: number): Decision {
  const caller = identify(state, request, now);
  if ('outcome' in caller) return caller;
  const runs = mayCall(state.external, state.agent) ? whatRuns(state.agent, request) : unknownAgent(request);
  if (request.idempotency !== null && state.request !== null) {
    if (state.request.body_hash !== request.idempotency.body_hash || state.request.execution_id === null) {
      return deny(
        'idempotency_key_reused',
        'This Idempotency-Key was used with another request within the last 24 hours.',
      );
    }
    // Whoever asked first may have died before the execution was made: whoever asks again makes it, where it may still run.
    if (state.admitted === null || 'outcome' in runs) {
      return { outcome: 'replay', execution_id: state.request.execution_id, caller: caller.key };
    }
  }
  if ('outcome' in runs) return runs;
  if (state.stopped) return deny('stopped', 'What asks for this start has been stopped.');
  const { agent, version } = runs;
  const { actor, external } = caller;
  const admit = {
    outcome: 'admit',
    agent,
    version,
    caller: actor,
    external,
    key_id: caller.key?.id ?? null,
    queued: false,
    replaces: 0,
  } as const;
  if (state.admitted !== null) {
    const admitted = state.admitted.version ?? version;
    return { ...admit, version: admitted, counted: [], limits: [] };
  }
  const judged = { actor, platform: state.external?.platform ?? null };
  const refused = policyRefusal(judgeStart(state.policies, request, judged, agent, now));
  if (refused !== null) return refused;
  const rates = checkRates(state.rates, now);
  const { limits } = rates;
  if (!rates.ok) return deny('rate_limited', rates.detail, rates.retry_after_seconds, limits);
  if (state.money.spent_up !== null) return { ...noMoney(state.money.spent_up, now), limits };
  const most = request.lineage === undefined ? (state.external?.max_concurrency ?? null) : null;
  if (most !== null && state.live_of_external >= most) {
    const detail = `${state.live_of_external} calls of this external agent are running; it may have no more at once.`;
    return deny('concurrency_limited', detail, 1, limits);
  }
  const room = roomFor(state, agent, request.mode);
  const replaces = room.kind === 'replace' ? room.count : 0;
  // What is queued takes no place yet: the plan's limit holds when its turn comes.
  if (room.kind !== 'queue' && state.live_executions - replaces >= state.plan.concurrent_executions) {
    const detail = `${state.live_executions} executions of this organization are running; the plan allows no more.`;
    return deny('concurrency_limited', detail, 1, limits);
  }
  if (room.kind === 'none') return deny('concurrency_limited', room.detail, 1, limits);
  // A start that is refused for its input must not have cost another execution its place.
  if (replaces > 0 && request.checked_version !== version) {
    return { outcome: 'check_first', agent_id: agent.agent_id, version };
  }
  return {
    ...admit,
    queued: room.kind === 'queue',
    replaces,
    counted: rates.counted,
    limits: limitStates(state.rates, rates.counted, now),
  };
}

function policyRefusal(verdict: Verdict | null): Denial | Extract<Admission, { outcome: 'tell' }> | null {
  if (verdict === null || verdict.outcome === 'allow') return null;
  if (verdict.outcome === 'tell') return verdict;
  const { policy } = verdict;
  const detail =
    policy === null ? 'No policy of the organization allows this.' : `The policy "${policy.rules.name}" denies this.`;
  return deny('policy_denied', detail);
}

/** What is outside a key's scope is answered as if it were not there. */
function mayCall(external: ExternalAgentRecord | null, agent: AgentHead | null): boolean {
  return external === null || agent === null || external.agents === null || external.agents.includes(agent.agent_id);
}

function unknownAgent({ agent_id, external }: AdmissionRequest): Denial {
  return deny('not_found', `There is no agent ${external?.agent_name ?? agent_id}.`);
}

/** The agent and the version to run; null for its draft, or for what the start brings. */
function whatRuns(
  agent: AgentHead | null,
  request: AdmissionRequest,
): Denial | { readonly agent: AgentHead; readonly version: number | null } {
  if (agent === null) return unknownAgent(request);
  if (agent.status === 'archived') return deny('agent_archived', 'Restore the agent before starting it.');
  let version: number | null = null;
  if (request.brings_definition === true) {
    if (agent.status === 'paused') return paused();
  } else if (request.mode === 'live') {
    if (agent.live_version === null) return deny('agent_not_published', 'Publish a version of the agent first.');
    if (agent.status === 'paused') return paused();
    version = request.version ?? agent.live_version;
  } else if (request.lineage !== undefined) {
    // The draft of another agent may be half-finished: a test calls what is live, where there is something.
    version = request.version ?? agent.live_version;
  }
  if (version !== null && version > agent.latest_version) {
    return deny('not_found', `The agent has no version ${version}.`);
  }
  return { agent, version };
}

function paused(): Denial {
  return deny('agent_paused', 'Activate the agent before starting it.');
}

type Room =
  | { readonly kind: 'place' | 'queue' }
  | { readonly kind: 'replace'; readonly count: number }
  | { readonly kind: 'none'; readonly detail: string };

/** What the agent's own limit leaves to one more start. A test counts, but neither waits in line nor takes another's place. */
function roomFor(
  { live_of_agent, queued_of_agent }: DeskState,
  { max_concurrency, concurrency_policy }: AgentHead,
  mode: AdmissionRequest['mode'],
): Room {
  if (max_concurrency === null) return { kind: 'place' };
  const policy = mode === 'test' ? 'reject' : (concurrency_policy ?? 'reject');
  const full = live_of_agent >= max_concurrency;
  // Nobody overtakes: with others in line, a free place is theirs.
  if (policy === 'queue' && (full || queued_of_agent > 0)) {
    if (queued_of_agent < MAX_QUEUED) return { kind: 'queue' };
    return { kind: 'none', detail: `${queued_of_agent} starts of this agent are queued; no more can wait.` };
  }
  if (!full) return { kind: 'place' };
  if (policy === 'cancel_oldest') return { kind: 'replace', count: live_of_agent - max_concurrency + 1 };
  return {
    kind: 'none',
    detail: `${live_of_agent} executions of this agent are running; its setting allows no more.`,
  };
}

/** Who asks, and from where: an address that is not allowed is told so only when the credential is good. */
function identify(
  state: Pick<DeskState, 'key' | 'external' | 'address_allowed'>,
  request: AdmissionRequest,
  now: number,
): Denial | { actor: Actor; key: CheckedKey | null; external: ExternalOrigin | null } {
  const { caller } = request;
  if (caller.kind === 'execution') {
    return { actor: caller.actor, key: null, external: request.lineage?.external ?? null };
  }
  const elsewhere = state.address_allowed
    ? null
    : deny('ip_not_allowed', "The request's address is not on the organization's IP allowlist.");
  if (caller.kind === 'user')
    return elsewhere ?? { actor: { type: 'user', id: caller.user_id, name: caller.name }, key: null, external: null };
  const checked =
    caller.kind === 'checked_key'
      ? { id: caller.key_id, name: caller.name, scopes: caller.scopes }
      : checkKey(state.key, now);
  if (checked === 'expired') return deny('token_expired', 'The API key has expired.');
  if (checked === null) return deny('unauthenticated', 'The API key is not valid.');
  if (checked.external_agent_id !== undefined) return identifyExternal(state.external, checked, request, elsewhere);
  if (elsewhere !== null) return elsewhere;
  if (!checked.scopes.includes(request.permission)) {
    return deny('forbidden', `The API key does not have the scope ${request.permission}.`);
  }
  if (request.external !== undefined) return deny('forbidden', 'This is for the keys of external agents.');
  return { actor: { type: 'api_key', id: checked.id, name: checked.name }, key: checked, external: null };
}

/** A key of an external agent opens nothing but the doors that are made for them. */
function identifyExternal(
  agent: ExternalAgentRecord | null,
  key: CheckedKey,
  { external: asked }: AdmissionRequest,
  elsewhere: Denial | null,
): Denial | { actor: Actor; key: CheckedKey; external: ExternalOrigin } {
  if (agent === null) return deny('unauthenticated', 'The key is not valid.');
  if (elsewhere !== null) return elsewhere;
  if (asked === undefined) return deny('forbidden', 'The key of an external agent cannot do this.');
  if (asked.claimed !== null && asked.claimed !== agent.id) {
    return deny('external_agent_mismatch', 'The key belongs to another external agent than the request names.');
  }
  if (!agent.is_active) return deny('external_agent_inactive', `The external agent ${agent.name} is deactivated.`);
  if (!agent.operations.includes('invoke')) return deny('forbidden', 'The external agent may not start agents.');
  return {
    actor: { type: 'external_agent', id: agent.id, name: agent.name },
    key,
    external: { external_agent_id: agent.id, key_id: key.id },
  };
}

/** The key if it may be used now; an unknown and a revoked one are not told apart. */
export function checkKey(key: StoredKey | null, now: number): CheckedKey | 'expired' | null {
  if (key === null || key.revoked_at !== null) return null;
  if (key.expires_at !== null && key.expires_at <= now) return 'expired';
  const { id, name, scopes, external_agent_id } = key;
  return { id, name, scopes, ...(external_agent_id === undefined ? {} : { external_agent_id }) };
}
