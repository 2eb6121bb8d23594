import { z } from 'zod';
import { jsonObject, jsonValue, LIMITS } from './common.ts';
import { agentDefinition } from './definition.ts';
import { executionError, executionStatus } from './executions.ts';
import { agentId, executionId } from './ids.ts';

/**
 * What a workspace may hold, in characters of all paths and contents together, and in files. `written` bounds the contents of
 * all versions, which are kept as long as the execution.
 */
export const WORKSPACE_LIMITS = {
  characters: 2 * 1024 * 1024,
  files: 500,
  file_characters: 1024 * 1024,
  written: 64 * 1024 * 1024,
} as const;

/** Relative, with forward slashes: `notes/plan.md`. No segment is empty, `.` or `..`. */
export const workspacePath = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[A-Za-z0-9_@+ .-]+(?:\/[A-Za-z0-9_@+ .-]+)*$/, 'must be a path like notes/plan.md')
  .refine((path) => path.split('/').every((part) => !/^\.{1,2}$/.test(part) && part.trim() === part), {
    message: 'must not have the segments . or .., or spaces around one',
  });

export const workspaceFiles = z
  .record(workspacePath, z.string().max(WORKSPACE_LIMITS.file_characters))
  .refine((files) => Object.keys(files).length <= WORKSPACE_LIMITS.files, 'has too many files')
  .refine((files) => charactersOf(files) <= WORKSPACE_LIMITS.characters, 'is too large')
  .describe('Contents by path');
export type WorkspaceFiles = z.infer<typeof workspaceFiles>;

export function charactersOf(files: Readonly<Record<string, string>>): number {
  return Object.entries(files).reduce((sum, [path, content]) => sum + path.length + content.length, 0);
}

export const todo = z.strictObject({
  content: z.string().min(1).max(500),
  status: z.enum(['pending', 'in_progress', 'completed']),
});
export type Todo = z.infer<typeof todo>;
export const todos = z.array(todo).max(50);

/** A version of a file in the workspace of an execution; the newest one is what agents see. */
export const workspaceFile = z.object({
  path: z.string(),
  version: z.number().int().describe('Counts the writes of this path from 1'),
  size: z.number().int().describe('Characters'),
  deleted: z.boolean(),
  step_id: z.string().nullable().describe('The step that wrote it; null for what the execution began with'),
  written_at: z.iso.datetime(),
});
export type WorkspaceFile = z.infer<typeof workspaceFile>;
export const workspaceFileContent = workspaceFile.extend({ content: z.string() });

/** What `ask_person` asks is answered in this field of its form. */
export const ANSWER_FIELD = 'answer';

/** `POST /deepagents-runtime/invoke`, also as the data of a CloudEvent. */
export const jobRequest = z
  .strictObject({
    job_id: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .describe('Makes the invoke idempotent: the same id is the same thread'),
    agent_id: agentId.optional().describe('A published agent'),
    agent_definition: agentDefinition.optional().describe('In place of `agent_id`: what is to be run'),
    input_payload: jsonObject.default({}).describe('Input of the execution'),
    trace_id: z
      .string()
      .regex(/^[0-9a-f]{32}$/, 'must be 32 hexadecimal digits')
      .optional()
      .describe('Trace that the run belongs to, where no traceparent header says so'),
  })
  .refine(({ agent_id, agent_definition }) => (agent_id === undefined) !== (agent_definition === undefined), {
    message: 'needs either agent_id or agent_definition',
    path: ['agent_id'],
  });
export type JobRequest = z.infer<typeof jobRequest>;

/** CloudEvents 1.0.2, structured mode; attributes that are not read are taken as they are. */
export const cloudEvent = z.looseObject({
  specversion: z.literal('1.0'),
  id: z.string().min(1).max(200),
  source: z.string().min(1).max(500),
  type: z.string().min(1).max(200),
  datacontenttype: z.string().max(200).optional(),
  data: jsonValue.optional(),
});

export const jobAccepted = z.object({ thread_id: executionId });

export const threadState = z.object({
  thread_id: z.string(),
  status: executionStatus,
  result: jsonValue.nullable().describe('Output of the execution, when it has ended'),
  files: z.record(z.string(), z.string()),
  todos,
  error: executionError.nullable(),
  cost_usd: z.number().optional().describe('What models cost so far, where the runtime knows'),
});
export type ThreadState = z.infer<typeof threadState>;

export const FRAME_TYPES = [
  'on_llm_stream',
  'on_tool_start',
  'on_tool_end',
  'on_state_update',
  'on_question',
  'on_message',
  'on_retry',
  'error',
  'end',
] as const;

/**
 * One message of a thread's stream. `seq` grows; text that is streamed is not kept, and pieces of it may have the same one.
 * Data: `on_llm_stream` {node, call, text, offset, attempt} · `on_tool_start` {node, call, name, input} · `on_tool_end` {node,
 * call, name, output, error} · `on_state_update` {files, todos, status} · `on_question` {approval_id, node, call, message,
 * form_schema} · `on_message` {text, by} (somebody steered) · `error` {code, message} (of a frame that the client sent) · `end`
 * {status, result, error, cost_usd}. Inside loops `iteration` stands beside `node`.
 */
export const streamFrame = z.object({
  seq: z.number().int().min(0),
  event_type: z.enum(FRAME_TYPES),
  data: jsonObject,
});
export type StreamFrame = z.infer<typeof streamFrame>;

/** What a client of a stream may send. */
export const clientFrame = z.discriminatedUnion('event_type', [
  z.strictObject({
    event_type: z.literal('steer'),
    data: z.strictObject({ text: z.string().trim().min(1).max(8000) }),
  }),
  z.strictObject({
    event_type: z.literal('answer'),
    data: z.strictObject({
      approval_id: z.string().max(60).optional().describe('Left out where one question is open'),
      decision: z.enum(['approve', 'deny']).default('approve'),
      text: z.string().max(8000).optional().describe('The answer to ask_person; for others the comment'),
      form: jsonValue.optional(),
    }),
  }),
  z.strictObject({ event_type: z.literal('stop'), data: z.strictObject({}).default({}) }),
]);
export type ClientFrame = z.infer<typeof clientFrame>;

/** A frame that a client sends is not larger than this, in characters. */
export const MAX_CLIENT_FRAME = LIMITS.body_bytes;
