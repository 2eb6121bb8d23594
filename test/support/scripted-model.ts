import type { IncomingMessage, ServerResponse } from 'node:http';

/** One turn of a model: text, and the tools that it wants to use. */
export interface ScriptedTurn {
  readonly text?: string;
  readonly calls?: readonly { readonly name: string; readonly arguments: unknown }[];
  /** A streamed answer stops after its text, until this name is released. */
  readonly hold?: string;
}

interface Message {
  readonly role: string;
  readonly content: unknown;
}

interface ModelBody {
  readonly model: string;
  readonly stream?: boolean;
  readonly messages: readonly Message[];
}

/**
 * A language model that says what a test has written for it, in the wire formats of OpenAI's Chat Completions and
 * Anthropic's Messages. Which turn it is, it reads from the conversation, so that a repeated request has the same answer.
 * `POST /script/<model>` takes the turns; the test server lists what it was sent.
 */
export class ScriptedModel {
  private readonly scripts = new Map<string, readonly ScriptedTurn[]>();
  private readonly held = new Map<string, () => void>();
  private readonly released = new Set<string>();

  set(model: string, turns: readonly ScriptedTurn[]): void {
    this.scripts.set(model, turns);
  }

  /** Lets go on what is held by this name, now or later. */
  release(name: string): void {
    this.released.add(name);
    this.held.get(name)?.();
  }

  knows(model: string): boolean {
    return this.scripts.has(model);
  }

  async answer(request: IncomingMessage, response: ServerResponse, text: string): Promise<void> {
    const body = JSON.parse(text) as ModelBody;
    const number = body.messages.filter(({ role }) => role === 'assistant').length;
    const turn = this.scripts.get(body.model)?.[number] ?? { text: `There is no turn ${number + 1}.` };
    const anthropic = (request.url ?? '').endsWith('/messages');
    if (body.stream === true) {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const events = anthropic ? anthropicEvents(turn, number) : openaiEvents(turn, number);
      const said =
        turn.text === undefined ? 0 : events.findIndex((event) => event.includes(JSON.stringify(turn.text))) + 1;
      for (const event of events.slice(0, said)) response.write(event);
      await this.hold(turn);
      for (const event of events.slice(said)) response.write(event);
      response.end();
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(anthropic ? anthropicMessage(turn, number) : openaiCompletion(turn, number)));
  }

  private async hold({ hold }: ScriptedTurn): Promise<void> {
    if (hold !== undefined && !this.released.has(hold)) {
      await new Promise<void>((release) => this.held.set(hold, release));
    }
  }
}

const callId = (turn: number, index: number) => `call_${turn}_${index}`;
const sse = (value: unknown, event?: string) =>
  `${event === undefined ? '' : `event: ${event}\n`}data: ${JSON.stringify(value)}\n\n`;

function openaiToolCalls({ calls = [] }: ScriptedTurn, number: number) {
  return calls.map((call, index) => ({
    index,
    id: callId(number, index),
    type: 'function',
    function: { name: call.name, arguments: JSON.stringify(call.arguments) },
  }));
}

const OPENAI_USAGE = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };

function openaiCompletion(turn: ScriptedTurn, number: number) {
  const tool_calls = openaiToolCalls(turn, number);
  const message = { role: 'assistant', content: turn.text ?? null, ...(tool_calls.length > 0 ? { tool_calls } : {}) };
  const finish_reason = tool_calls.length > 0 ? 'tool_calls' : 'stop';
  const choices = [{ index: 0, message, finish_reason }];
  return { id: 'c', object: 'chat.completion', created: 1, model: 'm', choices, usage: OPENAI_USAGE };
}

function openaiEvents(turn: ScriptedTurn, number: number): string[] {
  const chunk = (delta: object, finish_reason: string | null, usage?: object) =>
    sse({
      id: 'c',
      object: 'chat.completion.chunk',
      created: 1,
      model: 'm',
      choices: [{ index: 0, delta, finish_reason }],
      ...(usage === undefined ? {} : { usage }),
    });
  const tool_calls = openaiToolCalls(turn, number);
  return [
    ...(turn.text === undefined ? [] : [chunk({ role: 'assistant', content: turn.text }, null)]),
    ...tool_calls.map((call) => chunk({ role: 'assistant', tool_calls: [call] }, null)),
    chunk({}, tool_calls.length > 0 ? 'tool_calls' : 'stop', OPENAI_USAGE),
    'data: [DONE]\n\n',
  ];
}

function anthropicBlocks({ text, calls = [] }: ScriptedTurn, number: number) {
  return [
    ...(text === undefined ? [] : [{ type: 'text' as const, text }]),
    ...calls.map((call, index) => ({
      type: 'tool_use' as const,
      id: callId(number, index),
      name: call.name,
      input: call.arguments,
    })),
  ];
}

function stopReason({ calls = [] }: ScriptedTurn): string {
  return calls.length > 0 ? 'tool_use' : 'end_turn';
}

function anthropicMessage(turn: ScriptedTurn, number: number) {
  const content = anthropicBlocks(turn, number);
  const usage = { input_tokens: 10, output_tokens: 5 };
  return { id: 'm', type: 'message', role: 'assistant', model: 'm', content, stop_reason: stopReason(turn), usage };
}

function anthropicEvents(turn: ScriptedTurn, number: number): string[] {
  const event = (value: { readonly type: string; readonly [field: string]: unknown }) => sse(value, value.type);
  const message = { ...anthropicMessage({}, number), content: [], stop_reason: null };
  return [
    event({ type: 'message_start', message }),
    ...anthropicBlocks(turn, number).flatMap((block, index) => [
      event({
        type: 'content_block_start',
        index,
        content_block: block.type === 'text' ? { type: 'text', text: '' } : { ...block, input: {} },
      }),
      event({
        type: 'content_block_delta',
        index,
        delta:
          block.type === 'text'
            ? { type: 'text_delta', text: block.text }
            : { type: 'input_json_delta', partial_json: JSON.stringify(block.input) },
      }),
      event({ type: 'content_block_stop', index }),
    ]),
    event({ type: 'message_delta', delta: { stop_reason: stopReason(turn) }, usage: { output_tokens: 5 } }),
    event({ type: 'message_stop' }),
  ];
}
