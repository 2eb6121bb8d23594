import { contentStems } from './words.ts';

const DIMENSIONS = 256;

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    value ^= text.charCodeAt(index);
    value = Math.imul(value, 0x01000193) >>> 0;
  }
  return value;
}

/**
 * A text as a unit vector of 256 numbers: its stems and their letter triples hashed into buckets with a sign (the
 * hashing trick, Weinberger et al. 2009). Texts that share words come out near each other; meaning beyond words does
 * not show.
 */
export function embedText(text: string): number[] {
  const vector = new Array<number>(DIMENSIONS).fill(0);
  const add = (feature: string, weight: number) => {
    const value = hash(feature);
    const bucket = value % DIMENSIONS;
    vector[bucket] = (vector[bucket] ?? 0) + (value & 0x80000000 ? -weight : weight);
  };
  for (const stem of contentStems(text)) {
    add(`w:${stem}`, 1);
    for (let start = 0; start + 3 <= stem.length; start++) add(`g:${stem.slice(start, start + 3)}`, 0.25);
  }
  const norm = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  return norm === 0 ? vector : vector.map((value) => value / norm);
}
