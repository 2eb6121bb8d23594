export const UNITS = [
  { unit: 'seconds', words: 'seconds', ms: 1000 },
  { unit: 'minutes', words: 'minutes', ms: 60_000 },
  { unit: 'hours', words: 'hours', ms: 3_600_000 },
  { unit: 'days', words: 'days', ms: 86_400_000 },
] as const;
export type Unit = (typeof UNITS)[number]['unit'];

export function unitMs(unit: Unit): number {
  return UNITS.find((each) => each.unit === unit)?.ms ?? 1000;
}

/** The largest unit in which a duration is a whole number; seconds for what is none, and for 0. */
export function unitFor(ms: number): Unit {
  const fits = UNITS.filter((each) => ms !== 0 && ms % each.ms === 0);
  return fits.at(-1)?.unit ?? 'seconds';
}
