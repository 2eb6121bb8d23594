import {
  ANSWER_FIELD,
  type DeepAgent,
  deepToolNames,
  FILE_TOOLS,
  type JsonValue,
  type Todo,
} from '@agentflow/contracts';
import type { ModelTool, StepContext } from '../../ports.ts';
import type { DeepContext } from '../../workspace.ts';
import { NOBODY } from '../human.ts';
import { completed, refused, type StepOutcome } from '../step-outcome.ts';
import { runFileTool } from './file-tools.ts';
import type { ToolRequest } from './records.ts';

type Fields = Record<string, JsonValue>;

function tool(name: string, description: string, properties: Fields, required: readonly string[]): ModelTool {
  return {
    name,
    description,
    parameters: { type: 'object', properties, required: [...required], additionalProperties: false },
  };
}

const text = (description: string) => ({ type: 'string', description });
const PATH = text('Path of a file, such as notes/plan.md');

const FILES: { readonly [Name in (typeof FILE_TOOLS)[number]]: ModelTool } = {
  ls: tool(
    'ls',
    'Lists what a folder holds, with sizes in characters.',
    { path: text('A folder; the topmost one when left out') },
    [],
  ),
  read_file: tool(
    'read_file',
    'Gives lines of a file with their numbers. A long file comes in parts.',
    {
      path: PATH,
      offset: { type: 'integer', minimum: 1, description: 'The first line, from 1' },
      limit: { type: 'integer', minimum: 1, maximum: 2000, description: 'How many lines; 1000 when left out' },
    },
    ['path'],
  ),
  write_file: tool(
    'write_file',
    'Writes a whole file. What the file held before is replaced.',
    { path: PATH, content: text('All that the file is to hold') },
    ['path', 'content'],
  ),
  edit_file: tool(
    'edit_file',
    'Replaces a piece of a file. The piece must stand in it exactly as given, and once only unless all are to be replaced.',
    {
      path: PATH,
      old_text: text('The piece, without line numbers'),
      new_text: text('What comes in its place'),
      replace_all: { type: 'boolean', description: 'Whether every such piece is replaced' },
    },
    ['path', 'old_text', 'new_text'],
  ),
  delete_file: tool('delete_file', 'Deletes a file.', { path: PATH }, ['path']),
  glob: tool(
    'glob',
    'Lists the files whose paths fit a pattern: * within a segment, ** across segments, ? for one character.',
    { pattern: text('For example prompts/**/*.md') },
    ['pattern'],
  ),
  grep: tool(
    'grep',
    'Finds lines in files and gives them with path and line number.',
    {
      pattern: text('The text to find'),
      regex: { type: 'boolean', description: 'Whether the pattern is a regular expression' },
      path: text('Only in this file, or in this folder'),
      glob: text('Only in files whose paths fit this pattern'),
    },
    ['pattern'],
  ),
};

const TODOS = tool(
  'write_todos',
  'Writes the plan: the whole list, which replaces the one before.',
  {
    todos: {
      type: 'array',
      maxItems: 50,
      items: {
        type: 'object',
        properties: {
          content: { type: 'string', minLength: 1, maxLength: 500, description: 'What is to be done' },
          status: { type: 'string', enum: ['pending', 'in_progress', 'completed'] },
        },
        required: ['content', 'status'],
        additionalProperties: false,
      },
    },
  },
  ['todos'],
);

const ASK = tool('ask_person', 'Asks a person, and gives back the answer.', { question: text('The question') }, [
  'question',
]);

function taskTool({ helpers }: DeepAgent): ModelTool {
  const helper = { type: 'string', enum: helpers.map(({ name }) => name), description: 'Who is to do it' };
  const description = text('What is to be done, with all that the helper has to know');
  return tool('task', 'Hands a part of the work to a helper, and gives back its answer.', { helper, description }, [
    'helper',
    'description',
  ]);
}

/** Tools that a deep agent has besides those of its author. */
export function deepTools(deep: DeepAgent): ModelTool[] {
  return [
    ...FILE_TOOLS.map((name) => FILES[name]),
    ...(deep.planning ? [TODOS] : []),
    ...(deep.ask_people ? [ASK] : []),
    ...(deep.helpers.length > 0 ? [taskTool(deep)] : []),
  ];
}

