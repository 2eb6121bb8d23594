import { formatDuration } from '../../lib/format.ts';

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, min: 60, h: 3600, d: 86_400 };

/** `5s, 1m, 8h`: waits in seconds as people write them. */
export function scheduleText(seconds: readonly number[]): string {
  return seconds.map(waitText).join(', ');
}

function waitText(seconds: number): string {
  for (const [unit, size] of [
    ['h', 3600],
    ['m', 60],
  ] as const) {
    if (seconds >= size && seconds % size === 0) return `${seconds / size}${unit}`;
  }
  return `${seconds}s`;
}

/** Waits in seconds, or the first word that is none. */
export function readSchedule(text: string): { readonly seconds: number[] } | { readonly wrong: string } {
  const seconds: number[] = [];
  for (const word of text.split(/[\s,;]+/).filter((each) => each !== '')) {
    const [, number, unit = 's'] = /^(\d+)(s|min|m|h|d)?$/.exec(word) ?? [];
    const size = UNITS[unit];
    if (number === undefined || size === undefined) return { wrong: word };
    seconds.push(Number(number) * size);
  }
  return { seconds };
}

/** What a schedule comes to, in words. */
export function scheduleInWords(seconds: readonly number[]): string {
  if (seconds.length === 0) return 'What fails once has failed: it is not tried again.';
  const total = seconds.reduce((sum, each) => sum + each, 0);
  return `Up to ${seconds.length + 1} attempts, the last one ${formatDuration(total * 1000)} after the first.`;
}
