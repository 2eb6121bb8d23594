import { exports } from 'cloudflare:workers';
import type { CreatedExternalAgent, Door, Invoked, JsonValue, PermittedAgent, Problem } from '@agentflow/contracts';
import { Client, StreamableHTTPClientTransport, type Tool } from '@modelcontextprotocol/client';
import OpenAI from 'openai';
import { api, ORIGIN } from './api.ts';

/** What became of one call, in the same words for every door. */
export interface DoorAnswer {
  /** `refused`: nothing was started. */
  readonly outcome: 'completed' | 'failed' | 'refused' | 'unfinished';
  /** Of a refusal or a failure, as the platform calls it. */
  readonly code: string | null;
  /** HTTP status; 200 for a refusal that a door tells inside of an answer. */
  readonly status: number;
  readonly output: JsonValue;
  readonly execution_id: string | null;
}

/** A client of one door, with the key of one external agent. */
export interface DoorClient {
  readonly door: Door;
  /** Runs an agent to its end, by its id. */
  invoke(agentId: string, input: JsonValue): Promise<DoorAnswer>;
  /** Names of the agents that it is offered. */
  list(): Promise<string[]>;
}

type Caller = Pick<CreatedExternalAgent, 'id' | 'api_key'>;

const send = (url: string | URL, init?: RequestInit) => exports.default.fetch(new Request(url, init));
const WAIT = { prefer: 'wait=60' };

function restClient({ id, api_key: key }: Caller): DoorClient {
  return {
    door: 'rest',
    invoke: async (agent_id, input) => {
      const { status, body } = await api<Invoked | Problem>(`/external-agents/${id}/invoke`, {
        key,
        body: { agent_id, input },
        headers: WAIT,
      });
      if (status >= 400) return refused((body as Problem).code, status);
      const { execution, output } = body as Invoked;
      const { status: state, error } = execution;
      const outcome = state === 'completed' ? 'completed' : execution.finished_at === null ? 'unfinished' : 'failed';
      const code = error?.code ?? (outcome === 'failed' ? `execution_${state}` : null);
      return { outcome, code, status, output, execution_id: execution.id };
    },
    list: async () => {
      const { body } = await api<{ data: PermittedAgent[] }>(`/external-agents/${id}/agents?limit=100`, { key });
      return body.data.map(({ name }) => name);
    },
  };
}

function refused(code: string, status: number): DoorAnswer {
  return { outcome: 'refused', code, status, output: null, execution_id: null };
}

/** Of all pages. */
async function toolsOf(client: Client): Promise<Tool[]> {
  const tools: Tool[] = [];
  let cursor: string | undefined;
  do {
    const page = await client.listTools(cursor === undefined ? {} : { cursor });
    tools.push(...page.tools);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return tools;
}

function mcpClient({ api_key }: Caller): DoorClient {
  const connect = async () => {
    const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode: 'auto' } });
    const requestInit = { headers: { authorization: `Bearer ${api_key}`, ...WAIT } };
    await client.connect(new StreamableHTTPClientTransport(new URL(`${ORIGIN}/mcp`), { fetch: send, requestInit }));
    return client;
  };
  return {
    door: 'mcp',
    invoke: async (agentId, input) => {
      const client = await connect().catch((error: { status?: number; code?: unknown }) => error);
      if (!(client instanceof Client)) return refused('unauthenticated', 401);
      const tool = (await toolsOf(client)).find(({ _meta }) => _meta?.['agentflow/agent_id'] === agentId);
      if (tool === undefined) return refused('not_found', 404);
      const result = await client.callTool({ name: tool.name, arguments: input as Record<string, unknown> });
      const content = result.structuredContent as Record<string, JsonValue> | undefined;
      const execution_id = (result._meta?.['agentflow/execution_id'] as string | undefined) ?? null;
      if (result.isError === true) {
        const { code } = (content as { error: { code: string } }).error;
        return { outcome: execution_id === null ? 'refused' : 'failed', code, status: 200, output: null, execution_id };
      }
      const [text] = result.content as { text: string }[];
      const output = (content ?? text?.text ?? null) as JsonValue;
      const goesOn = content?.execution_id === execution_id && content?.status !== undefined;
      return { outcome: goesOn ? 'unfinished' : 'completed', code: null, status: 200, output, execution_id };
    },
    list: async () => (await toolsOf(await connect())).map(({ title, name }) => title ?? name),
  };
}

function openAiClient({ api_key: apiKey }: Caller): DoorClient {
  const client = new OpenAI({
    apiKey,
    baseURL: `${ORIGIN}/v1`,
    maxRetries: 0,
    defaultHeaders: WAIT,
    fetch: (url, init) => send(url as string, init as RequestInit),
  });
  return {
    door: 'openai',
    invoke: async (model, input) => {
      try {
        const answer = await client.responses.create({ model, input: JSON.stringify(input) });
        const output = parsed(answer.output_text);
        const outcome = answer.status === 'completed' ? 'completed' : 'unfinished';
        return { outcome, code: null, status: 200, output, execution_id: answer.id.slice('resp_'.length) };
      } catch (error) {
        if (!(error instanceof OpenAI.APIError)) throw error;
        const { status, code, message } = error;
        const execution_id = /The run (exe_\w+)/.exec(message)?.[1] ?? null;
        const own = code === 'invalid_api_key' ? 'unauthenticated' : code === 'model_not_found' ? 'not_found' : code;
        const outcome = execution_id === null ? 'refused' : 'failed';
        return { outcome, code: own ?? null, status: Number(status), output: null, execution_id };
      }
    },
    list: async () => (await client.models.list()).data.map(({ id }) => id),
  };
}

function parsed(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return text;
  }
}

/** A client of every door that is there, for tests which walk through all of them. */
export function everyDoor(caller: Caller): DoorClient[] {
  return [restClient(caller), mcpClient(caller), openAiClient(caller)];
}
