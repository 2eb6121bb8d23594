import type { Execution } from '@agentflow/contracts';
import type { OpenAiRefusal } from './refusals.ts';

/** What every object of one answer has in common. */
export interface AnswerFacts {
  readonly execution: Pick<Execution, 'id' | 'created_at'>;
  readonly invocation_id: string;
  /** As the caller named it. */
  readonly model: string;
}

/** Tokens of the run so far. */
export type Used = Pick<Execution, 'input_tokens' | 'output_tokens'>;

function chatUsage({ input_tokens, output_tokens }: Used) {
  return { prompt_tokens: input_tokens, completion_tokens: output_tokens, total_tokens: input_tokens + output_tokens };
}

function common({ execution, model }: AnswerFacts) {
  return { id: `chatcmpl-${execution.id}`, created: secondsOf(execution.created_at), model };
}

export function secondsOf(at: string): number {
  return Math.floor(Date.parse(at) / 1000);
}

export function chatCompletion(facts: AnswerFacts, text: string, used: Used) {
  return {
    ...common(facts),
    object: 'chat.completion',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: text, refusal: null },
        logprobs: null,
        finish_reason: 'stop',
      },
    ],
    usage: chatUsage(used),
  };
}

const DONE = 'data: [DONE]\n\n';

/** The events of a streamed chat completion: text as it comes, then its end. */
export class ChatStream {
  private begun = false;

  constructor(
    private readonly facts: AnswerFacts,
    private readonly withUsage: boolean,
  ) {}

  text(text: string): string {
    const delta = this.begun ? { content: text } : { role: 'assistant', content: text };
    this.begun = true;
    return this.chunk([{ index: 0, delta, logprobs: null, finish_reason: null }], null);
  }

  end(used: Used): string {
    const begin = this.begun ? '' : this.text('');
    const stop = this.chunk([{ index: 0, delta: {}, logprobs: null, finish_reason: 'stop' }], null);
    return begin + stop + (this.withUsage ? this.chunk([], chatUsage(used)) : '') + DONE;
  }

  /** Clients throw what stands in `error`. */
  fail({ error }: OpenAiRefusal): string {
    return `data: ${JSON.stringify({ error })}\n\n`;
  }

  private chunk(choices: readonly object[], usage: object | null): string {
    const chunk = {
      ...common(this.facts),
      object: 'chat.completion.chunk',
      choices,
      ...(this.withUsage ? { usage } : {}),
    };
    return `data: ${JSON.stringify(chunk)}\n\n`;
  }
}
