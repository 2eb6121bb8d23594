import type { AgentDefinition, DefinitionProblem } from '@agentflow/contracts';
import { validateDefinition } from '@agentflow/engine';
import { checkModel } from '../../../models/index.ts';
import { addApproval } from './add-approval.ts';
import { changeModel } from './change-model.ts';
import { changeNumber } from './change-number.ts';
import { type Command, commandsIn } from './commands.ts';
import type { Edited } from './edited.ts';
import { renameStep } from './rename-step.ts';

export interface EditRequest {
  readonly definition: AgentDefinition;
  readonly agentName: string;
  readonly prompt: string;
  /** Ids of the catalogue's models. */
  readonly models: readonly string[];
}

export type EditResult =
  | { readonly ok: true; readonly definition: AgentDefinition; readonly did: string[] }
  | { readonly ok: false; readonly message: string };

const ABILITIES =
  'Without a language model I can rename a step, add an approval before a step, change the model of a step, and change a number in a condition or setting. ' +
  'For example: rename “Draft” to “Answer”; add an approval before “Refund” when the amount is over 100; use claude-haiku-4-5 for “Answer”; change the threshold in “Big?” from 100 to 200.';

/**
 * Does what the words say where rules understand them: all of it, or nothing. A draft that was valid stays valid, and one that
 * was not gets no further errors. Never throws; `message` says what could not be done and what can.
 */
export function applyEditCommand({ definition, agentName, prompt, models }: EditRequest): EditResult {
  const clauses = commandsIn(prompt);
  const did: string[] = [];
  let edited = definition;
  for (const { text, command } of clauses) {
    const result = command === null ? null : run(edited, command, { agentName, models });
    if (result?.ok === true) {
      edited = result.definition;
      did.push(result.did);
      continue;
    }
    const reason = result === null ? `I don’t understand “${text.slice(0, 200)}”. ${ABILITIES}` : result.message;
    const rest = clauses.length > 1 ? ` Nothing was changed: “${text.slice(0, 200)}” is what could not be done.` : '';
    return { ok: false, message: `${reason}${rest}` };
  }
  if (clauses.length === 0) return { ok: false, message: ABILITIES };
  const broken = newErrors(definition, edited);
  const [first] = broken;
  if (first !== undefined) return { ok: false, message: `That would break the draft: ${first.message}` };
  return { ok: true, definition: edited, did };
}

function run(
  definition: AgentDefinition,
  command: Command,
  { agentName, models }: Pick<EditRequest, 'agentName' | 'models'>,
): Edited {
  switch (command.kind) {
    case 'rename':
      return renameStep(definition, command, agentName);
    case 'approval':
      return addApproval(definition, command);
    case 'model':
      return changeModel(definition, command, models);
    case 'number':
      return changeNumber(definition, command);
  }
}

function newErrors(before: AgentDefinition, after: AgentDefinition): DefinitionProblem[] {
  const errors = (definition: AgentDefinition) =>
    validateDefinition(definition, { check_model: checkModel }).filter(({ severity }) => severity === 'error');
  const known = errors(before);
  // Ids change with a rename, and so do places: of each kind there must be no more than before.
  const counts = new Map<string, number>();
  for (const { code } of known) counts.set(code, (counts.get(code) ?? 0) + 1);
  return errors(after).filter(({ code }) => {
    const left = counts.get(code) ?? 0;
    counts.set(code, left - 1);
    return left <= 0;
  });
}
