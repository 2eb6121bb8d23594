import { Circuits } from '../../../durable-objects/circuit/client.ts';
import type { RequestContext } from '../../platform/context.ts';
import { ApiError, invalid } from '../../platform/errors.ts';
import { modelWithTools } from '../models/index.ts';
import { hasRemoteRuntime } from '../runtime/index.ts';

/** What stands in a proposal where no language model worked on it. */
export const RULES = 'builtin/rules';

export interface Choice {
  readonly model: string;
  readonly runtime: 'own' | 'remote' | 'rules';
}

/** Throws `upstream_unavailable` where the runtime elsewhere is known to be away. */
async function requireRemote(env: RequestContext['env']): Promise<void> {
  const url = env.DEEPAGENTS_RUNTIME_URL ?? '';
  if (!URL.canParse(url)) throw new ApiError('upstream_unavailable', 'DEEPAGENTS_RUNTIME_URL is no URL.');
  const circuits = new Circuits(env.CIRCUIT, { clock: Date.now, random: Math.random });
  const entry = await circuits.runtime(new URL(url).host).enter();
  if (entry.allowed) return entry.end({ verdict: 'neither' });
  const seconds = Math.max(1, Math.ceil(entry.refusal.retry_after_ms / 1000));
  throw new ApiError('upstream_unavailable', 'The runtime that works on refinements is away. Try again later.', {
    headers: { 'Retry-After': String(seconds) },
  });
}

/**
 * Who works on a refinement: the runtime that the installation names, else its own; the rules where nobody has a key for a
 * model that uses tools, or where they are asked for. Throws `validation_failed` for a model that can't be called, and
 * `upstream_unavailable`.
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
  if (elsewhere) await requireRemote(env);
  const asked = wanted === undefined ? null : { model: wanted, path };
  const model = await modelWithTools(env, organizationId, asked, { elsewhere });
  if (model === null) return { model: RULES, runtime: 'rules' };
  return { model, runtime: elsewhere ? 'remote' : 'own' };
}
