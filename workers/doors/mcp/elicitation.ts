import type { JsonValue } from '@agentflow/contracts';
import type { ElicitRequestFormParams } from '@modelcontextprotocol/server';
import type { Answer, Question } from '../shared/caller.ts';
import { isObject, type JsonObject } from '../shared/json.ts';

const DECISION = 'decision';
const COMMENT = 'comment';
/** Of a form that a client's form can't show: its answers as JSON. */
const ANSWERS = 'answers';
const SHOWN_CHARACTERS = 4000;

/** What a person at the client is asked. */
export function elicitationOf(question: Question): ElicitRequestFormParams {
  const { kind, form_schema } = question;
  const fields = form_schema === null ? null : (flatFields(form_schema) ?? jsonField());
  const decides = kind === 'approval';
  const properties = {
    ...(decides
      ? {
          [DECISION]: { type: 'string', title: 'Decision', enum: ['approve', 'deny'] },
          [COMMENT]: { type: 'string', title: 'Comment' },
        }
      : {}),
    ...fields?.properties,
  };
  const required = [...(decides ? [DECISION] : []), ...(decides ? [] : (fields?.required ?? []))];
  return {
    mode: 'form',
    message: messageOf(question, fields?.asJson === true),
    requestedSchema: { type: 'object', properties, required },
  } as ElicitRequestFormParams;
}

function messageOf({ agent_name, title, message, payload, form_schema }: Question, asJson: boolean): string {
  const shown = payload === null ? '' : `\n\n${JSON.stringify(payload, null, 2).slice(0, SHOWN_CHARACTERS)}`;
  const form = asJson ? `\n\nAnswer as JSON that fits this schema:\n${JSON.stringify(form_schema)}` : '';
  const text = [title, message].filter((each) => each !== '').join('\n');
  return `${agent_name} asks: ${text}${shown}${form}`.slice(0, 2 * SHOWN_CHARACTERS);
}

interface Fields {
  readonly properties: JsonObject;
  readonly required: readonly string[];
  readonly asJson: boolean;
}

/** The schema of a form as the restricted one that clients draw: one level of texts, numbers, switches and choices. */
function flatFields(schema: JsonObject): Fields | null {
  const properties = isObject(schema.properties) ? schema.properties : {};
  const names = Object.keys(properties);
  if (names.includes(DECISION) || names.includes(COMMENT) || !Object.values(properties).every(isPlainField))
    return null;
  return { properties, required: Array.isArray(schema.required) ? schema.required.map(String) : [], asJson: false };
}

const PLAIN_KEYS: Readonly<Record<string, readonly string[]>> = {
  string: ['minLength', 'maxLength', 'format', 'enum'],
  number: ['minimum', 'maximum'],
  integer: ['minimum', 'maximum'],
  boolean: [],
};
const FORMATS = ['email', 'uri', 'date', 'date-time'];

function isPlainField(field: JsonValue): boolean {
  if (!isObject(field) || typeof field.type !== 'string') return false;
  const keys = PLAIN_KEYS[field.type];
  if (keys === undefined) return false;
  if (typeof field.format === 'string' && !FORMATS.includes(field.format)) return false;
  if (Array.isArray(field.enum) && !field.enum.every((value) => typeof value === 'string')) return false;
  return Object.keys(field).every((key) => ['type', 'title', 'description', 'default', ...keys].includes(key));
}

function jsonField(): Fields {
  return {
    properties: { [ANSWERS]: { type: 'string', title: 'Answers, as JSON' } },
    required: [ANSWERS],
    asJson: true,
  };
}

export type ElicitationAnswer =
  | { readonly kind: 'answer'; readonly answer: Answer }
  /** Nothing was decided. */
  | { readonly kind: 'none' }
  | { readonly kind: 'unreadable' };

/**
 * What a client sent back for a question. It is not trusted: the execution checks the form against its schema and the hash
 * against what waits.
 */
export function answerOf(question: Question, result: unknown): ElicitationAnswer {
  if (!isObject(result)) return { kind: 'unreadable' };
  const { kind, form_schema, action_hash } = question;
  if (result.action === 'decline' && kind === 'approval') {
    return { kind: 'answer', answer: { decision: 'deny', comment: '', form: null, action_hash } };
  }
  if (result.action === 'decline' || result.action === 'cancel') return { kind: 'none' };
  if (result.action !== 'accept' || !isObject(result.content)) return { kind: 'unreadable' };
  const { [DECISION]: decision, [COMMENT]: comment, ...fields } = result.content;
  if (kind === 'approval' && decision !== 'approve' && decision !== 'deny') return { kind: 'unreadable' };
  const denies = kind === 'approval' && decision === 'deny';
  const form = form_schema === null || denies ? null : formOf(form_schema, fields);
  if (form === undefined) return { kind: 'unreadable' };
  return {
    kind: 'answer',
    answer: {
      decision: denies ? 'deny' : 'approve',
      comment: typeof comment === 'string' ? comment.slice(0, SHOWN_CHARACTERS) : '',
      form,
      action_hash,
    },
  };
}

function formOf(schema: JsonObject, fields: JsonObject): JsonValue | undefined {
  if (flatFields(schema) !== null) return fields;
  try {
    return JSON.parse(String(fields[ANSWERS])) as JsonValue;
  } catch {
    return undefined;
  }
}
