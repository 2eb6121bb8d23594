import { type AgentDefinition, type AgentNode, nodeType } from '@agentflow/contracts';
import { checkModel } from '../../../models/index.ts';
import type { ModelChange } from './commands.ts';
import { type Edited, refused } from './edited.ts';
import { callOf, findStep } from './find-step.ts';
import { bare, listed, quoted, wordsOf } from './wording.ts';

export function changeModel(
  definition: AgentDefinition,
  { model, step }: ModelChange,
  models: readonly string[],
): Edited {
  const meant = findModel(model, models);
  if (!meant.ok) return meant;
  const found = step === null ? null : findStep(definition, step);
  if (found?.ok === false) return found;
  if (found !== null && !hasModel(found.node)) return refused(`${callOf(found.node)} uses no language model.`);
  const wanted = found === null ? definition.nodes.filter(hasModel) : [found.node];
  if (wanted.length === 0) return refused('No step of the draft uses a language model.');
  const unfit = wanted.map((node) => ({ node, why: misfit(node, meant.model) }));
  const changed = unfit
    .filter(({ node, why }) => why === null && node.config.model !== meant.model)
    .map(({ node }) => node);
  if (changed.length === 0) {
    const why = unfit.find((each) => each.why !== null)?.why;
    return refused(
      why ?? `${listed(wanted.map(callOf))} already ${wanted.length === 1 ? 'uses' : 'use'} ${meant.model}.`,
    );
  }
  const left = unfit.filter(({ why }) => why !== null);
  const rest =
    left.length === 0 ? '' : ` ${listed(left.map(({ node }) => callOf(node)))} stayed as before: ${left[0]?.why}`;
  return {
    ok: true,
    definition: {
      ...definition,
      nodes: definition.nodes.map((node) =>
        changed.includes(node) ? { ...node, config: { ...node.config, model: meant.model } } : node,
      ),
    },
    did: `${listed(changed.map(callOf))} now ${changed.length === 1 ? 'uses' : 'use'} ${meant.model}.${rest}`,
  };
}

function hasModel({ type, config }: AgentNode): boolean {
  return nodeType(type)?.category === 'ai' && Object.hasOwn(config, 'model');
}

/** Why a step can't have this model, or null. */
function misfit({ type }: AgentNode, model: string): string | null {
  const tools = type === 'ai.agent';
  if (tools && model.startsWith('builtin/'))
    return `${model} is no language model: an agent needs one that uses tools.`;
  return checkModel(model, { tools });
}

type Meant = { readonly ok: true; readonly model: string } | { readonly ok: false; readonly message: string };

/** By its id, its name, or words that only one of the catalogue has. */
function findModel(text: string, models: readonly string[]): Meant {
  const wanted = text.trim().replace(/^(?:the )?model /i, '');
  const words = wordsOf(wanted);
  const ways: ((model: string) => boolean)[] = [
    (model) => model === wanted,
    (model) => bare(model) === bare(wanted) || bare(model.slice(model.indexOf('/') + 1)) === bare(wanted),
    (model) => words.length > 0 && words.every((word) => wordsOf(model).includes(word)),
  ];
  for (const way of ways) {
    const [model, ...further] = models.filter(way);
    if (model === undefined) continue;
    if (further.length === 0) return { ok: true, model };
    return refused(`${quoted(wanted)} can mean ${listed([model, ...further])}: say which.`);
  }
  // Ollama and endpoints of one's own take any name.
  if (/^\S+\/\S+$/.test(wanted)) {
    const problem = checkModel(wanted);
    return problem === null ? { ok: true, model: wanted } : refused(problem);
  }
  return refused(`There is no model ${quoted(wanted)} in the catalogue. Write it as provider/name.`);
}
