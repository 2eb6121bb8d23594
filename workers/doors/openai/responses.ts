import type { Execution } from '@agentflow/contracts';
import { type AnswerFacts, secondsOf, type Used } from './chat.ts';
import type { OpenAiRefusal } from './refusals.ts';

export type ResponseStatus = 'queued' | 'in_progress' | 'completed' | 'failed' | 'cancelled';

const PREFIX = 'resp_';

/** Ids of responses are those of their executions, so that one is found by the other. */
export function responseId(executionId: string): string {
  return PREFIX + executionId;
}

export function executionOfResponse(id: string): string {
  return id.startsWith(PREFIX) ? id.slice(PREFIX.length) : id;
}

export function statusOf({ status }: Pick<Execution, 'status'>): ResponseStatus {
  switch (status) {
    case 'queued':
    case 'completed':
    case 'failed':
    case 'cancelled':
      return status;
    case 'running':
    case 'waiting':
      return 'in_progress';
  }
}

export interface ResponseState {
  readonly status: ResponseStatus;
  /** null: there is none yet. */
  readonly text: string | null;
  readonly used: Used;
  readonly error?: { readonly code: string; readonly message: string };
}

export function response(
  { execution, invocation_id, model }: AnswerFacts,
  { status, text, used, error }: ResponseState,
) {
  const { input_tokens, output_tokens } = used;
  return {
    id: responseId(execution.id),
    object: 'response',
    created_at: secondsOf(execution.created_at),
    status,
    model,
    output: text === null ? [] : [item(execution.id, text)],
    error: error ?? null,
    incomplete_details: null,
    instructions: null,
    metadata: { execution_id: execution.id, invocation_id },
    parallel_tool_calls: false,
    temperature: null,
    tool_choice: 'none',
    tools: [],
    top_p: null,
    usage: {
      input_tokens,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: input_tokens + output_tokens,
    },
  };
}

function item(executionId: string, text: string | null) {
  return {
    id: `msg_${executionId}`,
    type: 'message',
    role: 'assistant',
    status: text === null ? 'in_progress' : 'completed',
    content: text === null ? [] : [part(text)],
  };
}

function part(text: string) {
  return { type: 'output_text', text, annotations: [], logprobs: [] };
}

const UNUSED: Used = { input_tokens: 0, output_tokens: 0 };

/** The events of a streamed response, numbered. */
export class ResponseStream {
  private sequence = 0;
  private written = '';
  private opened = false;

  constructor(private readonly facts: AnswerFacts) {}

  begin(): string {
    const state = { response: response(this.facts, { status: 'in_progress', text: null, used: UNUSED }) };
    return this.event('response.created', state) + this.event('response.in_progress', state);
  }

  text(delta: string): string {
    this.written += delta;
    return this.open() + this.event('response.output_text.delta', { ...this.place(), delta, logprobs: [] });
  }

  /** `status` is `in_progress` for a run that goes on after this answer. */
  end(used: Used, status: ResponseStatus = 'completed'): string {
    const { written: text } = this;
    const { item_id, ...at } = this.place();
    const ended = response(this.facts, { status, text, used });
    return (
      this.open() +
      this.event('response.output_text.done', { item_id, ...at, text, logprobs: [] }) +
      this.event('response.content_part.done', { item_id, ...at, part: part(text) }) +
      this.event('response.output_item.done', { output_index: 0, item: item(this.facts.execution.id, text) }) +
      this.event(status === 'completed' ? 'response.completed' : 'response.incomplete', { response: ended })
    );
  }

  fail(refusal: OpenAiRefusal, used: Used): string {
    const { code, message } = refusal.error;
    const status = code === 'execution_cancelled' ? 'cancelled' : 'failed';
    const error = { code: code ?? 'server_error', message };
    const text = this.written === '' ? null : this.written;
    return this.event('response.failed', { response: response(this.facts, { status, text, used, error }) });
  }

  private open(): string {
    if (this.opened) return '';
    this.opened = true;
    const added = { output_index: 0, item: item(this.facts.execution.id, null) };
    return (
      this.event('response.output_item.added', added) +
      this.event('response.content_part.added', { ...this.place(), part: part('') })
    );
  }

  private place() {
    return { item_id: `msg_${this.facts.execution.id}`, output_index: 0, content_index: 0 };
  }

  private event(type: string, data: object): string {
    return `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: this.sequence++, ...data })}\n\n`;
  }
}
