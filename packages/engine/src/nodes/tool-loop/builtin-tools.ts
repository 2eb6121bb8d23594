import type { BuiltinToolName, JsonValue } from '@agentflow/contracts';
import { evaluateSource } from '../../expressions/index.ts';
import type { AgentFilesPort, ModelTool } from '../../ports.ts';
import type { Workspace } from '../../workspace.ts';
import { completed, refused, type StepOutcome } from '../step-outcome.ts';
import { calculate } from './calculator.ts';

type Arguments = Readonly<Record<string, JsonValue>>;

/** Tools that compute and change nothing. */
const BUILTINS: { readonly [Name in BuiltinToolName]: Omit<ModelTool, 'name'> } = {
  calculator: {
    description:
      'Computes an arithmetic expression exactly: + - * / % ^, brackets, pi, e, and abs, ceil, floor, round(x, digits), sqrt, exp, ln, log, min, max, sin, cos, tan.',
    parameters: {
      type: 'object',
      properties: { expression: { type: 'string', description: 'For example (19.99 * 3) * 1.19' } },
      required: ['expression'],
      additionalProperties: false,
    },
  },
  current_time: {
    description: 'Tells the date, the time and the day of the week as they are now.',
    parameters: {
      type: 'object',
      properties: { time_zone: { type: 'string', description: 'IANA name such as Europe/Berlin; UTC when left out' } },
      additionalProperties: false,
    },
  },
  query_json: {
    description: 'Evaluates a JSONata expression over JSON data, which it calls `item`: filter, sort, sum, reshape.',
    parameters: {
      type: 'object',
      properties: {
        data: { description: 'The JSON data' },
        expression: { type: 'string', description: 'For example $sum(item.lines.(price * quantity))' },
      },
      required: ['data', 'expression'],
      additionalProperties: false,
    },
  },
  check_agent: {
    description:
      'Checks the files as the draft of an agent, and tells what is wrong with them by file and line. Use it before you end.',
    parameters: {
      type: 'object',
      properties: {
        folder: { type: 'string', description: 'Where agent.yaml stands; the topmost folder when left out' },
        agent_id: {
          type: 'string',
          description: 'Id of the agent that they are the draft of, where it is another one',
        },
      },
      additionalProperties: false,
    },
  },
};

const MAX_PROBLEMS = 50;

/** What of the surroundings a tool may see. */
export interface Surroundings {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Of a deep agent. */
  readonly workspace: Workspace | null;
  readonly agentFiles: AgentFilesPort | null;
}

export function builtinTool(name: BuiltinToolName): ModelTool {
  return { name, ...BUILTINS[name] };
}

export async function runBuiltin(
  name: BuiltinToolName,
  given: Arguments,
  surroundings: Surroundings,
): Promise<StepOutcome> {
  switch (name) {
    case 'calculator': {
      const result = calculate(String(given.expression));
      return result.ok ? completed(result.value) : refused('tool_failed', result.message);
    }
    case 'current_time':
      return currentTime(String(given.time_zone ?? 'UTC'), surroundings.now);
    case 'check_agent':
      return checkAgent(given, surroundings);
    case 'query_json': {
      // Nothing of the run is in this scope: the model queries what it gives, and no secret.
      const scope = { trigger: null, context: {}, env: {}, nodes: new Map(), item: given.data ?? null };
      const evaluation = await evaluateSource(String(given.expression), scope);
      return evaluation.ok ? completed(evaluation.value) : refused(evaluation.error.code, evaluation.error.message);
    }
  }
}

async function checkAgent(given: Arguments, { workspace, agentFiles }: Surroundings): Promise<StepOutcome> {
  if (workspace === null || agentFiles === null) return refused('tool_failed', 'There are no files to check here.');
  const before = given.folder === undefined ? '' : `${String(given.folder).replace(/^(?:\.?\/)+|\/+$/g, '')}/`;
  const folder = before === '/' ? '' : before;
  const files: Record<string, string> = {};
  for (const { path } of workspace.list()) {
    if (path.startsWith(folder)) files[path.slice(folder.length)] = workspace.read(path) ?? '';
  }
  const problems = await agentFiles.check(files, given.agent_id === undefined ? null : String(given.agent_id));
  if (problems.length === 0) return completed('Nothing is wrong with it.');
  const lines = problems.slice(0, MAX_PROBLEMS).map(({ path, line, message, severity }) => {
    return `${severity}: ${path === '' ? '' : `${folder}${path}${line === null ? '' : `:${line}`} `}${message}`;
  });
  const more = problems.length - lines.length;
  return completed([...lines, ...(more > 0 ? [`… and ${more} more`] : [])].join('\n'));
}

function currentTime(zone: string, now: number): StepOutcome {
  try {
    const date = new Date(now);
    const local = new Intl.DateTimeFormat('en-GB', { timeZone: zone, dateStyle: 'full', timeStyle: 'long' });
    return completed({ utc: date.toISOString(), local: local.format(date), time_zone: zone });
  } catch {
    return refused('tool_failed', `"${zone.slice(0, 60)}" is not a time zone.`);
  }
}
