import type { FieldError, MessageTemplates } from '@agentflow/contracts';
import { compileExpression, parseTemplate, referencesOf } from '@agentflow/engine';

/** The one name that a template knows. */
const ROOT = 'event';

/** What is wrong with templates that can be told without an event. */
export function templateProblems(templates: MessageTemplates): FieldError[] {
  return Object.entries(templates).flatMap(([kind, text]) => {
    const message = text === undefined ? null : textProblem(text);
    return message === null ? [] : [{ path: `templates.${kind}`, message }];
  });
}

function textProblem(text: string): string | null {
  const template = parseTemplate(text);
  if (!template.ok) return template.message;
  for (const part of template.parts) {
    if (part.kind !== 'expression') continue;
    const problem = expressionProblem(part.source);
    if (problem !== null) return problem;
  }
  return null;
}

function expressionProblem(source: string): string | null {
  const compiled = compileExpression(source);
  if (!compiled.ok) return `${compiled.error.message} In {{${source.slice(0, 100)}}}.`;
  const unknown = referencesOf(compiled.expression).find(({ root }) => root !== ROOT);
  if (unknown === undefined) return null;
  return `There is no ${unknown.root} here: a template knows ${ROOT}, as in {{event.data.agent_name}}.`;
}
