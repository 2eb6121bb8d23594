import { CRON_FIELDS, type CronField, numberOf } from './schedule.ts';

/** The values that one field of a valid expression stands for, in order; null where it is `*`. */
function valuesOf(text: string, field: CronField): number[] | null {
  if (text === '*') return null;
  const values = new Set<number>();
  for (const part of text.split(',')) {
    const [range = '', step] = part.split('/');
    const [from = '', to] = range.split('-');
    const first = range === '*' ? field.from : (numberOf(from, field) ?? field.from);
    const open = range === '*' || (to === undefined && step !== undefined);
    const last = open ? field.to : to === undefined ? first : (numberOf(to, field) ?? first);
    for (let value = first; value <= last; value += Number(step ?? 1)) values.add(value);
  }
  return [...values].sort((a, b) => a - b);
}

interface CronTimes {
  readonly minutes: number[] | null;
  readonly hours: number[] | null;
  readonly days: number[] | null;
  readonly months: number[] | null;
  /** 0 is Sunday. */
  readonly weekdays: number[] | null;
}

function readCron(text: string): CronTimes {
  const fields = text.trim().split(/\s+/);
  const [minutes = null, hours = null, days = null, months = null, weekdays = null] = CRON_FIELDS.map((field, index) =>
    valuesOf(fields[index] ?? '*', field),
  );
  const week = weekdays === null ? null : [...new Set(weekdays.map((day) => day % 7))].sort((a, b) => a - b);
  return { minutes, hours, days, months, weekdays: week };
}

/** A clock on the wall of a time zone, as if it were UTC. */
function wallTime(at: number, zone: Intl.DateTimeFormat): number {
  const part: Record<string, number> = {};
  for (const { type, value } of zone.formatToParts(at)) part[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

const DAY_MS = 86_400_000;

/** When a wall shows this time: the first of two where clocks go back, an hour later where they skip it. */
function momentOf(wall: number, zone: Intl.DateTimeFormat): number {
  const before = wall - (wallTime(wall - DAY_MS, zone) - (wall - DAY_MS));
  const after = wall - (wallTime(wall + DAY_MS, zone) - (wall + DAY_MS));
  const real = [before, after].filter((at) => wallTime(at, zone) === wall);
  return real.length === 0 ? before : Math.min(...real);
}

/** Days to look ahead: 29 February can be eight years away. */
const HORIZON_DAYS = 8 * 366 + 1;
const ALL_MINUTES = Array.from({ length: 60 }, (_, minute) => minute);
const ALL_HOURS = ALL_MINUTES.slice(0, 24);

/**
 * The first moments after `after` (epoch milliseconds) at which a valid expression holds in a time zone; fewer than
 * `count` where there are none within eight years. A day matches by its date or by its weekday where both are given, as
 * in Vixie cron.
 */
export function nextCronTimes(cron: string, timeZone: string, after: number, count: number): number[] {
  const { minutes, hours, days, months, weekdays } = readCron(cron);
  const zone = new Intl.DateTimeFormat('en', {
    timeZone,
    hourCycle: 'h23',
    ...{ year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' },
  });
  const found: number[] = [];
  const now = wallTime(after, zone);
  const today = Math.floor(now / DAY_MS) * DAY_MS;
  for (let offset = 0; offset < HORIZON_DAYS; offset += 1) {
    const midnight = new Date(today + offset * DAY_MS);
    if (months?.includes(midnight.getUTCMonth() + 1) === false) continue;
    const byDate = days?.includes(midnight.getUTCDate());
    const byWeekday = weekdays?.includes(midnight.getUTCDay());
    const given = [byDate, byWeekday].filter((each) => each !== undefined);
    if (given.length > 0 && !given.includes(true)) continue;
    for (const hour of hours ?? ALL_HOURS) {
      for (const minute of minutes ?? ALL_MINUTES) {
        const wall = midnight.getTime() + (hour * 60 + minute) * 60_000;
        // Clocks go back by two hours at most: what is longer past needs no reckoning.
        if (wall < now - 2 * 3_600_000) continue;
        const at = momentOf(wall, zone);
        if (at <= after || at <= (found.at(-1) ?? after)) continue;
        found.push(at);
        if (found.length === count) return found;
      }
    }
  }
  return found;
}

const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = [
  ...['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October'],
  ...['November', 'December'],
];

function listed(words: readonly string[], joint: string): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} ${joint} ${words.at(-1)}`;
}

/** Three or more in a row become "Monday to Friday". */
function inARow(values: readonly number[], word: (value: number) => string): string {
  const [first = 0] = values;
  const last = values.at(-1) ?? first;
  return values.length > 2 && last - first === values.length - 1
    ? `${word(first)} to ${word(last)}`
    : listed(values.map(word), 'and');
}

function ordinal(value: number): string {
  const ending = value > 10 && value < 14 ? 'th' : (['th', 'st', 'nd', 'rd'][value % 10] ?? 'th');
  return `${value}${ending}`;
}

const STEP = /^\*\/(\d+)$/;

function timeInWords(cron: readonly string[], { minutes, hours }: CronTimes): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const everyMinutes = STEP.exec(cron[0] ?? '')?.[1];
  const everyHours = STEP.exec(cron[1] ?? '')?.[1];
  if (minutes !== null && hours !== null && everyHours === undefined && minutes.length * hours.length <= 6) {
    return `At ${listed(
      hours.flatMap((hour) => minutes.map((minute) => `${two(hour)}:${two(minute)}`)),
      'and',
    )}`;
  }
  const minute =
    minutes === null
      ? 'Every minute'
      : everyMinutes === undefined
        ? `At minute ${inARow(minutes, String)}`
        : `Every ${everyMinutes} minutes`;
  if (hours === null) return minutes !== null && everyMinutes === undefined ? `${minute} of every hour` : minute;
  if (everyHours !== undefined) return `${minute} of every ${ordinal(Number(everyHours))} hour`;
  return `${minute} of hour ${inARow(hours, two)}`;
}

/** A valid cron expression as a person would say it: `At 09:00, Monday to Friday`. */
export function cronInWords(cron: string): string {
  const times = readCron(cron);
  const { days, months, weekdays } = times;
  const dates = days === null ? null : `on day ${inARow(days, String)} of the month`;
  const week = weekdays === null ? null : inARow(weekdays, (day) => WEEKDAYS[day] ?? '');
  const dayWords = dates !== null && week !== null ? `${dates} and on ${week}` : (dates ?? week ?? 'every day');
  const monthWords = months === null ? '' : ` in ${inARow(months, (month) => MONTHS[month - 1] ?? '')}`;
  return `${timeInWords(cron.trim().split(/\s+/), times)}, ${dayWords}${monthWords}`;
}
