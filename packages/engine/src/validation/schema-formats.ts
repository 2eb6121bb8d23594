/*
 * Formats of JSON Schema that are checked. Each is bounded in length before a regular expression sees the text, and none
 * of the expressions backtracks over more than one separator.
 */

const EMAIL = /^[^\s@]+@[^\s@.]+(\.[^\s@.]+)+$/;
const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const DATE_TIME = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Whether the day exists: 2025-02-30 does not, though JavaScript reads it as March 2. */
function isDate(text: string): boolean {
  const [, year, month, day] = DATE.exec(text) ?? [];
  if (day === undefined) return false;
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  return date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day);
}

export const FORMATS: Readonly<Record<string, { readonly words: string; readonly test: (text: string) => boolean }>> = {
  email: { words: 'an e-mail address', test: (text) => text.length <= 254 && EMAIL.test(text) },
  uri: { words: 'a URL', test: (text) => text.length <= 8000 && URL.canParse(text) },
  date: { words: 'a date like 2025-12-31', test: isDate },
  'date-time': {
    words: 'a time like 2025-12-31T23:59:59Z (RFC 3339)',
    test: (text) => DATE_TIME.test(text) && isDate(text.slice(0, 10)) && !Number.isNaN(Date.parse(text)),
  },
  uuid: { words: 'a UUID', test: (text) => UUID.test(text) },
};
