import { type JsonValue, LIMITS } from '@agentflow/contracts';
import { depthWithin, type ModelMessage, type ModelRequest, type ModelToolCall } from '@agentflow/engine';
import type { LanguageModel, ProviderAdapter } from './adapter.ts';

type CallOptions = Parameters<LanguageModel['doGenerate']>[0];
type PromptMessage = CallOptions['prompt'][number];
type Usage = Awaited<ReturnType<LanguageModel['doGenerate']>>['usage'];

export interface ReportedUsage {
  readonly input_tokens: number | undefined;
  readonly output_tokens: number | undefined;
}

/** How one call of a language model ended. `text` is what had arrived by then. */
export type CallEnd =
  | {
      readonly kind: 'answered';
      readonly text: string;
      readonly tool_calls: readonly ModelToolCall[];
      readonly finish_reason: string;
      readonly usage: ReportedUsage;
    }
  | { readonly kind: 'aborted'; readonly text: string; readonly usage: ReportedUsage }
  | { readonly kind: 'failed'; readonly text: string; readonly error: unknown; readonly usage: ReportedUsage };

const NO_USAGE: ReportedUsage = { input_tokens: undefined, output_tokens: undefined };

/** A provider that reports zero for both directions has not counted: nothing costs no token. */
function reported(usage: Usage): ReportedUsage {
  const input = usage.inputTokens.total;
  const output = usage.outputTokens.total;
  if ((input ?? 0) === 0 && (output ?? 0) === 0) return NO_USAGE;
  return { input_tokens: input, output_tokens: output };
}

/** What a tool gave belongs into one message with what its siblings gave: providers look for all of them in the next one. */
function promptOf(messages: readonly ModelMessage[]): PromptMessage[] {
  const prompt: PromptMessage[] = [];
  for (const message of messages) {
    if (message.role !== 'tool') {
      prompt.push(promptMessage(message));
      continue;
    }
    const { call_id, tool, content, is_error } = message;
    const result = {
      type: 'tool-result' as const,
      toolCallId: call_id,
      toolName: tool,
      output: { type: is_error ? ('error-text' as const) : ('text' as const), value: content },
    };
    const before = prompt.at(-1);
    if (before?.role === 'tool') before.content.push(result);
    else prompt.push({ role: 'tool', content: [result] });
  }
  return prompt;
}

function promptMessage(message: Exclude<ModelMessage, { role: 'tool' }>): PromptMessage {
  switch (message.role) {
    case 'system':
      return { role: 'system', content: message.content };
    case 'user':
      return { role: 'user', content: [{ type: 'text', text: message.content }] };
    case 'assistant':
      return {
        role: 'assistant',
        content: [
          // Anthropic refuses empty texts.
          ...(message.content === '' ? [] : [{ type: 'text' as const, text: message.content }]),
          ...(message.tool_calls ?? []).map((call) => ({
            type: 'tool-call' as const,
            toolCallId: call.id,
            toolName: call.name,
            input: isObject(call.arguments) ? call.arguments : {},
            ...(call.metadata === undefined ? {} : { providerOptions: call.metadata as ProviderOptions }),
          })),
        ],
      };
  }
}

type ProviderOptions = NonNullable<CallOptions['providerOptions']>;
type FunctionTool = Extract<NonNullable<CallOptions['tools']>[number], { type: 'function' }>;

function isObject(value: JsonValue): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function toolOptions({ tools, tool_choice }: ModelRequest): Pick<CallOptions, 'tools' | 'toolChoice'> {
  if (tools === undefined || tools.length === 0) return {};
  return {
    tools: tools.map(({ name, description, parameters }) => ({
      type: 'function',
      name,
      description,
      // A JSON Schema is JSON; the SDK's type for it is narrower than ours.
      inputSchema: parameters as FunctionTool['inputSchema'],
    })),
    toolChoice: { type: tool_choice ?? 'auto' },
  };
}

interface ProviderToolCall {
  readonly toolCallId: string;
  readonly toolName: string;
  readonly input: string;
  readonly providerMetadata?: unknown;
}

function toolCallOf({ toolCallId, toolName, input, providerMetadata }: ProviderToolCall): ModelToolCall {
  return {
    id: toolCallId,
    name: toolName,
    arguments: argumentsOf(input),
    ...(providerMetadata === undefined ? {} : { metadata: providerMetadata as JsonValue }),
  };
}

