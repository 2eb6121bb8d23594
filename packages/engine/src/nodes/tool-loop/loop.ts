import type { NodeConfig } from '@agentflow/contracts';
import type { EndedCall, StepCall } from '../../ports.ts';
import { callerOf } from '../../scheduler/index.ts';
import type { ToolRequest } from './records.ts';

type Config = NodeConfig<'ai.agent'>;

/** One conversation with a model: the node's own, or that of a helper with the task which it was given. */
export interface Loop {
  /** What stands before the ids of its calls: nothing, or `t2.0/`. */
  readonly prefix: string;
  /** A helper's has what is its own in place of the node's. */
  readonly config: Config;
  /** Names of the author's tools that it may use; null for all. */
  readonly only: readonly string[] | null;
  /** Whose conversation it is; null for the node's own. */
  readonly helper: string | null;
}

/** The tool by which work is handed to a helper. */
export const TASK = 'task';

export function ownLoop(config: Config): Loop {
  return { prefix: '', config, only: null, helper: null };
}

/** The node's config with what is a helper's own in its place; the node's itself where no such helper is there. */
export function configOf(config: Config, helper: string | undefined): Config {
  const found = config.deep?.helpers.find(({ name }) => name === helper);
  if (found === undefined) return config;
  const { schema: _answer, ...rest } = config;
  return {
    ...rest,
    model: found.model ?? config.model,
    system: found.system,
    max_turns: found.max_turns,
    on_limit: 'answer',
    deep: { planning: false, ask_people: false, helpers: [] },
  };
}

/** The conversation that this call is to have; it begins with the task alone. null where no such helper is there. */
export function loopOfTask(config: Config, { id, request }: StepCall): Loop | null {
  const { helper, description } = (request as unknown as ToolRequest).arguments as Record<string, unknown>;
  const found = config.deep?.helpers.find(({ name }) => name === helper);
  if (found === undefined) return null;
  const { name, tools = null } = found;
  return {
    prefix: `${id}/`,
    config: { ...configOf(config, name), prompt: String(description) },
    only: tools,
    helper: name,
  };
}

/** Whether this call hands work to a helper. */
export function isTask({ deep }: Config, { request }: StepCall): boolean {
  const { tool, problem } = request as unknown as ToolRequest;
  return deep !== undefined && deep.helpers.length > 0 && tool === TASK && problem === undefined;
}

/** What stands before the ids of calls that are made beside this one. */
export function prefixOf(call: string): string {
  return call.slice(0, call.lastIndexOf('/') + 1);
}

/** Calls of one loop by the ids that they have in it, and the lists of tools, which all loops of a node share. */
export function callsOf(calls: readonly EndedCall[], prefix: string): EndedCall[] {
  const within = callerOf(prefix);
  return calls.flatMap((call) => {
    if (/^m\d+$/.test(call.id)) return [call];
    return callerOf(call.id) === within ? [{ ...call, id: call.id.slice(prefix.length) }] : [];
  });
}
