import type { AgentDefinition, AgentNode } from '@agentflow/contracts';
import type { NumberChange } from './commands.ts';
import { type Edited, refused } from './edited.ts';
import { callOf, findStep } from './find-step.ts';
import { type FoundNumber, numbersIn, withNumber } from './numbers-in.ts';
import { listed, quoted, singular, wordsOf } from './wording.ts';

interface Place {
  readonly node: AgentNode;
  readonly index: number;
  readonly number: FoundNumber;
}

/** Changes a number where only one can be meant; else tells the ones that can. What is compared comes before settings. */
export function changeNumber(definition: AgentDefinition, { what, step, from, to }: NumberChange): Edited {
  if (Number.isNaN(from) || Number.isNaN(to))
    return refused('I can’t tell which number is meant: write it without separators, as in 1000.');
  const found = step === null ? null : findStep(definition, step);
  if (found?.ok === false) return found;
  const places = definition.nodes.flatMap((node, index) =>
    found === null || found.node === node ? numbersIn(node).map((number) => ({ node, index, number })) : [],
  );
  const named = what === '' ? places : places.filter(({ number }) => isCalled(number, what));
  const meant = narrowed(named, places, from);
  const [only, second] = meant;
  if (only === undefined)
    return refused(`${missing({ what, from }, found === null ? null : found.node)} ${known(places)}`);
  if (second !== undefined)
    return refused(
      `I can’t tell which number is meant: ${listed(meant.map(described))}. Say in which step, and from which number.`,
    );
  if (only.number.value === to) return refused(`${described(only)} already.`);
  const nodes = definition.nodes.map((node, index) =>
    index === only.index ? withNumber(node, only.number, to) : node,
  );
  return {
    ok: true,
    definition: { ...definition, nodes },
    did: `Changed ${placeOf(only.number)} in ${callOf(only.node)} from ${only.number.value} to ${to}.${alsoInWords(definition, only.number.value)}`,
  };
}

/** Without a name or an old number only what is compared can be meant: a draft is full of numbers. */
function narrowed(named: readonly Place[], all: readonly Place[], from: number | null): readonly Place[] {
  const fits = ({ number }: Place) => from === null || number.value === from;
  const candidates = named.filter(fits).length > 0 || from === null ? named.filter(fits) : all.filter(fits);
  const compared = candidates.filter(({ number }) => number.compares);
  if (compared.length > 0) return compared;
  return from === null && named.length === all.length ? [] : candidates;
}

function isCalled({ path, beside }: FoundNumber, what: string): boolean {
  const wanted = wordsOf(what).map(singular);
  const words = wordsOf(`${path.filter((part) => typeof part === 'string').join(' ')} ${beside}`).map(singular);
  return wanted.length > 0 && wanted.every((word) => words.includes(word));
}

function missing({ what, from }: Pick<NumberChange, 'what' | 'from'>, node: AgentNode | null): string {
  const where = node === null ? 'the draft' : callOf(node);
  if (from !== null) return `There is no number ${from} in conditions, expressions and settings of ${where}.`;
  return what === ''
    ? `Nothing is compared with a number in ${where}.`
    : `There is no number called ${quoted(what)} in ${where}.`;
}

function known(places: readonly Place[]): string {
  const compared = places.filter(({ number }) => number.compares);
  const shown = compared.length > 0 ? compared : places;
  return shown.length === 0
    ? 'It has no numbers that I could change.'
    : `Those that I found: ${listed(shown.map(described))}.`;
}

function described({ node, number }: Place): string {
  return `${placeOf(number)} in ${callOf(node)} is ${number.value}`;
}

function placeOf({ path, beside }: FoundNumber): string {
  const place = path.filter((part) => part !== 'config').join('.');
  return beside === '' ? place : `what ${quoted(beside)} is compared with`;
}

/** Prompts are for people and models to read: a number in them is theirs to change. */
function alsoInWords({ nodes }: AgentDefinition, value: number): string {
  const inText = new RegExp(`(?<![\\d.,])${String(value).replace('.', '\\.')}(?![\\d]|[.,]\\d)`);
  const told = nodes.filter(({ config }) =>
    ['prompt', 'system', 'message'].some((field) => typeof config[field] === 'string' && inText.test(config[field])),
  );
  return told.length === 0
    ? ''
    : ` The number ${value} also stands in a text of ${listed(told.map(callOf))}, which I left as it is.`;
}
