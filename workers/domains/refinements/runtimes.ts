import type { RequestContext } from '../../platform/context.ts';
import { invalid } from '../../platform/errors.ts';
import { modelWithTools } from '../models/index.ts';
import { hasRemoteRuntime } from '../runtime/index.ts';

/** What stands in a proposal where no language model worked on it. */
export const RULES = 'builtin/rules';

export interface Choice {
  readonly model: string;
  readonly runtime: 'own' | 'remote' | 'rules';
}

/**
 * Who works on a refinement: the runtime that the installation names, else its own; the rules where nobody has a key for a
 * model that uses tools, or where they are asked for. Throws `validation_failed` for a model that can't be called.
 */
export async function chooseRuntime(
  { env, organizationId }: Pick<RequestContext, 'env' | 'organizationId'>,
  wanted: string | undefined,
): Promise<Choice> {
  const path = 'context.model';
  if (wanted === RULES) return { model: RULES, runtime: 'rules' };
  if (wanted?.startsWith('builtin/') === true) {
    throw invalid([{ path, message: `can’t use tools: only ${RULES} of the built-in ones answers edit commands` }]);
  }
  const elsewhere = hasRemoteRuntime(env);
  const asked = wanted === undefined ? null : { model: wanted, path };
  const model = await modelWithTools(env, organizationId, asked, { elsewhere });
  if (model === null) return { model: RULES, runtime: 'rules' };
  return { model, runtime: elsewhere ? 'remote' : 'own' };
}
