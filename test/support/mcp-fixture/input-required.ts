import {
  acceptedContent,
  CLIENT_CAPABILITIES_META_KEY,
  type ClientCapabilities,
  type InputRequests,
  inputRequired,
  type McpServer,
  ProtocolError,
  ProtocolErrorCode,
  type RequestStateCodec,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { text } from './tools.ts';

export type FixtureState = Record<string, unknown>;

const field = (message: string, name: string, type = 'string') =>
  inputRequired.elicit({
    message,
    requestedSchema: { type: 'object', properties: { [name]: { type } }, required: [name] } as never,
  });
const sample = (words: string) =>
  inputRequired.createMessage({
    messages: [{ role: 'user', content: { type: 'text', text: words } }],
    maxTokens: 50,
  });
const accepted = (ctx: ServerContext, key: string, name: string): unknown =>
  acceptedContent(ctx.mcpReq.inputResponses, key)?.[name];
const sampled = (ctx: ServerContext, key: string) =>
  (ctx.mcpReq.inputResponses?.[key] as { content?: { text?: string } } | undefined)?.content?.text;
const rootsOf = (ctx: ServerContext) =>
  (ctx.mcpReq.inputResponses?.client_roots as { roots?: { uri: string }[] } | undefined)?.roots;

/** Tools that end with a question, and go on with its answer when they are called again. */
export function addInputRequiredTools(server: McpServer, codec: RequestStateCodec<FixtureState>): void {
  const tool = (name: string, run: (ctx: ServerContext) => Promise<object>) =>
    server.registerTool(name, { description: name }, (async (ctx: ServerContext) => run(ctx)) as never);
  const ask = async (inputRequests: InputRequests, state?: FixtureState) =>
    inputRequired({ inputRequests, ...(state === undefined ? {} : { requestState: await codec.mint(state) }) });

  tool('test_missing_capability', async (ctx) =>
    ctx.mcpReq.inputResponses?.llm_answer === undefined ? ask({ llm_answer: sample('Say pong') }) : text('sampled'),
  );
  tool('test_input_required_result_elicitation', async (ctx) => {
    const name = accepted(ctx, 'user_name', 'name');
    return typeof name === 'string' ? text(`Hello, ${name}!`) : ask({ user_name: field('What is your name?', 'name') });
  });
  tool('test_input_required_result_sampling', async (ctx) => {
    const answer = sampled(ctx, 'capital_question');
    return answer === undefined
      ? ask({ capital_question: sample('What is the capital of France?') })
      : text(`Sampling response: ${answer}`);
  });
  tool('test_input_required_result_list_roots', async (ctx) => {
    const roots = rootsOf(ctx);
    return roots === undefined
      ? ask({ client_roots: inputRequired.listRoots() })
      : text(`Client exposed ${roots.length} root(s): ${roots.map(({ uri }) => uri).join(', ')}`);
  });
  tool('test_input_required_result_request_state', async (ctx) => {
    if (accepted(ctx, 'confirm', 'ok') === undefined) {
      return ask({ confirm: field('Please confirm', 'ok', 'boolean') }, { tool: 'request_state' });
    }
    if (ctx.mcpReq.requestState() === undefined) {
      throw new ProtocolError(ProtocolErrorCode.InvalidParams, 'Invalid requestState');
    }
    return text('state-ok: requestState verified');
  });
  tool('test_input_required_result_tampered_state', async (ctx) =>
    ctx.mcpReq.requestState() !== undefined && accepted(ctx, 'confirm', 'ok') !== undefined
      ? text('integrity-ok')
      : ask({ confirm: field('Please confirm', 'ok', 'boolean') }, { tool: 'tampered_state' }),
  );
  tool('test_input_required_result_multiple_inputs', async (ctx) => {
    const name = accepted(ctx, 'user_name', 'name');
    const greeting = sampled(ctx, 'greeting');
    const roots = rootsOf(ctx);
    if (typeof name === 'string' && greeting !== undefined && roots !== undefined) {
      return text(`${greeting} ${name}, ${roots.length} root(s)`);
    }
    const requests = {
      user_name: field('What is your name?', 'name'),
      greeting: sample('Generate a greeting'),
      client_roots: inputRequired.listRoots(),
    };
    return ask(requests, { tool: 'multiple_inputs' });
  });
  tool('test_input_required_result_multi_round', async (ctx) => {
    const { round = 0, name } = ctx.mcpReq.requestState<FixtureState>() ?? {};
    if (round === 0) return ask({ step1: field('Step 1: What is your name?', 'name') }, { round: 1 });
    if (round === 1) {
      const given = accepted(ctx, 'step1', 'name') ?? 'unknown';
      return ask({ step2: field('Step 2: What is your favorite color?', 'color') }, { round: 2, name: given });
    }
    return text(`Multi-round complete: ${String(name)} likes ${String(accepted(ctx, 'step2', 'color'))}`);
  });
  tool('test_input_required_result_capabilities', async (ctx) => {
    if (ctx.mcpReq.inputResponses !== undefined) return text('fulfilled');
    const envelope = ctx.mcpReq.envelope as Readonly<Record<string, unknown>> | undefined;
    const declared = envelope?.[CLIENT_CAPABILITIES_META_KEY] as ClientCapabilities | undefined;
    const requests: InputRequests = {
      ...(declared?.elicitation === undefined ? {} : { user_name: field('What is your name?', 'name') }),
      ...(declared?.sampling === undefined ? {} : { greeting: sample('Generate a greeting') }),
      ...(declared?.roots === undefined ? {} : { client_roots: inputRequired.listRoots() }),
    };
    return Object.keys(requests).length === 0 ? text('Nothing can be asked') : ask(requests);
  });

  const prompt = async (ctx: ServerContext) => {
    const context = accepted(ctx, 'user_context', 'context');
    if (typeof context !== 'string') return ask({ user_context: field('What context?', 'context') });
    const content = { type: 'text' as const, text: `Use the following context: ${context}` };
    return { messages: [{ role: 'user' as const, content }] };
  };
  server.registerPrompt('test_input_required_result_prompt', { description: 'Asks first' }, prompt as never);
}
