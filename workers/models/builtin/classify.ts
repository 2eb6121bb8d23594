import type { ModelLabel } from '@agentflow/engine';
import { lexicon, PhraseIndex, readTokens } from './concepts.ts';
import { messageBody } from './segment.ts';
import { scoreSeverity, severityLevels } from './severity.ts';
import { isStopWord, tokenize } from './words.ts';

export interface Classification {
  readonly label: string;
  /** 0 to 1: how far the label stands above the others, and how much there was to go by. */
  readonly confidence: number;
}

const CATCH_ALL =
  /^(?:other|others|general|neutral|mixed|support|customer (?:support|service|care)|help ?desk|misc|miscellaneous|unknown|none|default|uncategori[sz]ed|everything else|anything else|n\/?a|not sure|unclear|rest)(?:[ _-](?:inquiry|enquiry|question|request|issue)s?)?$/i;

/** Words of label descriptions that say nothing about the label. */
const GENERIC = new Set(
  `problem issue request question relat customer user ticket message anyth everyth someth els includ use e.g kind type case
  concern topic matter support help need want ask get wrong fit none noth abov tri regard report general other such
  descriptio category label people person client thing work new show tell requir contact via servic`.split(/\s+/),
);

const NAME_WEIGHT = 3;
const DESCRIPTION_WEIGHT = 1.6;
const EXAMPLE_WEIGHT = 0.8;
const EXAMPLE_PAIR_WEIGHT = 1.6;
const NAME_CONCEPT = 1;
const DESCRIPTION_CONCEPT = 0.6;
const WIDER_CONCEPT = 0.85;
const QUESTION_MARK = 1.2;
/** Below this evidence a catch-all label is the better answer. */
const CATCH_ALL_BAR = 2.6;

interface Feature {
  readonly label: number;
  readonly weight: number;
}

function labelWords(text: string): string[] {
  return tokenize(text.replace(/[_/-]+/g, ' '))
    .filter((token) => !isStopWord(token.word) && !GENERIC.has(token.stem) && token.word.length > 1)
    .map((token) => token.stem);
}

/** A label that is named with a generic word alone ("question", "problem") is known by it. */
function nameWords(name: string): string[] {
  const words = labelWords(name);
  return words.length > 0 ? words : tokenize(name).map((token) => token.stem);
}

/**
 * Strength with which each label stands for each concept, concepts that no label names counted for their wider ones.
 */
function conceptLinks(labels: readonly ModelLabel[]): Map<string, Feature[]> {
  const { concepts } = lexicon();
  const direct = new Map<string, Feature[]>();
  for (const concept of concepts) {
    const features: Feature[] = [];
    for (const [label, { name, description }] of labels.entries()) {
      if (CATCH_ALL.test(name)) continue;
      const named = nameWords(name).some((word) => concept.names.has(word)) || concept.id === name.toLowerCase();
      const hits = new Set(labelWords(description).filter((word) => concept.names.has(word))).size;
      if (named) features.push({ label, weight: NAME_CONCEPT });
      else if (hits > 0) features.push({ label, weight: Math.min(DESCRIPTION_CONCEPT + 0.2 * (hits - 1), 0.95) });
    }
    // A label named after the concept owns it: another's passing mention of it counts little.
    const owned = features.some((feature) => feature.weight === NAME_CONCEPT);
    const kept = owned
      ? features.map((f) => (f.weight === NAME_CONCEPT ? f : { ...f, weight: f.weight * 0.3 }))
      : features;
    if (kept.length > 0) direct.set(concept.id, kept);
  }
  const links = new Map(direct);
  for (const concept of concepts) {
    const own = direct.get(concept.id) ?? [];
    if (own.some((feature) => feature.weight === NAME_CONCEPT)) continue;
    const wider = concept.wider.find((id) => direct.has(id));
    if (wider === undefined) continue;
    const inherited = (direct.get(wider) ?? []).map((f) => ({ ...f, weight: f.weight * WIDER_CONCEPT }));
    const strongest = new Map<number, Feature>();
    for (const feature of [...own, ...inherited]) {
      if (feature.weight > (strongest.get(feature.label)?.weight ?? 0)) strongest.set(feature.label, feature);
    }
    links.set(concept.id, [...strongest.values()]);
  }
  return links;
}

