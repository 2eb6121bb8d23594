import type { BuiltinToolName, JsonValue } from '@agentflow/contracts';
import { evaluateSource } from '../../expressions/index.ts';
import type { ModelTool } from '../../ports.ts';
import { completed, refused, type StepOutcome } from '../step-outcome.ts';
import { calculate } from './calculator.ts';

type Arguments = Readonly<Record<string, JsonValue>>;

/** Tools that compute and touch nothing outside. */
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
};

export function builtinTool(name: BuiltinToolName): ModelTool {
  return { name, ...BUILTINS[name] };
}

/** @param now milliseconds since the epoch */
export async function runBuiltin(name: BuiltinToolName, given: Arguments, now: number): Promise<StepOutcome> {
  switch (name) {
    case 'calculator': {
      const result = calculate(String(given.expression));
      return result.ok ? completed(result.value) : refused('tool_failed', result.message);
    }
    case 'current_time':
      return currentTime(String(given.time_zone ?? 'UTC'), now);
    case 'query_json': {
      // Nothing of the run is in this scope: the model queries what it gives, and no secret.
      const scope = { trigger: null, context: {}, env: {}, nodes: new Map(), item: given.data ?? null };
      const evaluation = await evaluateSource(String(given.expression), scope);
      return evaluation.ok ? completed(evaluation.value) : refused(evaluation.error.code, evaluation.error.message);
    }
  }
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
