import type { ModelFallback } from '@agentflow/contracts';
import { db } from '../../db/client.ts';
import { checkModel } from '../../models/index.ts';
import type { RequestContext } from '../../platform/context.ts';
import { invalid } from '../../platform/errors.ts';
import { auditOrigin, auditRow } from '../audit/index.ts';
import { forgetModelSettings, readModelSettings } from './organization-models.ts';
import { upsertFallback } from './queries.ts';

/** The organization's chain; empty where it has set none. */
export async function getFallback({ env, organizationId }: RequestContext): Promise<ModelFallback> {
  return { models: [...(await readModelSettings(env, organizationId)).fallback] };
}

/** Sets the chain for nodes that have none of their own. Executions that run follow it with their next calls. */
export async function setFallback(ctx: RequestContext, { models }: ModelFallback): Promise<ModelFallback> {
  const errors = models.flatMap((model, index) => {
    const message = models.indexOf(model) < index ? 'is in the chain already' : checkModel(model);
    return message === null ? [] : [{ path: `models.${index}`, message }];
  });
  if (errors.length > 0) throw invalid(errors);
  const { env, organizationId } = ctx;
  const now = ctx.now();
  const database = db(env, organizationId);
  await database.batch([
    upsertFallback(database, {
      organization_id: organizationId,
      models: JSON.stringify(models),
      updated_at: now,
      updated_by: ctx.actor.id,
    }),
    auditRow(
      database,
      organizationId,
      auditOrigin(ctx),
      {
        action: 'model_fallback.set',
        resource_type: 'model_fallback',
        resource_id: organizationId,
        details: { models },
      },
      now,
    ),
  ]);
  forgetModelSettings(organizationId);
  return { models };
}
