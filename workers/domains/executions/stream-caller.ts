import { type Permission, type Role, roleAllows } from '@agentflow/contracts';
import type { FrameWatcher } from '../../../durable-objects/execution/client.ts';
import { db } from '../../db/client.ts';
import { actorOf, type Principal, type RequestContext } from '../../platform/context.ts';
import type { Env } from '../../platform/env.ts';
import type { StreamCaller } from '../../platform/tokens.ts';
import { memberNow } from '../accounts/index.ts';
import { memberDecider } from '../approvals/index.ts';
import { auditOrigin } from '../audit/index.ts';
import { findApiKey } from '../organizations/index.ts';

const THROUGH_A_STREAM: readonly Permission[] = ['agents:execute', 'executions:cancel', 'approvals:approve'];

/** What a caller may do through the stream of an execution that they may read. */
export function streamCallerOf(principal: Principal): StreamCaller {
  const actor = actorOf(principal);
  if (principal.kind === 'user') return { actor, role: principal.role, may: mayAs(principal.role) };
  return { actor, role: null, may: THROUGH_A_STREAM.filter((permission) => principal.scopes.includes(permission)) };
}

function mayAs(role: Role): Permission[] {
  return THROUGH_A_STREAM.filter((permission) => roleAllows(role, permission));
}

/**
 * Somebody on a socket, which may be open for hours, as they are now: with the role of this moment; null for who has left
 * the organization, and for a key that was revoked or has expired.
 */
export async function frameWatcherNow(env: Env, watcher: FrameWatcher): Promise<FrameWatcher | null> {
  const { organization_id, actor, origin } = watcher;
  if (watcher.vouched === true) return watcher;
  if (actor.type === 'api_key') {
    const key = await findApiKey(db(env, organization_id), organization_id, actor.id);
    if (key === undefined) return watcher;
    const isGood = key.revoked_at === null && (key.expires_at === null || key.expires_at > Date.now());
    return isGood ? watcher : null;
  }
  if (actor.type !== 'user') return watcher;
  const member = await memberNow(env, organization_id, actor.id);
  if (member === null) return null;
  const around = { ip: origin.ip, userAgent: origin.user_agent, requestId: origin.request_id };
  return frameWatcherOf(env, organization_id, { actor, role: member.role, may: mayAs(member.role) }, around);
}

/**
 * The same as the execution's object takes it, with the teams of a person as they are now.
 *
 * @param caller null for somebody who only watches
 */
export async function frameWatcherOf(
  env: Env,
  organization_id: string,
  caller: StreamCaller | null,
  around: Pick<RequestContext, 'ip' | 'userAgent' | 'requestId'>,
): Promise<FrameWatcher> {
  if (caller === null) {
    const actor = { type: 'system', id: 'watcher', name: 'Watcher' } as const;
    return {
      organization_id,
      actor,
      may_steer: false,
      may_stop: false,
      decider: null,
      origin: auditOrigin({ ...around, actor }),
    };
  }
  const { actor, role, may } = caller;
  const decider =
    role === null
      ? { actor, role: null, teams: [], may_approve: may.includes('approvals:approve') }
      : await memberDecider(env, organization_id, { user_id: actor.id, name: actor.name, role });
  return {
    organization_id,
    actor,
    may_steer: may.includes('agents:execute'),
    may_stop: may.includes('executions:cancel'),
    decider,
    origin: auditOrigin({ ...around, actor }),
  };
}