/** The labels' own words, weighted by where they stand and by how few labels share them. */
function labelTerms(labels: readonly ModelLabel[]): PhraseIndex<Feature> {
  const weights = new Map<string, Map<number, number>>();
  const add = (label: number, stems: readonly string[], weight: number) => {
    const key = stems.join(' ');
    const byLabel = weights.get(key) ?? new Map<number, number>();
    byLabel.set(label, Math.max(byLabel.get(label) ?? 0, weight));
    weights.set(key, byLabel);
  };
  for (const [label, { name, description, examples }] of labels.entries()) {
    if (!CATCH_ALL.test(name)) {
      for (const word of nameWords(name)) add(label, [word], NAME_WEIGHT);
      for (const word of labelWords(description)) add(label, [word], DESCRIPTION_WEIGHT);
    }
    for (const example of examples) {
      const words = tokenize(example).filter((token) => !isStopWord(token.word) && token.word.length > 2);
      for (const [index, { stem }] of words.entries()) {
        add(label, [stem], EXAMPLE_WEIGHT);
        const next = words[index + 1];
        if (next !== undefined) add(label, [stem, next.stem], EXAMPLE_PAIR_WEIGHT);
      }
    }
  }
  const index = new PhraseIndex<Feature>();
  for (const [key, byLabel] of weights) {
    const rarity = Math.log(1 + labels.length / byLabel.size) / Math.log(1 + labels.length);
    for (const [label, weight] of byLabel) index.add(key.split(' '), { label, weight: weight * rarity });
  }
  return index;
}

const DENIALS = [
  'nothing to do with',
  'not about',
  'not a',
  'not an',
  'not related to',
  'unrelated to',
  'rather than',
  'instead of',
  'no problem with',
  'no issue with',
  'no complaint about',
  'no complaints about',
  'not asking for',
  'not want',
  'not need',
];

let denials: PhraseIndex<number> | undefined;

function denialIndex(): PhraseIndex<number> {
  if (denials !== undefined) return denials;
  denials = new PhraseIndex<number>();
  for (const denial of DENIALS) {
    const stems = tokenize(denial).map((token) => token.stem);
    denials.add(stems, stems.length);
  }
  return denials;
}

/**
 * Offsets of the words whose topic the writer rules out ("this is not a billing problem", "nothing to do with
 * shipping").
 */
function denied(body: string): Set<number> {
  const tokens = tokenize(body);
  const out = new Set<number>();
  for (const { start, value } of denialIndex().find(tokens)) {
    const clause = tokens[start]?.clause;
    for (let next = start + value; next < start + value + 3 && tokens[next]?.clause === clause; next++) {
      out.add(tokens[next]?.at ?? -1);
    }
  }
  return out;
}

interface PreparedLabels {
  readonly own: PhraseIndex<Feature>;
  readonly links: ReadonlyMap<string, readonly Feature[]>;
}

const MOST_PREPARED = 32;
const prepared = new Map<string, PreparedLabels>();

/** What is known of a set of labels; agents ask about the same set again and again. */
function prepare(labels: readonly ModelLabel[]): PreparedLabels {
  const key = JSON.stringify(labels);
  const known = prepared.get(key);
  if (known !== undefined) return known;
  const fresh = { own: labelTerms(labels), links: conceptLinks(labels) };
  if (prepared.size >= MOST_PREPARED) prepared.clear();
  prepared.set(key, fresh);
  return fresh;
}

/** Repeating a word adds less each time. */
function saturate(count: number): number {
  return 1 + Math.log(count);
}

function score(text: string, labels: readonly ModelLabel[]): { scores: number[]; outside: number } {
  const { terms, concepts } = lexicon();
  const body = messageBody(text);
  const { own, links } = prepare(labels);
  const tokens = readTokens(body);
  const ruledOut = denied(body);
  const isRuledOut = (start: number) => ruledOut.has(tokens[start]?.at ?? -1);
  const firstBreak = body.indexOf('\n');
  const subjectEnd = firstBreak > 0 && firstBreak < 120 ? firstBreak : 80;
  const place = (start: number) => ((tokens[start]?.at ?? 0) < subjectEnd ? 1.35 : 1);

  const scores = labels.map(() => 0);
  const seen = new Map<string, { features: readonly Feature[]; weight: number; count: number }>();
  const collect = (key: string, features: readonly Feature[], weight: number) => {
    const before = seen.get(key);
    seen.set(key, { features, weight: Math.max(before?.weight ?? 0, weight), count: (before?.count ?? 0) + 1 });
  };
  for (const { value, stems, start } of own.find(tokens)) {
    if (!isRuledOut(start))
      collect(
        `own:${value.label}:${stems.join(' ')}`,
        [{ label: value.label, weight: 1 }],
        value.weight * place(start),
      );
  }

  const outsideByConcept = new Map<string, number>();
  const covered = new Set<string>();
  const found = terms.find(tokens).sort((a, b) => b.stems.length - a.stems.length || a.start - b.start);
  for (const { value, stems, start } of found) {
    // "not arrived" says it all: the "arrived" inside it is no second evidence for the same concept.
    const places = stems.map((_, offset) => `${value.concept}:${start + offset}`);
    if (isRuledOut(start) || places.every((place) => covered.has(place))) continue;
    for (const place of places) covered.add(place);
    const features = links.get(value.concept);
    const weight = value.weight * place(start);
    if (features !== undefined) collect(`lex:${value.concept}:${stems.join(' ')}`, features, weight);
    else outsideByConcept.set(value.concept, (outsideByConcept.get(value.concept) ?? 0) + weight);
  }
  const asked = links.get('how_to');
  if (asked !== undefined && body.includes('?')) collect('question mark', asked, QUESTION_MARK);
  for (const { features, weight, count } of seen.values()) {
    for (const feature of features)
      scores[feature.label] = (scores[feature.label] ?? 0) + feature.weight * weight * saturate(count);
  }
  const intents = new Set(concepts.filter((concept) => concept.intent).map((concept) => concept.id));
  const outside = Math.max(0, ...[...outsideByConcept].filter(([id]) => intents.has(id)).map(([, weight]) => weight));
  return { scores, outside };
}

