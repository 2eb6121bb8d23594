import { PhraseIndex, readPhrases, readTokens } from './concepts.ts';
import { type Sentence, sentences } from './segment.ts';
import { contentStems } from './words.ts';

/** What a reader of a ticket looks for: the problem, the request, numbers. Weights add to a sentence's centrality. */
const CUES = `
      error*2, crash*2, broken*2, not work*2, stop work*2, fail*1.5, issue*1.5, problem*1.5, bug*1.5, can not*1.6,
      unable to*1.8, wrong*1.5, missing*1.5, lost*1.5, damaged*1.5, charge*1.5, refund*2, cancel*1.8, please*1.1,
      need*1.2, want*1.2, would like*1.6, request*1.2, could you*1.4, can you*1.4, i am write*1.2, urgent*1.3,
      deadline*1.3, never arrived*2, cracked*2, arrived*1, ordered*1, bought*1, freeze*2, slow*1.5, down*2, gone*2,
      disappeared*2, overcharged*2, not received*2, locked out*2, would be nice*2, would be great*2,
      feature request*2, add*0.8, how do i*1.8, how can i*1.8, is it possible*1.6, since*0.5, because*0.5,
      instead*0.8, expected*1, every time*1`;

const LONGEST_SENTENCE = 320;
const LONGEST_SUMMARY = 1200;
const MOST_SENTENCES = 400;

let cueIndex: PhraseIndex<number> | undefined;

function cues(): PhraseIndex<number> {
  if (cueIndex !== undefined) return cueIndex;
  cueIndex = new PhraseIndex<number>();
  for (const { stems, weight } of readPhrases(CUES)) cueIndex.add(stems, weight);
  return cueIndex;
}

interface Vector {
  readonly weights: ReadonlyMap<string, number>;
  readonly norm: number;
}

/** Sentences as vectors of stems, rare stems weighing more. */
function vectors(texts: readonly string[]): Vector[] {
  const stems = texts.map((text) => contentStems(text));
  const frequency = new Map<string, number>();
  for (const list of stems) for (const stem of new Set(list)) frequency.set(stem, (frequency.get(stem) ?? 0) + 1);
  return stems.map((list) => {
    const weights = new Map<string, number>();
    for (const stem of list)
      weights.set(stem, (weights.get(stem) ?? 0) + Math.log(1 + texts.length / (frequency.get(stem) ?? 1)));
    return { weights, norm: Math.sqrt([...weights.values()].reduce((sum, weight) => sum + weight * weight, 0)) };
  });
}

function similarity(a: Vector, b: Vector): number {
  if (a.norm === 0 || b.norm === 0) return 0;
  const [small, large] = a.weights.size < b.weights.size ? [a, b] : [b, a];
  let dot = 0;
  for (const [stem, weight] of small.weights) dot += weight * (large.weights.get(stem) ?? 0);
  return dot / (a.norm * b.norm);
}

/** PageRank over the graph of similar sentences (LexRank, Erkan and Radev 2004), scaled so that the mean is 1. */
function centrality(of: readonly Vector[]): number[] {
  const size = of.length;
  const links = of.map((a, row) => of.map((b, column) => (row === column ? 0 : similarity(a, b))));
  const sums = links.map((row) => row.reduce((sum, value) => sum + value, 0));
  let ranks = of.map(() => 1);
  for (let round = 0; round < 20; round++) {
    ranks = ranks.map((_, column) => {
      let received = 0;
      for (let row = 0; row < size; row++) {
        const sum = sums[row] ?? 0;
        if (sum > 0) received += ((links[row]?.[column] ?? 0) / sum) * (ranks[row] ?? 0);
      }
      return 0.15 + 0.85 * received;
    });
  }
  return ranks;
}

function cueScore(text: string): number {
  const best = new Map<string, number>();
  for (const { value, stems } of cues().find(readTokens(text))) best.set(stems.join(' '), value);
  return [...best.values()]
    .sort((a, b) => b - a)
    .slice(0, 3)
    .reduce((sum, weight) => sum + weight, 0);
}

