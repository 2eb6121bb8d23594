import type { AgentDefinition, Validation } from '@agentflow/contracts';
import { mentionsEnv, validateDefinition } from '@agentflow/engine';
import { checkModel } from '../../models/index.ts';
import type { RequestContext } from '../../platform/context.ts';
import { secretNames } from '../secrets/index.ts';

/**
 * Everything that is wrong with a definition; `valid` where nothing keeps it from being published. The organization's
 * secrets are looked up only where the definition could name one.
 */
export async function checkDefinition(ctx: RequestContext, definition: AgentDefinition): Promise<Validation> {
  const env_names = mentionsEnv(JSON.stringify(definition.nodes)) ? await secretNames(ctx.env, ctx.organizationId) : [];
  const problems = validateDefinition(definition, { env_names, check_model: checkModel });
  return { valid: problems.every((problem) => problem.severity !== 'error'), problems };
}
