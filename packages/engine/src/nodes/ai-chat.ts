import type { ModelMessage } from '../ports.ts';
import { validateInput } from '../validation/index.ts';
import { answerData, ask, invalidAnswer, type JsonSchema, settingsOf } from './model-answer.ts';
import { completed, failed, type StepHandler } from './step-outcome.ts';

const STRUCTURED = 'Answer only with JSON that fits the given schema: no explanation, no code block.';

/** Asks a model. With a schema, `data` is the answer as data that fits it; without one it is null. */
export const runChat: StepHandler<'ai.chat'> = async (config, context, ports) => {
  const { prompt, system, schema } = config;
  const instructions = [system?.trim() ? system : null, schema === undefined ? null : STRUCTURED];
  const given = instructions.filter((text) => text !== null).join('\n\n');
  const messages: ModelMessage[] = given === '' ? [] : [{ role: 'system', content: given }];
  messages.push({ role: 'user', content: prompt });
  const request = {
    ...settingsOf(config),
    task: { kind: 'chat', text: prompt } as const,
    messages,
    ...(schema === undefined ? {} : { schema: schema as JsonSchema }),
  };
  const answer = await ask(ports, context, request, schema === undefined);
  if (!answer.ok) return failed(answer.error, answer.calls);
  const { text, finish_reason, calls } = answer;
  if (schema === undefined) return completed({ text, data: null, finish_reason }, 'out', calls);
  const data = answerData(answer);
  if (data === undefined) return failed(invalidAnswer('The model did not answer with JSON.'), calls);
  const [problem] = validateInput(schema, data);
  if (problem !== undefined) {
    const place = problem.path === '' ? 'it' : problem.path;
    return failed(invalidAnswer(`The model's answer does not fit the schema: ${place} ${problem.message}.`), calls);
  }
  return completed({ text, data, finish_reason }, 'out', calls);
};
