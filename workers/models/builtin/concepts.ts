import { CONCEPTS } from './lexicon.ts';
import { createSpeller, stem, type Token, tokenize } from './words.ts';

export interface Phrase {
  readonly stems: readonly string[];
  readonly weight: number;
}

/** "took the money" and "took money" are one phrase. */
function withoutArticles(tokens: readonly Token[]): Token[] {
  return tokens.filter(({ word }) => word !== 'a' && word !== 'an' && word !== 'the');
}

/** Reads `word, two words*2` into phrases of stems. */
export function readPhrases(source: string): Phrase[] {
  return source
    .split(',')
    .map((term) => term.trim())
    .filter((term) => term !== '')
    .map((term) => {
      const [words = '', weight = '1'] = term.split('*');
      return { stems: withoutArticles(tokenize(words)).map((token) => token.stem), weight: Number(weight) };
    })
    .filter((phrase) => phrase.stems.length > 0);
}

/** Phrases by their first stem, longest first: a text is scanned once whatever the number of phrases. */
export class PhraseIndex<T> {
  readonly #byFirst = new Map<string, { stems: readonly string[]; value: T }[]>();

  add(stems: readonly string[], value: T): void {
    const first = stems[0];
    if (first === undefined) return;
    const list = this.#byFirst.get(first) ?? [];
    list.push({ stems, value });
    list.sort((a, b) => b.stems.length - a.stems.length);
    this.#byFirst.set(first, list);
  }

  stems(): Set<string> {
    return new Set([...this.#byFirst.values()].flatMap((list) => list.flatMap((phrase) => [...phrase.stems])));
  }

  /** Every phrase found, with the number of its first token. Overlapping phrases are all told. */
  find(tokens: readonly Token[]): { value: T; stems: readonly string[]; start: number }[] {
    const found: { value: T; stems: readonly string[]; start: number }[] = [];
    for (const [start, token] of tokens.entries()) {
      for (const { stems, value } of this.#byFirst.get(token.stem) ?? []) {
        if (stems.every((expected, offset) => tokens[start + offset]?.stem === expected))
          found.push({ value, stems, start });
      }
    }
    return found;
  }
}

export interface Concept {
  readonly id: string;
  readonly names: ReadonlySet<string>;
  readonly wider: readonly string[];
  readonly intent: boolean;
}

interface Lexicon {
  readonly concepts: readonly Concept[];
  readonly terms: PhraseIndex<{ concept: string; weight: number }>;
  readonly correct: (stem: string) => string;
}

let built: Lexicon | undefined;

/** Built on first use, so that a Worker that never asks the built-in model pays nothing for it. */
export function lexicon(): Lexicon {
  if (built !== undefined) return built;
  const terms = new PhraseIndex<{ concept: string; weight: number }>();
  for (const source of CONCEPTS) {
    for (const phrase of readPhrases(source.terms))
      terms.add(phrase.stems, { concept: source.id, weight: phrase.weight });
  }
  const concepts = CONCEPTS.map((source) => ({
    id: source.id,
    names: new Set(source.names.split(/\s+/).map(stem)),
    wider: source.wider,
    intent: source.intent === true,
  }));
  built = { concepts, terms, correct: createSpeller(terms.stems()) };
  return built;
}

/** The words of a text, without articles, with slips of the keyboard corrected towards the lexicon. */
export function readTokens(text: string): Token[] {
  const { correct } = lexicon();
  return withoutArticles(tokenize(text)).map((token) => ({ ...token, stem: correct(token.stem) }));
}
