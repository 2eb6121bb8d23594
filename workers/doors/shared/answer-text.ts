import type { JsonValue } from '@agentflow/contracts';

/** Fields that hold an answer for people, the first choice first. */
const ANSWER_FIELDS = ['text', 'answer', 'output', 'summary'];
/** What model steps say about their answer, beside it. */
const NOT_ANSWERS = ['finish_reason', 'ended_by'];

/** An agent's output as text: a string as it is; the answer of an object whose only text that is; JSON of everything else. */
export function answerText(output: JsonValue): string {
  if (output === null) return '';
  if (typeof output === 'string') return output;
  if (typeof output !== 'object' || Array.isArray(output)) return JSON.stringify(output);
  const texts = Object.entries(output).filter(
    ([name, value]) => typeof value === 'string' && !NOT_ANSWERS.includes(name),
  );
  const [only] = texts;
  if (texts.length === 1 && only !== undefined && ANSWER_FIELDS.includes(only[0])) return String(only[1]);
  return JSON.stringify(output);
}