/**
 * Chooses the label that fits a text best. Labels that form a scale (low … urgent, P1 … P4) are decided by how severe
 * the text sounds, all others by their own words, by related words and by what the writer wants. Deterministic: equal
 * scores go to the label that stands first. Without evidence the catch-all label wins, else the first, with low
 * confidence.
 */
export function classify(text: string, labels: readonly ModelLabel[]): Classification {
  const first = labels[0];
  if (first === undefined) throw new Error('classification needs labels');
  const levels = severityLevels(labels.map((label) => label.name));
  if (levels !== null) return classifySeverity(text, labels, levels);

  const { scores, outside } = score(text, labels);
  const ranked = labels
    .map((label, index) => ({ name: label.name, score: scores[index] ?? 0, index }))
    .sort((a, b) => b.score - a.score || a.index - b.index);
  const best = ranked[0] ?? { name: first.name, score: 0, index: 0 };
  const second = ranked[1]?.score ?? 0;
  const catchAll = labels.find((label) => CATCH_ALL.test(label.name));
  if (catchAll !== undefined && (best.score < CATCH_ALL_BAR || outside > best.score)) {
    const doubt = Math.min(best.score / (CATCH_ALL_BAR * 2), 0.5);
    return { label: catchAll.name, confidence: round(outside > best.score ? 0.6 : 0.5 - doubt * 0.6) };
  }
  if (best.score === 0) return { label: (catchAll ?? first).name, confidence: round(1 / labels.length / 2) };
  return { label: best.name, confidence: confidenceOf(best.score, second, labels.length) };
}

/**
 * Share of the evidence that the best label holds over the second, drawn towards chance where there is little of it.
 */
function confidenceOf(best: number, second: number, labels: number): number {
  const margin = (best - second) / best;
  const amount = 1 - Math.exp(-best / 6);
  const chance = 1 / labels;
  return round(chance + (0.97 - chance) * amount * (0.35 + 0.65 * margin));
}

const TOP_BAR = 0.79;

function classifySeverity(text: string, labels: readonly ModelLabel[], levels: readonly number[]): Classification {
  const { severity, evidence } = scoreSeverity(messageBody(text));
  // A label's own description can draw a text towards it, by less than half a step of the scale.
  const { scores } = score(
    text,
    labels.map((label) => ({ ...label, name: '' })),
  );
  const strongest = Math.max(1, ...scores);
  const ranked = labels
    .map((label, index) => ({
      name: label.name,
      index,
      distance:
        Math.abs(severity - (levels[index] ?? 0)) -
        0.06 * ((scores[index] ?? 0) / strongest) * Math.min(1, (scores[index] ?? 0) / 4),
    }))
    .sort((a, b) => a.distance - b.distance || a.index - b.index);
  // The top of a scale is for what cannot wait: being nearest to it is not enough.
  while (ranked.length > 1 && severity < TOP_BAR && (levels[ranked[0]?.index ?? 0] ?? 0) > 0.9) ranked.shift();
  const [best, second] = ranked;
  if (best === undefined) throw new Error('classification needs labels');
  const margin = second === undefined ? 1 : Math.min(1, (second.distance - best.distance) / 0.3);
  const certainty = 1 - Math.exp(-evidence / 2);
  return { label: best.name, confidence: round(0.35 + 0.6 * margin * (0.4 + 0.6 * certainty)) };
}

function round(value: number): number {
  return Math.round(Math.min(Math.max(value, 0), 1) * 100) / 100;
}
