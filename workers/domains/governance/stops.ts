import { microusdToUsd, type Stop } from '@agentflow/contracts';
import { organizationDesk, type StopRecord } from '../../../durable-objects/organization/client.ts';
import type { RequestContext } from '../../platform/context.ts';
import { notFound } from '../../platform/errors.ts';

export async function getStop({ env, organizationId }: RequestContext, id: string): Promise<Stop> {
  const stop = await organizationDesk(env.ORGANIZATION, organizationId).stopOf(id);
  if (stop === null) throw notFound('stop', id);
  return presentStop(stop);
}

export function presentStop(stop: StopRecord): Stop {
  return {
    stop_id: stop.id,
    of: stop.kind,
    subject_id: stop.subject_id,
    status: stop.finished_at === null ? 'stopping' : 'stopped',
    targeted: stop.targeted,
    stopped: stop.stopped,
    spent_usd: microusdToUsd(stop.spent_microusd),
    created_at: new Date(stop.created_at).toISOString(),
    finished_at: stop.finished_at === null ? null : new Date(stop.finished_at).toISOString(),
  };
}
