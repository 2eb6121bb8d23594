import type { TextCheck, TextProblem } from '@agentflow/engine';
import { jsonMistake } from '../../../lib/json-path.ts';
import type { TextKind } from './preview-scope.ts';

const JSON_TEXT = /"(?:\\.|[^"\\\n])*"/g;

/** Templates inside the texts of a JSON document. Where a text has escapes, a problem is told for all of it. */
function problemsInJson(text: string, check: TextCheck): TextProblem[] {
  const mistake = jsonMistake(text);
  if (mistake !== null) {
    const lines = text.split('\n');
    const from = lines.slice(0, mistake.line - 1).join('\n').length + (mistake.line > 1 ? 1 : 0);
    const to = Math.min(text.length, from + Math.max(1, lines[mistake.line - 1]?.length ?? 1));
    return [{ severity: 'error', code: 'json_invalid', message: `Line ${mistake.line}: ${mistake.message}`, from, to }];
  }
  return [...text.matchAll(JSON_TEXT)].flatMap((match) => {
    const [quoted] = match;
    if (!quoted.includes('{{')) return [];
    const value = JSON.parse(quoted) as string;
    const isPlain = value.length === quoted.length - 2;
    return check.template(value).map((problem) => ({
      ...problem,
      from: match.index + (isPlain ? problem.from + 1 : 0),
      to: match.index + (isPlain ? problem.to + 1 : quoted.length),
    }));
  });
}

/** What is wrong with a text of a node, each with its place. */
export function findProblems(text: string, kind: TextKind, check: TextCheck, field: string): TextProblem[] {
  if (kind === 'json') return text.trim() === '' ? [] : problemsInJson(text, check);
  return kind === 'expression' ? check.expression(text, field) : check.template(text);
}
