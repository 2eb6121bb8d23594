import type { JsonValue } from '@agentflow/contracts';
import type { Tool } from '@modelcontextprotocol/server';
import type { OfferedAgent } from '../shared/caller.ts';
import type { JsonObject } from '../shared/json.ts';

/** What clients and model providers take as the name of a tool. */
const NAME_CHARACTERS = 64;
const SUFFIX_CHARACTERS = 6;

export interface AgentTool {
  readonly name: string;
  readonly agent: OfferedAgent;
  readonly tool: Tool;
  /** The agent's input of the tool's arguments. */
  readonly inputOf: (args: JsonObject) => JsonValue;
}

/**
 * One tool for each agent, oldest agent first. A name is made of the agent's; of several that come out the same, the oldest
 * agent's is as it is and the others carry the end of their agent's id.
 */
export function agentTools(agents: readonly OfferedAgent[]): AgentTool[] {
  const taken = new Set<string>();
  return [...agents]
    .sort((one, other) => (one.id < other.id ? -1 : 1))
    .map((agent) => {
      const slug = slugOf(agent.name);
      const name = taken.has(slug) ? withSuffix(slug, agent.id.slice(-SUFFIX_CHARACTERS)) : slug;
      taken.add(name);
      return toolOf(name, agent);
    });
}

function slugOf(name: string): string {
  const plain = name.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase();
  const slug = plain
    .replaceAll(/[^a-z0-9]+/g, '_')
    .slice(0, NAME_CHARACTERS)
    .replaceAll(/^_+|_+$/g, '');
  return slug === '' ? 'agent' : slug;
}

function withSuffix(slug: string, suffix: string): string {
  return `${slug.slice(0, NAME_CHARACTERS - suffix.length - 1)}_${suffix}`;
}

function toolOf(name: string, agent: OfferedAgent): AgentTool {
  const schema = agent.input_schema ?? { type: 'object' };
  const direct = schema.type === 'object';
  const inputSchema = direct ? schema : { type: 'object', properties: { input: schema }, required: ['input'] };
  const description = agent.description === '' ? `Runs the agent “${agent.name}”.` : agent.description;
  return {
    name,
    agent,
    tool: {
      name,
      title: agent.name,
      description,
      inputSchema: inputSchema as Tool['inputSchema'],
      _meta: { 'agentflow/agent_id': agent.id },
    },
    inputOf: direct ? (args) => args : (args) => args.input ?? null,
  };
}

const PAGE = 50;

/** A page of tools; the cursor is the last one's name. null for a cursor that is not of this list. */
export function toolPage(
  tools: readonly AgentTool[],
  cursor: string | undefined,
): { tools: Tool[]; nextCursor?: string } | null {
  const before = cursor === undefined ? -1 : tools.findIndex(({ name }) => name === cursor);
  if (cursor !== undefined && before < 0) return null;
  const page = tools.slice(before + 1, before + 1 + PAGE);
  const last = page.at(-1);
  const more = last !== undefined && tools.length > before + 1 + PAGE;
  return { tools: page.map(({ tool }) => tool), ...(more ? { nextCursor: last.name } : {}) };
}
