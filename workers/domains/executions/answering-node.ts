import type { AgentDefinition, AgentNode, Execution } from '@agentflow/contracts';
import type { Env } from '../../platform/env.ts';
import { definitionOf } from './start.ts';

/**
 * The one node whose streamed text is the output of every run of a definition; null where the output is made of more than
 * that, or is known only at the end.
 */
export function answeringNode({ nodes, edges }: AgentDefinition): AgentNode | null {
  // A stop ends a run with another output, and what a loop's body writes is one of several results.
  if (nodes.some(({ type }) => type === 'logic.stop' || type === 'logic.loop')) return null;
  const sources = new Set(edges.map(({ source }) => source));
  const [last, ...others] = nodes.filter(({ id }) => !sources.has(id));
  if (last === undefined || others.length > 0 || last.output_mapping !== undefined) return null;
  const streamsText = last.type === 'ai.summarize' || (last.type === 'ai.chat' && last.config.schema === undefined);
  return streamsText ? last : null;
}

/** Its id, for the definition that an execution runs. */
export async function answeringNodeOf(
  env: Env,
  { organization_id, agent_id, version }: Pick<Execution, 'organization_id' | 'agent_id' | 'version'>,
): Promise<string | null> {
  return answeringNode(await definitionOf(env, organization_id, agent_id, version))?.id ?? null;
}
