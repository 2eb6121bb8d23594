/** A word of a text with where it stands. `stem` is what comparisons read. */
export interface Token {
  readonly word: string;
  readonly stem: string;
  /** Offset in the normalized text. */
  readonly at: number;
  /** Number of the clause that it stands in; negation does not cross clauses. */
  readonly clause: number;
}

const STOP_WORDS = new Set(
  `a about above after again against all also am an and any are as at be because been before being below between both
  but by can could did do does doing down during each few for from further had has have having he her here hers him his
  how i if in into is it its itself just me more most my myself no nor not now of off on once only or other our ours out
  over own please same she should so some such than that the their theirs them then there these they this those through
  to too under until up us very was we were what when where which while who whom why will with would you your yours
  yourself hi hello hey dear thanks thank regards cheers best kind sincerely get got one im ive ill id u ur pls plz
  yet still already really much many thing things way lot bit let make made going go went see say said know like well
  back even since ok okay`.split(/\s+/),
);

export function isStopWord(word: string): boolean {
  return STOP_WORDS.has(word);
}

const CONTRACTIONS: readonly (readonly [RegExp, string])[] = [
  [/\b(?:can't|cant|cannot|can not)\b/g, 'can not'],
  [/\b(?:won't|wont)\b/g, 'will not'],
  [/\b(do|does|did|is|are|was|were|has|have|had|would|could|should)(?:n't|nt)\b/g, '$1 not'],
  [/\b(i|you|we|they)'(?:ve)\b/g, '$1 have'],
  [/\b(i|you|we|they|he|she|it)'(?:d)\b/g, '$1 would'],
  [/\b(i|you|we|they|he|she|it)'(?:ll)\b/g, '$1 will'],
  [/\bi'm\b/g, 'i am'],
  [/\b(he|she|it|that|what|there|where|here)'s\b/g, '$1 is'],
  [/\b(you|we|they)'re\b/g, '$1 are'],
  [/'s\b/g, ''],
];

/** Spellings that mean one word. */
const VARIANTS: readonly (readonly [RegExp, string])[] = [
  [/\be-?mails?\b/g, 'email'],
  [/\b(?:log|sign)(?:ging|ged|ning|ned)?[- ]?(?:in|on|into)\b/g, 'login'],
  [/\b(?:2fa|mfa|two[- ]factor|multi[- ]factor|2[- ]step|two[- ]step)\b/g, 'twofactor'],
  [/\bone[- ]time (?:code|password|pin)\b/g, 'twofactor'],
  [/\bcheck[- ]?out\b/g, 'checkout'],
  [/\bset[- ]?up\b/g, 'setup'],
  [/\bwi-?fi\b/g, 'wifi'],
  [/\bdrop[- ]?down\b/g, 'dropdown'],
  [/\bpop[- ]?ups?\b/g, 'popup'],
  [/\bup to date\b/g, 'uptodate'],
  [/\ba\.?s\.?a\.?p\b\.?/g, 'asap'],
  [/\bcredit[- ]cards?\b/g, 'creditcard'],
  [/\bdebit[- ]cards?\b/g, 'creditcard'],
  [/\bcolours?\b/g, 'color'],
];

/** Lower case, straight quotes, contractions written out, variants of one word made the same. */
export function normalize(text: string): string {
  let plain = text
    .normalize('NFKC')
    .replace(/[‘’ʼ`´]/g, "'")
    .replace(/[“”]/g, '"')
    .toLowerCase();
  for (const [pattern, replacement] of CONTRACTIONS) plain = plain.replace(pattern, replacement);
  for (const [pattern, replacement] of VARIANTS) plain = plain.replace(pattern, replacement);
  return plain;
}

const VOWEL = /[aeiouy]/;
const UNCHANGED = new Set([
  'accounting',
  'billing',
  'shipping',
  'is',
  'was',
  'this',
  'his',
  'has',
  'us',
  'news',
  'sms',
  'gps',
  'https',
  'aws',
  'ios',
  'bus',
]);

function undouble(word: string): string {
  return /([bdfglmnprt])\1$/.test(word) && word.length > 4 ? word.slice(0, -1) : word;
}

/**
 * A light stem: plural, -ing, -ed, -ly and a final e come off, so that "charges", "charged", "charging" and "charge"
 * meet. It does not touch derivations like "payment" or "delivery": the lexicon lists those.
 */
export function stem(word: string): string {
  if (word.length <= 3 || UNCHANGED.has(word) || /\d/.test(word)) return word;
  let root = word;
  if (root.endsWith('ies') && root.length > 4) root = `${root.slice(0, -3)}y`;
  else if (/(?:ss|sh|ch|x|z)es$/.test(root)) root = root.slice(0, -2);
  else if (root.endsWith('s') && !/(?:ss|us|is)$/.test(root)) root = root.slice(0, -1);
  if (root.endsWith('ing') && root.length > 5 && VOWEL.test(root.slice(0, -3))) root = undouble(root.slice(0, -3));
  else if (root.endsWith('ied') && root.length > 4) root = `${root.slice(0, -3)}y`;
  else if (root.endsWith('ed') && root.length > 4 && VOWEL.test(root.slice(0, -2))) root = undouble(root.slice(0, -2));
  if (root.endsWith('ly') && root.length > 5) root = root.slice(0, -2);
  if (root.endsWith('ation') && root.length > 8) root = undouble(root.slice(0, -5));
  return root.endsWith('e') && root.length > 3 ? root.slice(0, -1) : root;
}

const WORD = /[a-z0-9]+(?:'[a-z]+)?/g;
const CLAUSE_BREAK = /[.!?;:,\n()]|\b(?:but|however|although|though|because)\b/;

/** The words of a text in order. */
export function tokenize(text: string): Token[] {
  const plain = normalize(text);
  const tokens: Token[] = [];
  let clause = 0;
  let end = 0;
  for (const match of plain.matchAll(WORD)) {
    const between = plain.slice(end, match.index);
    const word = match[0].replace(/'[a-z]*$/, '');
    if (CLAUSE_BREAK.test(between) || CLAUSE_BREAK.test(word)) clause++;
    end = match.index + match[0].length;
    if (word !== '') tokens.push({ word, stem: stem(word), at: match.index, clause });
  }
  return tokens;
}

/** Stems that carry meaning, for comparing two texts. */
export function contentStems(text: string): string[] {
  return tokenize(text)
    .filter((token) => !STOP_WORDS.has(token.word) && (token.word.length > 2 || /\d/.test(token.word)))
    .map((token) => token.stem);
}

function oneSlip(typed: string, meant: string): boolean {
  if (Math.abs(typed.length - meant.length) > 1 || typed === meant) return false;
  let start = 0;
  while (start < typed.length && typed[start] === meant[start]) start++;
  if (typed.length === meant.length) {
    return (
      typed[start] === meant[start + 1] &&
      typed[start + 1] === meant[start] &&
      typed.slice(start + 2) === meant.slice(start + 2)
    );
  }
  return typed.length > meant.length
    ? typed.slice(start + 1) === meant.slice(start)
    : typed.slice(start) === meant.slice(start + 1);
}

/**
 * Corrects slips of the keyboard towards a vocabulary of stems: two letters swapped, one too many, one missing. A
 * letter replaced by another is left alone, because it makes other real words too often ("changed" and "charged").
 */
export function createSpeller(vocabulary: Iterable<string>): (stem: string) => string {
  const known = new Set(vocabulary);
  const byStart = new Map<string, string[]>();
  for (const word of known) {
    if (word.length < 5) continue;
    const list = byStart.get(word[0] ?? '') ?? [];
    list.push(word);
    byStart.set(word[0] ?? '', list);
  }
  const settled = new Map<string, string>();
  return (typed) => {
    if (typed.length < 5 || known.has(typed) || STOP_WORDS.has(typed) || /\d/.test(typed)) return typed;
    const before = settled.get(typed);
    if (before !== undefined) return before;
    const candidates = (byStart.get(typed[0] ?? '') ?? []).filter((word) => oneSlip(typed, word));
    const meant = candidates.length === 1 ? (candidates[0] ?? typed) : typed;
    if (settled.size < 2000) settled.set(typed, meant);
    return meant;
  };
}
