import { type AgentDefinition, type AgentNode, nodeType } from '@agentflow/contracts';
import { refused } from './edited.ts';
import { bare, listed, quoted, singular, wordsOf } from './wording.ts';

export type Found = { readonly ok: true; readonly node: AgentNode } | { readonly ok: false; readonly message: string };

/** A step as sentences call it. */
export function callOf({ id, name }: AgentNode): string {
  return quoted(name === undefined || name.trim() === '' ? id : name);
}

/**
 * The step that words mean: its id or name, spelled as one likes, else the only one whose id, name or type has all of
 * them.
 */
export function findStep({ nodes }: AgentDefinition, words: string): Found {
  const text = words.trim();
  const ways: ((node: AgentNode) => boolean)[] = [
    ({ id }) => id === text,
    ({ name }) => name?.trim().toLowerCase() === text.toLowerCase(),
    (node) => spellings(node).includes(bare(withoutFiller(text))),
    (node) => hasAll(wordsOf(`${node.id} ${node.name ?? ''}`), text),
    (node) => hasAll(wordsOf(`${node.id} ${node.name ?? ''} ${node.type} ${nodeType(node.type)?.title ?? ''}`), text),
  ];
  for (const way of ways) {
    const found = nodes.filter(way);
    const [node, second] = found;
    if (node === undefined) continue;
    if (second === undefined) return { ok: true, node };
    const names = found.map((each) =>
      callOf(each) === quoted(each.id) ? quoted(each.id) : `${callOf(each)} (${each.id})`,
    );
    return refused(`${quoted(text)} can mean ${listed(names)}: say which, by its id.`);
  }
  const steps = nodes.length === 0 ? 'The draft has no steps.' : `The steps are ${listed(nodes.map(callOf))}.`;
  return refused(`There is no step ${quoted(text)}. ${steps}`);
}

function withoutFiller(text: string): string {
  return text
    .replace(/^(?:the|a|an|this|my|our|every|each|any|all|der|die|das|den|dem)\s+/i, '')
    .replace(/\s+(?:step|node|schritt)s?$/i, '');
}

function spellings({ id, name }: AgentNode): string[] {
  return [id, name ?? ''].map(bare).filter((spelling) => spelling !== '');
}

function hasAll(words: readonly string[], text: string): boolean {
  const wanted = wordsOf(withoutFiller(text)).map(singular);
  const stems = words.map(singular);
  return wanted.length > 0 && wanted.every((word) => stems.includes(word));
}
