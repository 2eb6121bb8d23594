import type { AgentDefinition, Validation } from '@agentflow/contracts';
import { validateDefinition } from '@agentflow/engine';
import { checkModel } from '../../models/index.ts';

/** Names that `{{env.NAME}}` may use. Organizations hold no environment variables yet, so that none is known. */
const ENVIRONMENT_NAMES: readonly string[] = [];

/** Everything that is wrong with a definition; `valid` where nothing keeps it from being published. */
export function checkDefinition(definition: AgentDefinition): Validation {
  const problems = validateDefinition(definition, { env_names: ENVIRONMENT_NAMES, check_model: checkModel });
  return { valid: problems.every((problem) => problem.severity !== 'error'), problems };
}
