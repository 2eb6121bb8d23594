import type { JsonValue } from '@agentflow/contracts';
import { type CheckInput, isObject, type JsonObject } from '../shared/json.ts';
import { refuse } from './refusals.ts';

/** One message of a conversation, with its text parts put together. */
export interface Message {
  readonly role: string;
  readonly content: string;
}

/** Fields that take what a person says, where the schema does not have just one required text. */
const TEXT_FIELDS = ['input', 'prompt', 'message', 'question', 'text'];

/**
 * What an agent is given of a conversation: the last user message, in the field that is for it, and the whole conversation
 * where the schema has `messages`. A message that is JSON and fits the schema is the input itself. Throws an OpenAI-shaped
 * refusal that shows the schema where the conversation does not fit it.
 */
export function agentInput(messages: readonly Message[], schema: JsonObject | null, check: CheckInput): JsonValue {
  const text = messages.findLast(({ role }) => role === 'user')?.content;
  if (text === undefined) throw refuse('invalid_value', 'There is no user message.', 'messages');
  const data = jsonIn(text);
  if (schema === null) return isObject(data) ? data : { message: text, messages: spread(messages) };
  if (data !== undefined && check(schema, data).length === 0) return data;
  if (schema.type === 'string') return fitting(schema, text, check);

  const properties = isObject(schema.properties) ? schema.properties : {};
  const field = textField(schema, properties);
  const takesMessages = Object.hasOwn(properties, 'messages');
  if (field === null && !takesMessages) {
    throw misfit(schema, 'it has no field for a message: send JSON that fits it as the last user message');
  }
  const input = {
    ...(field === null ? {} : { [field]: text }),
    ...(takesMessages ? { messages: spread(messages) } : {}),
  };
  return fitting(schema, input, check);
}

function textField(schema: JsonObject, properties: JsonObject): string | null {
  const isText = (name: string) => {
    const property = properties[name];
    return isObject(property) && property.type === 'string' && property.enum === undefined;
  };
  const required = Array.isArray(schema.required) ? schema.required.map(String) : [];
  const [only, ...others] = required.filter(isText);
  if (only !== undefined && others.length === 0) return only;
  return TEXT_FIELDS.find((name) => isText(name)) ?? null;
}

function fitting(schema: JsonObject, input: JsonValue, check: CheckInput): JsonValue {
  const problems = check(schema, input);
  if (problems.length === 0) return input;
  const words = problems.slice(0, 5).map(({ path, message }) => (path === '' ? message : `${path} ${message}`));
  throw misfit(schema, `${words.join('; ')}. Send JSON that fits it as the last user message`);
}

const SHOWN_CHARACTERS = 2000;

function misfit(schema: JsonObject, why: string) {
  const shown = JSON.stringify(schema).slice(0, SHOWN_CHARACTERS);
  return refuse(
    'input_does_not_fit',
    `The message does not fit the agent's input schema: ${why}. Schema: ${shown}`,
    'messages',
  );
}

function spread(messages: readonly Message[]): JsonValue[] {
  return messages.map(({ role, content }) => ({ role, content }));
}

function jsonIn(text: string): JsonValue | undefined {
  // Plain words are not worth an exception, and a bare number is meant as text.
  if (!/^\s*[[{"]/.test(text)) return undefined;
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}
