export interface CronField {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly names?: readonly string[];
}

/** The five fields of a cron expression, in order. */
export const CRON_FIELDS: readonly CronField[] = [
  { name: 'minute', from: 0, to: 59 },
  { name: 'hour', from: 0, to: 23 },
  { name: 'day of the month', from: 1, to: 31 },
  {
    name: 'month',
    from: 1,
    to: 12,
    names: ['', 'jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'],
  },
  // 7 is Sunday too.
  { name: 'day of the week', from: 0, to: 7, names: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] },
];

/** What is wrong with a five-field cron expression (lists, ranges, steps, names of months and days), or null. */
export function cronProblem(text: string): string | null {
  const fields = text.trim().split(/\s+/);
  if (fields.length !== CRON_FIELDS.length) {
    return 'must have five fields: minute, hour, day of the month, month, day of the week';
  }
  for (const [index, field] of CRON_FIELDS.entries()) {
    if (!(fields[index] ?? '').split(',').every((part) => isPart(part, field))) {
      return `has no valid ${field.name}: "${fields[index]}"`;
    }
  }
  return null;
}

function isPart(part: string, field: CronField): boolean {
  const [range = '', step, ...rest] = part.split('/');
  if (rest.length > 0 || (step !== undefined && !/^[1-9]\d{0,2}$/.test(step))) return false;
  if (range === '*') return true;
  const [from = '', to, ...more] = range.split('-');
  if (more.length > 0) return false;
  const first = numberOf(from, field);
  const last = to === undefined ? first : numberOf(to, field);
  return first !== null && last !== null && first <= last;
}

/** What one value of a field says, by number or name; null for what it can't hold. */
export function numberOf(text: string, field: CronField): number | null {
  const named = text === '' ? -1 : (field.names?.indexOf(text.toLowerCase()) ?? -1);
  const value = named >= 0 ? named : /^\d{1,2}$/.test(text) ? Number(text) : -1;
  return value >= field.from && value <= field.to ? value : null;
}

export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
