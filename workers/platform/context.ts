import type { Actor, ExternalOperation, ExternalPlatform, Permission, Role } from '@agentflow/contracts';
import type { AdmissionCaller, LimitState } from '../../durable-objects/organization/client.ts';
import type { Env } from './env.ts';
import type { Logger, TraceContext } from './telemetry.ts';

/**
 * A signed-in person. `role` is the membership's current one, not the token's. `held_to` is the address that they come
 * from, where the organization lets in some addresses only.
 */
export interface UserPrincipal {
  readonly kind: 'user';
  readonly organization_id: string;
  readonly user_id: string;
  readonly session_id: string;
  readonly name: string;
  readonly role: Role;
  readonly held_to?: string;
}

/** An API key that the organization's desk has checked. */
export interface ApiKeyPrincipal {
  readonly kind: 'api_key';
  readonly organization_id: string;
  readonly key_id: string;
  readonly name: string;
  readonly scopes: readonly Permission[];
  readonly held_to?: string;
  /** What is left to the key of the organization's limit of reads, where it has one. */
  readonly limits?: readonly LimitState[];
}

/**
 * The key of an external agent, checked by the organization's desk. It has no permissions: it passes the routes alone that
 * name the operation which it may do.
 */
export interface ExternalAgentPrincipal {
  readonly kind: 'external_agent';
  readonly organization_id: string;
  readonly external_agent_id: string;
  readonly key_id: string;
  readonly name: string;
  readonly platform: ExternalPlatform;
  /** The agents that it may call; null for all. */
  readonly agents: readonly string[] | null;
  readonly operations: readonly ExternalOperation[];
  readonly limits?: readonly LimitState[];
  readonly held_to?: string;
}

/** An API key on a route whose own call to the desk checks it (see `deferKey`): nothing may be told to it before. */
export interface UncheckedKeyPrincipal {
  readonly kind: 'unchecked_key';
  readonly form: 'api_key' | 'external_agent';
  readonly organization_id: string;
  /** The external agent that the request says it comes from; its key must be that one's. */
  readonly claimed: string | null;
  readonly key_hash: string;
}

export type Principal = UserPrincipal | ApiKeyPrincipal;
/** Whoever may stand behind a request, once known. */
export type Caller = Principal | ExternalAgentPrincipal;

/** What services get of a request: who asks, for which organization, and what the platform offers. */
export interface RequestContext {
  readonly env: Env;
  readonly organizationId: string;
  readonly principal: Principal;
  readonly actor: Actor;
  readonly requestId: string;
  readonly trace: TraceContext;
  readonly ip: string;
  readonly userAgent: string;
  readonly log: Logger;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly waitUntil: (work: Promise<unknown>) => void;
}

export function actorOf(principal: Caller): Actor {
  const { name } = principal;
  switch (principal.kind) {
    case 'user':
      return { type: 'user', id: principal.user_id, name };
    case 'api_key':
      return { type: 'api_key', id: principal.key_id, name };
    case 'external_agent':
      return { type: 'external_agent', id: principal.external_agent_id, name };
  }
}

/** Who a job starts executions for, after the request that began it: checked anew by every start. */
export function admissionCaller(principal: Principal): AdmissionCaller {
  return principal.kind === 'user'
    ? { kind: 'user', user_id: principal.user_id, name: principal.name, role: principal.role }
    : { kind: 'checked_key', key_id: principal.key_id, name: principal.name, scopes: principal.scopes };
}
