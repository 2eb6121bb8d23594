import { z } from 'zod';
import type { Message } from './agent-input.ts';
import { refuse } from './refusals.ts';

/** What both operations make of their requests. Parameters that only steer a model are taken and have no effect. */
export interface Asked {
  readonly model: string;
  readonly messages: readonly Message[];
  readonly stream: boolean;
}

const model = z.string().min(1).max(200);
const textPart = z.looseObject({ type: z.enum(['text', 'input_text', 'output_text']), text: z.string() });
const part = z.union([textPart, z.looseObject({ type: z.string() })]);
const content = z.union([z.string(), z.array(part)]).nullish();
const list = z.array(z.unknown()).nullish();

export const chatRequest = z.looseObject({
  model,
  messages: z.array(z.looseObject({ role: z.string(), content })).min(1),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().optional() }).nullish(),
  n: z.number().nullish(),
  tools: list,
  functions: list,
  modalities: z.array(z.string()).nullish(),
});
export type ChatRequest = z.infer<typeof chatRequest>;

export const responsesRequest = z.looseObject({
  model,
  input: z.union([
    z.string(),
    z.array(z.looseObject({ type: z.string().optional(), role: z.string().optional(), content })),
  ]),
  instructions: z.string().nullish(),
  stream: z.boolean().nullish(),
  background: z.boolean().nullish(),
  tools: list,
  previous_response_id: z.string().nullish(),
  conversation: z.unknown().optional(),
  prompt: z.unknown().optional(),
});
export type ResponsesRequest = z.infer<typeof responsesRequest>;

/** Throws an OpenAI-shaped refusal that names the first field that is wrong. */
export function parse<T>(schema: z.ZodType<T>, text: string): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw refuse('malformed_json', 'The body is not JSON.');
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path = issue?.path.map(String).join('.') ?? '';
  throw refuse('invalid_value', `${path === '' ? 'The body' : path}: ${issue?.message}`, path === '' ? null : path);
}

export function askedByChat(request: ChatRequest): Asked {
  if ((request.n ?? 1) !== 1) throw refuse('unsupported_parameter', 'An agent gives one answer: n must be 1.', 'n');
  refuseTools(request.tools, 'tools');
  refuseTools(request.functions, 'functions');
  if (request.modalities?.some((modality) => modality !== 'text') === true) {
    throw refuse('unsupported_parameter', 'An agent answers in text.', 'modalities');
  }
  const messages = request.messages.map((message, index) => ({
    role: message.role,
    content: textOf(message.content, `messages.${index}.content`),
  }));
  return { model: request.model, messages, stream: request.stream === true };
}

export function askedByResponses(request: ResponsesRequest): Asked {
  refuseTools(request.tools, 'tools');
  for (const name of ['previous_response_id', 'conversation', 'prompt'] as const) {
    if (request[name] === undefined || request[name] === null) continue;
    throw refuse('unsupported_parameter', 'No conversation is kept here: send the whole of it as input.', name);
  }
  const instructions = request.instructions ?? '';
  return {
    model: request.model,
    messages: [
      ...(instructions === '' ? [] : [{ role: 'system', content: instructions }]),
      ...inputMessages(request.input),
    ],
    stream: request.stream === true,
  };
}

function inputMessages(input: ResponsesRequest['input']): Message[] {
  if (typeof input === 'string') return [{ role: 'user', content: input }];
  return input.map((item, index) => {
    if (item.role === undefined || (item.type ?? 'message') !== 'message') {
      throw refuse('unsupported_value', 'Only messages are taken as input.', `input.${index}`);
    }
    return { role: item.role, content: textOf(item.content, `input.${index}.content`) };
  });
}

/** An agent uses its own tools; those of a caller would have to be run by the caller in the middle of a run. */
function refuseTools(tools: readonly unknown[] | null | undefined, param: string): void {
  if ((tools ?? []).length === 0) return;
  throw refuse('unsupported_parameter', 'An agent brings its own tools: send none.', param);
}

function textOf(value: z.infer<typeof content>, param: string): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return value;
  return value
    .map((each) => {
      if ('text' in each && typeof each.text === 'string') return each.text;
      throw refuse('unsupported_value', `Parts of type "${each.type}" are not taken: send text.`, param);
    })
    .join('\n');
}
