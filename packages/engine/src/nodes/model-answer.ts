import type { JsonValue } from '@agentflow/contracts';
import type { EnginePorts, ModelRequest, ModelResult, StepContext, StepError } from '../ports.ts';

export type JsonSchema = Record<string, JsonValue>;
export type Answer = Extract<ModelResult, { ok: true }>;

/** Settings that every AI node has. */
export interface ModelSettings {
  readonly model: string;
  readonly temperature?: number | undefined;
  readonly max_tokens?: number | undefined;
  readonly fallback?: readonly string[] | undefined;
}

/** The part of a request that settings decide, absent ones left out. */
export function settingsOf({ model, temperature, max_tokens, fallback }: ModelSettings) {
  return {
    model,
    ...(temperature === undefined ? {} : { temperature }),
    ...(max_tokens === undefined ? {} : { max_tokens }),
    ...(fallback === undefined ? {} : { fallback }),
  };
}

/** Instructions first, the node's own system prompt after them. */
export function systemMessage(instruction: string, own: string | undefined): string {
  return own === undefined || own.trim() === '' ? instruction : `${instruction}\n\n${own}`;
}

/**
 * Sets a text that comes from outside apart from the instructions, under a fence that it does not hold itself.
 */
export function fenced(text: string): string {
  let fence = '"""';
  while (text.includes(fence)) fence += '"';
  return `${fence}\n${text}\n${fence}`;
}

/** Asks the model; the answer is streamed to watchers only where it is text for people. */
export function ask(
  ports: EnginePorts,
  context: StepContext,
  request: ModelRequest,
  streamed: boolean,
): Promise<ModelResult> {
  const { signal, onDelta, timeout_ms, last_attempt, log } = context;
  return ports.models.generate(request, {
    signal,
    ...(timeout_ms === undefined ? {} : { timeout_ms }),
    ...(last_attempt === undefined ? {} : { last_attempt }),
    ...(streamed && onDelta !== undefined ? { onDelta } : {}),
    onFallback: (model, { code, message }, next) =>
      log('warning', `${model} gave no answer (${code}), so ${next} is asked: ${message}`),
  });
}

/** A model that answers the wrong thing may answer the right one when asked again. */
export function invalidAnswer(message: string): StepError {
  return { code: 'model_output_invalid', message, retryable: true };
}

const FENCE = '```';

/** What is inside a Markdown code block, where the text is nothing but one. */
function withoutCodeBlock(text: string): string {
  const firstLine = text.indexOf('\n');
  if (!text.startsWith(FENCE) || !text.endsWith(FENCE) || firstLine < 0) return text;
  return text.slice(firstLine + 1, -FENCE.length);
}

/** The answer as data: what the port parsed, or JSON in the text, with or without a code block around it. */
export function answerData(answer: Answer): JsonValue | undefined {
  return answer.data ?? jsonIn(answer.text);
}

/** JSON that is a whole text, with or without a code block around it. */
export function jsonIn(text: string): JsonValue | undefined {
  try {
    return JSON.parse(withoutCodeBlock(text.trim())) as JsonValue;
  } catch {
    return undefined;
  }
}
