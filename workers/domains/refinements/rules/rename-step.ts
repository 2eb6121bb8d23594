import { type AgentDefinition, NODE_ID_PATTERN, RESERVED_NODE_IDS } from '@agentflow/contracts';
import { withNames } from '@agentflow/engine';
import type { Rename } from './commands.ts';
import { type Edited, refused } from './edited.ts';
import { callOf, findStep } from './find-step.ts';
import { bare, quoted, wordsOf } from './wording.ts';

const MAX_NAME = 120;

/** Gives a step another name, and an id to match, which its edges and all expressions follow. */
export function renameStep(definition: AgentDefinition, { step, to }: Rename, agentName: string): Edited {
  const found = findStep(definition, step);
  if (!found.ok) {
    const meansAgent =
      /^(?:the |this |my |our )?(?:agent|workflow)$/i.test(step.trim()) || bare(step) === bare(agentName);
    if (!meansAgent) return found;
    return refused(
      'The name of the agent is not part of its draft: change it in the agent’s settings. I can rename its steps.',
    );
  }
  const { node } = found;
  const name = to.trim();
  if (name === '' || name.length > MAX_NAME) return refused(`A step’s name has 1 to ${MAX_NAME} characters.`);
  if (node.name === name || (node.name === undefined && node.id === name))
    return refused(`${callOf(node)} is called that already.`);
  const id = idFor(definition, node.id, name);
  // Of two steps with one id nobody can tell which one an expression means.
  const alone = definition.nodes.filter((each) => each.id === node.id).length === 1;
  const renamed = { ...definition, nodes: definition.nodes.map((each) => (each === node ? { ...each, name } : each)) };
  if (!alone || id === node.id)
    return { ok: true, definition: renamed, did: `Renamed ${callOf(node)} to ${quoted(name)}.` };
  return {
    ok: true,
    definition: withNames(renamed, new Map([[node.id, id]])),
    did: `Renamed ${callOf(node)} to ${quoted(name)}: its id is now ${id}, in expressions too.`,
  };
}

function idFor({ nodes }: AgentDefinition, old: string, name: string): string {
  const base = name.normalize('NFKD').replaceAll(/\p{Mark}/gu, '');
  const id = wordsOf(base)
    .join('_')
    .replaceAll(/[^a-z0-9_]/g, '')
    .replace(/^[^a-z]+/, '')
    .slice(0, 60);
  if (!NODE_ID_PATTERN.test(id)) return old;
  return id === old
    ? old
    : freeId(
        nodes.map((each) => each.id),
        id,
      );
}

/** The id itself, or with a number behind it where it is taken or means something else. */
export function freeId(taken: readonly string[], id: string): string {
  const used = new Set([...taken, ...RESERVED_NODE_IDS]);
  for (let number = 1; ; number++) {
    const free = number === 1 ? id : `${id}_${number}`;
    if (!used.has(free)) return free;
  }
}
