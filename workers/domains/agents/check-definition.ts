import type { AgentDefinition, Validation } from '@agentflow/contracts';
import { validateDefinition } from '@agentflow/engine';
import type { Database } from '../../db/client.ts';
import { checkModel } from '../../models/index.ts';
import { callGraph } from './call-graph.ts';

/** Names that `{{env.NAME}}` may use. Organizations hold no environment variables yet, so that none is known. */
const ENVIRONMENT_NAMES: readonly string[] = [];

/**
 * Everything that is wrong with a definition of this agent; `valid` where nothing keeps it from being published. Reads the
 * agents that it calls, where it calls any.
 */
export async function checkDefinition(
  database: Database,
  organizationId: string,
  agentId: string,
  definition: AgentDefinition,
): Promise<Validation> {
  const calls = await callGraph(database, organizationId, agentId, definition);
  const problems = validateDefinition(definition, { env_names: ENVIRONMENT_NAMES, check_model: checkModel, calls });
  return { valid: problems.every((problem) => problem.severity !== 'error'), problems };
}
