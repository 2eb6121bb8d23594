import { exports } from 'cloudflare:workers';
import type { CreatedExternalAgent, Door } from '@agentflow/contracts';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import OpenAI from 'openai';
import { ORIGIN } from './api.ts';
import { invoke } from './external-agents.ts';

/** How a call through a door ended; `code` is what refused it, or with what its execution ended. */
export type Answered =
  | { readonly ok: true; readonly invocation_id: string }
  | { readonly ok: false; readonly code: string };

/** One of the ways in, with the client that people use there. Agents are named by their names and take `{message}`. */
export interface DoorClient {
  readonly name: string;
  /** As invocations tell it. */
  readonly door: Door;
  call(caller: Pick<CreatedExternalAgent, 'id' | 'api_key'>, agent: string, message: string): Promise<Answered>;
}

const WAIT_SECONDS = 30;
const send = (url: string | URL | Request, init?: RequestInit) => exports.default.fetch(new Request(url, init));

const rest: DoorClient = {
  name: 'REST',
  door: 'rest',
  async call(caller, agent, message) {
    const { status, body } = await invoke(caller, agent, { message }, { wait: WAIT_SECONDS });
    if (status !== 200) return { ok: false, code: (body as unknown as { code: string }).code };
    const { status: ended, execution, invocation_id } = body;
    return ended === 'success'
      ? { ok: true, invocation_id }
      : { ok: false, code: execution.error?.code ?? execution.status };
  },
};

const mcp: DoorClient = {
  name: 'MCP',
  door: 'mcp',
  async call({ api_key }, agent, message) {
    const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode: 'auto' } });
    const requestInit = { headers: { authorization: `Bearer ${api_key}` } };
    try {
      await client.connect(new StreamableHTTPClientTransport(new URL(`${ORIGIN}/mcp`), { fetch: send, requestInit }));
      const { tools } = await client.listTools();
      const name = tools.find(({ title }) => title === agent)?.name ?? 'no_such_tool';
      const result = await client.callTool({ name, arguments: { message } });
      if (result.isError !== true) {
        return { ok: true, invocation_id: String(result._meta?.['agentflow/invocation_id']) };
      }
      const { error } = result.structuredContent as { error: { code: string } };
      return { ok: false, code: error.code };
    } catch (error) {
      return { ok: false, code: `refused: ${String(error)}` };
    }
  },
};

function openai(name: string, surface: 'chat' | 'responses'): DoorClient {
  return {
    name,
    door: 'openai',
    async call({ api_key }, model, message) {
      const client = new OpenAI({
        apiKey: api_key,
        baseURL: `${ORIGIN}/v1`,
        maxRetries: 0,
        fetch: (url, init) => send(url as string, init as RequestInit),
      });
      try {
        const asked =
          surface === 'chat'
            ? client.chat.completions.create({ model, messages: [{ role: 'user', content: message }] })
            : client.responses.create({ model, input: message });
        const { response } = await (asked as ReturnType<typeof client.chat.completions.create>).withResponse();
        return { ok: true, invocation_id: response.headers.get('x-invocation-id') ?? '' };
      } catch (error) {
        if (error instanceof OpenAI.APIError) return { ok: false, code: String(error.code) };
        throw error;
      }
    },
  };
}

export const DOOR_CLIENTS: readonly DoorClient[] = [
  rest,
  mcp,
  openai('OpenAI, chat completions', 'chat'),
  openai('OpenAI, responses', 'responses'),
];
