import type { AgentDefinition, Validation } from '@agentflow/contracts';
import { mentionsEnv, validateDefinition } from '@agentflow/engine';
import { db } from '../../db/client.ts';
import { checkModel } from '../../models/index.ts';
import type { RequestContext } from '../../platform/context.ts';
import { secretNames } from '../secrets/index.ts';
import { callGraph } from './call-graph.ts';

/**
 * Everything that is wrong with a definition of this agent; `valid` where nothing keeps it from being published. The
 * organization's secrets are looked up only where the definition could name one, other agents where it calls any.
 */
export async function checkDefinition(
  ctx: Pick<RequestContext, 'env' | 'organizationId'>,
  agentId: string,
  definition: AgentDefinition,
): Promise<Validation> {
  const { env, organizationId } = ctx;
  const [env_names, calls] = await Promise.all([
    mentionsEnv(JSON.stringify(definition.nodes)) ? secretNames(env, organizationId) : [],
    callGraph(db(env, organizationId), organizationId, agentId, definition),
  ]);
  const problems = validateDefinition(definition, { env_names, check_model: checkModel, calls });
  return { valid: problems.every((problem) => problem.severity !== 'error'), problems };
}