const IN_ORDER: ReadonlySet<string> = new Set([...FILE_TOOLS, 'write_todos', 'check_agent']);

/** Tools that see what those before them did: of one turn they run one after the other. */
export function runsInOrder(name: string): boolean {
  return IN_ORDER.has(name);
}

/** What a deep agent is told of its ways of working. */
export function deepInstructions({ planning, ask_people, helpers }: DeepAgent): string {
  const parts = [
    'You have a folder of files that lasts as long as this task. Keep drafts, long material and results in it rather than in messages. Read a file before you change it, and prefer small edits to writing it anew.',
  ];
  if (planning) {
    parts.push(
      'Where the task takes several steps, plan first: write the steps with write_todos, keep the one that you work on in progress, and mark each as completed as soon as it is done.',
    );
  }
  if (helpers.length > 0) {
    const known = helpers.map(({ name, description }) => `- ${name}: ${description}`).join('\n');
    parts.push(
      `Parts of the work that stand on their own can be handed to helpers with task, several at once. A helper sees the files but not this conversation, so tell it all that it needs; you get back its answer alone.\n${known}`,
    );
  }
  if (ask_people) parts.push('Ask a person with ask_person only what you can neither find out nor decide.');
  return parts.join('\n\n');
}

/** Runs a tool that a deep agent has; null where it is none of these. A call of `task` is a conversation, and is none. */
export function runDeepTool(
  own: DeepAgent,
  deep: DeepContext,
  { tool: name, arguments: values }: ToolRequest,
  context: StepContext,
): StepOutcome | null {
  // A helper has the files alone; that it was offered nothing else was checked when the call was made.
  if (!deepToolNames(own).includes(name)) return null;
  const given = values as Readonly<Record<string, JsonValue>>;
  switch (name) {
    case 'write_todos':
      return plan(given.todos as unknown as readonly Todo[]);
    case 'ask_person':
      return askPerson(String(given.question), context);
    case 'task':
      return null;
    default:
      return runFileTool(name, given, deep.workspace);
  }
}

function plan(items: readonly Todo[]): StepOutcome {
  const open = items.filter(({ status }) => status !== 'completed').length;
  const told = `The plan has ${items.length} items, ${open} of them open.`;
  return { kind: 'completed', output: told, handle: 'out', blocked: false, calls: [], workspace: { todos: items } };
}

function askPerson(question: string, { node, decision, shadow }: StepContext): StepOutcome {
  if (shadow !== undefined) return refused('shadow_asks_nobody', 'A shadow run asks nobody.');
  if (decision !== null) {
    const { form } = decision;
    const filled = typeof form === 'object' && form !== null && !Array.isArray(form) ? form[ANSWER_FIELD] : null;
    return completed(String(filled ?? decision.comment));
  }
  return {
    kind: 'waiting',
    reason: 'approval',
    wake_at: null,
    due: null,
    ask: {
      kind: 'form',
      title: `The agent "${node.id}" asks`,
      message: question,
      payload: null,
      approvers: NOBODY,
      self_approval: true,
      form_schema: {
        type: 'object',
        properties: { [ANSWER_FIELD]: { type: 'string', title: 'Answer', minLength: 1, maxLength: 8000 } },
        required: [ANSWER_FIELD],
        additionalProperties: false,
      },
      // biome-ignore lint/suspicious/noThenProperty: never awaited; the ask's word for what comes after it
      then: 'resume',
    },
  };
}

/**
 * What a deep agent finds in its folder: the definition's notes where nothing was ever written in their places, and its
 * own files as they are given, also over what an earlier agent of the execution left.
 */
export function firstFiles({ files = '' }: DeepAgent, { notes, workspace }: DeepContext): Record<string, string> {
  const own = typeof files === 'string' ? {} : files;
  const noted = Object.entries(notes).map(([name, content]) => [`knowledge/${name}.md`, content] as const);
  const all = { ...Object.fromEntries(noted.filter(([path]) => workspace.version(path) === 0)), ...own };
  return Object.fromEntries(Object.entries(all).filter(([path, content]) => workspace.read(path) !== content));
}
