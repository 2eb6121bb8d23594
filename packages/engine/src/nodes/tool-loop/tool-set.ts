import type { AgentAsTool, AgentTool, DeepAgent, HttpTool, JsonValue, NodeConfig } from '@agentflow/contracts';
import type { EndedCall, ModelToolCall } from '../../ports.ts';
import { checkSchema, validateInput } from '../../validation/index.ts';
import { builtinTool } from './builtin-tools.ts';
import { deepTools } from './deep-tools.ts';
import type { McpTool } from './mcp-client.ts';
import { cut, type OfferedTool, type ToolRequest } from './records.ts';

type Config = NodeConfig<'ai.agent'>;

const MAX_DESCRIPTION_CHARACTERS = 4000;
/** Of all tools of MCP servers together, as JSON: they are sent with every turn. */
const MAX_OFFERED_CHARACTERS = 200_000;

/**
 * The config in which a secret's marker stands only where a tool sends it: what a model reads must never hold one.
 *
 * @param config with markers, and the same one with `{{env.NAME}}` in their place
 */
export function withToolSecrets(config: JsonValue, redacted: JsonValue): JsonValue {
  const [secret, plain] = [config as unknown as Config, redacted as unknown as Config];
  const tools = plain.tools.map((tool, index) => {
    const own = secret.tools[index];
    if (tool.kind === 'http' && own?.kind === 'http') return { ...tool, url: own.url, headers: own.headers };
    if (tool.kind === 'mcp' && own?.kind === 'mcp')
      return { ...tool, server_url: own.server_url, headers: own.headers };
    return tool;
  });
  return { ...plain, tools } as unknown as JsonValue;
}

/** Places of the MCP servers among an agent's tools. */
export function mcpServers(tools: readonly AgentTool[]): number[] {
  return tools.flatMap((tool, index) => (tool.kind === 'mcp' ? [index] : []));
}

export function listId(server: number): string {
  return `m${server}`;
}

function declared({ name, description, parameters }: HttpTool | AgentAsTool): OfferedTool {
  // What an author has not declared is not for the model to send.
  return { name, description, parameters: { additionalProperties: false, ...parameters } };
}

/**
 * Everything that the model is offered. The author's tools come first and keep their names: a server that names one of
 * its own the same, or with what providers don't take in a name, has it under another.
 *
 * @param only names of the author's tools that are offered; null for all
 */
export function offeredTools(
  tools: readonly AgentTool[],
  lists: readonly EndedCall[],
  deep: DeepAgent | undefined,
  only: readonly string[] | null,
): OfferedTool[] {
  const all = everyTool(tools, lists, deep);
  if (only === null) return all;
  const own = new Set(deep === undefined ? [] : deepTools(deep).map(({ name }) => name));
  return all.filter(({ name }) => own.has(name) || only.includes(name));
}

function everyTool(
  tools: readonly AgentTool[],
  lists: readonly EndedCall[],
  deep: DeepAgent | undefined,
): OfferedTool[] {
  const offered: OfferedTool[] = tools.flatMap((tool) => {
    if (tool.kind === 'mcp') return [];
    return [tool.kind === 'builtin' ? builtinTool(tool.name) : declared(tool)];
  });
  if (deep !== undefined) offered.push(...deepTools(deep));
  const names = new Set(offered.map(({ name }) => name));
  let characters = 0;
  for (const server of mcpServers(tools)) {
    const output = lists.find(({ id }) => id === listId(server))?.output;
    for (const tool of (output ?? []) as unknown as McpTool[]) {
      const name = freeName(tool.name, names);
      const description = cut(tool.description, MAX_DESCRIPTION_CHARACTERS);
      const entry = { name, description, parameters: tool.parameters, mcp: { server, name: tool.name } };
      characters += JSON.stringify(entry).length;
      if (characters > MAX_OFFERED_CHARACTERS) break;
      names.add(name);
      offered.push(entry);
    }
  }
  return offered;
}

function freeName(wanted: string, taken: ReadonlySet<string>): string {
  const name = wanted.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, 60);
  let free = name;
  for (let number = 2; taken.has(free); number++) free = `${name}_${number}`;
  return free;
}

/** What is stored of a call before it is made: whether it can be made is decided here, by the schema that the model was told. */
export function toolRequest(call: ModelToolCall, offered: readonly OfferedTool[]): ToolRequest {
  const tool = offered.find(({ name }) => name === call.name);
  const request = { tool: call.name.slice(0, 200), arguments: call.arguments };
  if (tool === undefined) {
    const known = offered.map(({ name }) => name).join(', ');
    return {
      ...request,
      problem: { code: 'tool_unknown', message: `There is no such tool; there are: ${cut(known, 2000)}` },
    };
  }
  const { mcp } = tool;
  const source = mcp === undefined ? {} : { mcp };
  const problems = argumentProblems(tool, call.arguments);
  if (problems.length === 0) return { ...request, ...source };
  const told = problems.slice(0, 5).map(({ path, message }) => `${path === '' ? 'the arguments' : path} ${message}`);
  return { ...request, ...source, problem: { code: 'tool_arguments_invalid', message: `${told.join('; ')}.` } };
}

/** A schema of a server that is not one, or that holds what is not checked here, is left to the server to check by. */
function argumentProblems({ mcp, parameters }: OfferedTool, given: JsonValue) {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    return [{ path: '', message: 'must be a JSON object' }];
  }
  return mcp !== undefined && checkSchema(parameters).length > 0 ? [] : validateInput(parameters, given);
}