function position(index: number, total: number): number {
  if (index <= 1) return 1.4;
  return index >= total - 2 ? 1 : 0.85;
}

function lengthFactor(text: string): number {
  const words = text.split(/\s+/).length;
  if (words < 4) return 0.45;
  if (words < 7) return 0.8;
  return words > 45 ? 0.85 : 1;
}

function trimmed(text: string): string {
  if (text.length <= LONGEST_SENTENCE) return text;
  const cut = text.slice(0, LONGEST_SENTENCE);
  return `${cut.slice(0, Math.max(cut.lastIndexOf(' '), LONGEST_SENTENCE - 40))}…`;
}

/**
 * The sentences that tell most of a message, as the writer wrote them and in their order: chosen by how central they
 * are, where they stand and whether they name a problem, a request or a figure; a sentence that repeats a chosen one
 * is passed over. Greeting, signature and quoted replies never appear.
 */
export function summarize(text: string, maxSentences: number): string {
  const all = sentences(text).slice(0, MOST_SENTENCES);
  if (all.length === 0) return trimmed(text.replace(/\s+/g, ' ').trim());
  const space = vectors(all.map((sentence) => sentence.text));
  const ranks = centrality(space);
  const scored = all.map((sentence, index) => ({
    sentence,
    vector: space[index] ?? { weights: new Map<string, number>(), norm: 0 },
    score:
      ((ranks[index] ?? 0) + 0.55 * cueScore(sentence.text) + (/\d/.test(sentence.text) ? 0.35 : 0)) *
      position(index, all.length) *
      lengthFactor(sentence.text) *
      (sentence.from_subject && all.length > 2 ? 0.4 : 1),
  }));

  const chosen: typeof scored = [];
  let rest = [...scored];
  while (chosen.length < maxSentences && rest.length > 0) {
    const next = rest
      .map((candidate) => {
        const overlap = Math.max(0, ...chosen.map((taken) => similarity(candidate.vector, taken.vector)));
        return { candidate, worth: candidate.score * (1 - overlap), overlap };
      })
      .sort((a, b) => b.worth - a.worth || a.candidate.sentence.index - b.candidate.sentence.index)[0];
    if (next === undefined) break;
    rest = rest.filter((candidate) => candidate !== next.candidate);
    if (next.overlap < 0.7) chosen.push(next.candidate);
  }
  return joined(chosen.map(({ sentence }) => sentence));
}

/** A sentence with its end: subjects and list items have none of their own. */
export function finished(text: string): string {
  return /[.!?…]["')\]]*$/.test(text) ? trimmed(text) : `${trimmed(text)}.`;
}

function joined(chosen: readonly Sentence[]): string {
  let summary = '';
  for (const { text } of [...chosen].sort((a, b) => a.index - b.index)) {
    const sentence = finished(text);
    if (summary !== '' && summary.length + sentence.length > LONGEST_SUMMARY) break;
    summary += (summary === '' ? '' : ' ') + sentence;
  }
  return summary;
}

/** The sentences of a text that share most with a question, best first; those that share nothing are left out. */
export function relevantSentences(text: string, question: string, most: number): string[] {
  const all = sentences(text).slice(0, MOST_SENTENCES);
  const space = vectors([...all.map((sentence) => sentence.text), question]);
  const asked = space.at(-1);
  if (asked === undefined) return [];
  return all
    .map((sentence, index) => ({ sentence, score: similarity(space[index] ?? asked, asked) }))
    .filter(({ score, sentence }) => score > 0.05 && sentence.text !== question.trim())
    .sort((a, b) => b.score - a.score || a.sentence.index - b.sentence.index)
    .slice(0, most)
    .sort((a, b) => a.sentence.index - b.sentence.index)
    .map(({ sentence }) => finished(sentence.text));
}
