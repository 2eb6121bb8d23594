import { WEEKDAYS } from '@agentflow/contracts';

const MINUTE_MS = 60_000;
/** Offsets of timezones change on quarters of an hour, so that one look into the calendar holds for as long. */
const QUARTER_MS = 15 * MINUTE_MS;
const WEEK_MINUTES = 7 * 1440;

interface Zone {
  readonly format: Intl.DateTimeFormat;
  quarter: number;
  /** Minute of the local week in which the quarter begins. */
  minute: number;
}

/** Making a format costs a thousand times what using it does. Names are checked before they get here, so they are few. */
const zones = new Map<string, Zone>();

/** Minutes since Monday 00:00 in a timezone. */
export function minuteOfWeek(timezone: string, at: number): number {
  let zone = zones.get(timezone);
  if (zone === undefined) {
    zone = { format: formatOf(timezone), quarter: Number.NaN, minute: 0 };
    zones.set(timezone, zone);
  }
  const quarter = Math.floor(at / QUARTER_MS);
  if (zone.quarter !== quarter) {
    zone.minute = lookUp(zone.format, quarter * QUARTER_MS);
    zone.quarter = quarter;
  }
  return (zone.minute + Math.floor((at - quarter * QUARTER_MS) / MINUTE_MS)) % WEEK_MINUTES;
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    weekday: 'short',
    hour: 'numeric',
    minute: 'numeric',
  });
}

function lookUp(format: Intl.DateTimeFormat, at: number): number {
  let minutes = 0;
  for (const { type, value } of format.formatToParts(at)) {
    if (type === 'weekday') minutes += (WEEKDAYS as readonly string[]).indexOf(value.toLowerCase()) * 1440;
    else if (type === 'hour') minutes += Number(value) * 60;
    else if (type === 'minute') minutes += Number(value);
  }
  return minutes;
}