/** A tool without parameters is called with no text by some models; what is no JSON stays as it was written. */
function argumentsOf(input: string): JsonValue {
  if (input.trim() === '') return {};
  try {
    const value = JSON.parse(input) as JsonValue;
    return depthWithin(value, LIMITS.json_depth) ? value : input;
  } catch {
    return input;
  }
}

function callOptions(
  request: ModelRequest,
  adapter: ProviderAdapter,
  maxTokens: number | undefined,
  signal: AbortSignal,
): CallOptions {
  return {
    prompt: promptOf(request.messages),
    ...toolOptions(request),
    ...(maxTokens === undefined ? {} : { maxOutputTokens: maxTokens }),
    ...(request.temperature === undefined ? {} : { temperature: request.temperature }),
    ...(request.schema === undefined
      ? {}
      : {
          // A JSON Schema is JSON; the SDK's type for it is narrower than ours.
          responseFormat: {
            type: 'json',
            schema: request.schema as NonNullable<Extract<CallOptions['responseFormat'], { type: 'json' }>['schema']>,
          },
          ...(adapter.jsonOptions === undefined
            ? {}
            : { providerOptions: { ...adapter.jsonOptions } as NonNullable<CallOptions['providerOptions']> }),
        }),
    abortSignal: signal,
  };
}

/** Rejects when the signal aborts, so that a provider that ignores the signal cannot hold a cancelled step. */
function aborted(signal: AbortSignal): { promise: Promise<never>; release: () => void } {
  let release = () => {};
  const promise = new Promise<never>((_, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    release = () => signal.removeEventListener('abort', onAbort);
  });
  // Observed here as well: the race below may already be over when it rejects.
  promise.catch(() => {});
  return { promise, release };
}

async function generateWhole(model: LanguageModel, options: CallOptions, abort: Promise<never>): Promise<CallEnd> {
  const result = await Promise.race([model.doGenerate(options), abort]);
  const text =
    result.structuredOutputText ?? result.content.map((part) => (part.type === 'text' ? part.text : '')).join('');
  const tool_calls = result.content.flatMap((part) => (part.type === 'tool-call' ? [toolCallOf(part)] : []));
  const finish_reason = result.finishReason.unified;
  return { kind: 'answered', text, tool_calls, finish_reason, usage: reported(result.usage) };
}

/**
 * Calls a language model once and tells how it ended; never throws. With `onDelta` the answer is streamed and each
 * piece handed on as it comes; without it the call is a plain request.
 */
export async function callLanguageModel(
  open: () => Promise<LanguageModel>,
  adapter: ProviderAdapter,
  request: ModelRequest,
  maxTokens: number | undefined,
  { signal, onDelta }: { signal: AbortSignal; onDelta?: (text: string) => void },
): Promise<CallEnd> {
  const abort = aborted(signal);
  let text = '';
  let usage = NO_USAGE;
  try {
    const model = await Promise.race([open(), abort.promise]);
    const options = callOptions(request, adapter, maxTokens, signal);
    if (onDelta === undefined) return await generateWhole(model, options, abort.promise);

    const { stream } = await Promise.race([model.doStream(options), abort.promise]);
    const reader = stream.getReader();
    try {
      let finish: string | undefined;
      const tool_calls: ModelToolCall[] = [];
      for (;;) {
        const { done, value } = await Promise.race([reader.read(), abort.promise]);
        if (done) break;
        if (value.type === 'text-delta' && value.delta !== '') {
          text += value.delta;
          onDelta(value.delta);
        } else if (value.type === 'tool-call') {
          tool_calls.push(toolCallOf(value));
        } else if (value.type === 'finish') {
          finish = value.finishReason.unified;
          usage = reported(value.usage);
        } else if (value.type === 'error') {
          return { kind: 'failed', text, error: value.error, usage };
        }
      }
      if (finish === undefined || finish === 'interrupted') {
        return { kind: 'failed', text, error: new Error('connection closed before the answer was complete'), usage };
      }
      return { kind: 'answered', text, tool_calls, finish_reason: finish, usage };
    } finally {
      // Tells the provider to stop; what it answers to that is of no interest any more.
      reader.cancel().catch(() => {});
    }
  } catch (error) {
    return signal.aborted ? { kind: 'aborted', text, usage } : { kind: 'failed', text, error, usage };
  } finally {
    abort.release();
  }
}
