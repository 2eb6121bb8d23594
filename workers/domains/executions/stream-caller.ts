import { type Permission, roleAllows } from '@agentflow/contracts';
import type { FrameWatcher } from '../../../durable-objects/execution/client.ts';
import { actorOf, type Principal, type RequestContext } from '../../platform/context.ts';
import type { Env } from '../../platform/env.ts';
import type { StreamCaller } from '../../platform/tokens.ts';
import { memberDecider } from '../approvals/index.ts';
import { auditOrigin } from '../audit/index.ts';

const THROUGH_A_STREAM: readonly Permission[] = ['agents:execute', 'executions:cancel', 'approvals:approve'];

/** What a caller may do through the stream of an execution that they may read. */
export function streamCallerOf(principal: Principal): StreamCaller {
  const may = (permission: Permission) =>
    principal.kind === 'user' ? roleAllows(principal.role, permission) : principal.scopes.includes(permission);
  return {
    actor: actorOf(principal),
    role: principal.kind === 'user' ? principal.role : null,
    may: THROUGH_A_STREAM.filter(may),
  };
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
