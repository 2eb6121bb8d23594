/** Finds values of known shapes in a text. Every function gives what stands there, or nothing: none of them guesses. */

export interface Found<T> {
  readonly value: T;
  /** Offset in the text, for choosing the value nearest to a property's words. */
  readonly at: number;
}

function all<T>(text: string, pattern: RegExp, read: (match: RegExpExecArray) => T | null): Found<T>[] {
  const found: Found<T>[] = [];
  for (const match of text.matchAll(pattern)) {
    const value = read(match as RegExpExecArray);
    if (value !== null) found.push({ value, at: match.index });
  }
  return found;
}

export function emails(text: string): Found<string>[] {
  return all(text, /[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,5}/g, ([email]) =>
    email.replace(/[.-]+$/, ''),
  );
}

export function urls(text: string): Found<string>[] {
  return all(text, /\b(?:https?:\/\/|www\.)[^\s<>"')\]]{3,300}/gi, ([url]) => url.replace(/[.,;:!?]+$/, ''));
}

export function phones(text: string): Found<string>[] {
  return all(text, /(?<![\w.-])(?:\+|\(?0|\(?\d)[\d\s().\-/]{6,18}\d(?![\w-])/g, ([phone]) => {
    const digits = phone.replace(/\D/g, '').length;
    const dateLike = /^\d{4}-\d{2}-\d{2}$|^\d{1,2}[./]\d{1,2}[./]\d{2,4}$/.test(phone.trim());
    const grouped = /[\s().\-+]/.test(phone.trim());
    return digits >= 7 && digits <= 15 && grouped && !dateLike ? phone.trim() : null;
  });
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const MONTH =
  '(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\\.?';

function isoDate(year: number, month: number, day: number): string | null {
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? date.toISOString().slice(0, 10) : null;
}

function monthNumber(name: string): number {
  return MONTHS.indexOf(name.slice(0, 3).toLowerCase()) + 1;
}

/**
 * Dates with day, month and year as YYYY-MM-DD. Numeric dates are read only where day and month cannot be confused; a
 * date without a year or relative to today ("next Friday") is not told by the text alone.
 */
export function dates(text: string): Found<string>[] {
  const found = [
    ...all(text, /\b(\d{4})-(\d{2})-(\d{2})\b/g, (m) => isoDate(Number(m[1]), Number(m[2]), Number(m[3]))),
    ...all(text, new RegExp(`\\b(\\d{1,2})(?:st|nd|rd|th)?(?: of)? ${MONTH},? (\\d{4})\\b`, 'gi'), (m) =>
      isoDate(Number(m[3]), monthNumber(m[2] ?? ''), Number(m[1])),
    ),
    ...all(text, new RegExp(`\\b${MONTH} (\\d{1,2})(?:st|nd|rd|th)?,? (\\d{4})\\b`, 'gi'), (m) =>
      isoDate(Number(m[3]), monthNumber(m[1] ?? ''), Number(m[2])),
    ),
    ...all(text, /\b(\d{1,2})([./-])(\d{1,2})\2(\d{4})\b/g, (m) => {
      const [a, b, year] = [Number(m[1]), Number(m[3]), Number(m[4])];
      if (m[2] === '.') return isoDate(year, b, a);
      if (a > 12) return isoDate(year, b, a);
      if (b > 12) return isoDate(year, a, b);
      return a === b ? isoDate(year, a, b) : null;
    }),
  ];
  return found.sort((a, b) => a.at - b.at);
}

export interface Money {
  readonly amount: number;
  readonly currency: string | null;
}

const SYMBOLS: Readonly<Record<string, string>> = { $: 'USD', '€': 'EUR', '£': 'GBP', '¥': 'JPY', '₹': 'INR' };
const CURRENCY_WORDS: Readonly<Record<string, string>> = {
  dollar: 'USD',
  dollars: 'USD',
  bucks: 'USD',
  euro: 'EUR',
  euros: 'EUR',
  pound: 'GBP',
  pounds: 'GBP',
  quid: 'GBP',
  rupees: 'INR',
  yen: 'JPY',
  francs: 'CHF',
};
const CODES = 'USD|EUR|GBP|CHF|CAD|AUD|NZD|JPY|INR|SEK|NOK|DKK|PLN|SGD|HKD|MXN|BRL|ZAR';
const AMOUNT = '\\d{1,3}(?:[,. ]\\d{3})+(?:[.,]\\d{1,2})?|\\d+(?:[.,]\\d{1,2})?';

/** A printed amount as a number: the last separator before one or two digits is the decimal one. */
export function readAmount(text: string): number {
  const decimal = /[.,](\d{1,2})$/.exec(text);
  const whole = (decimal === null ? text : text.slice(0, decimal.index)).replace(/\D/g, '');
  return Number(decimal === null ? whole : `${whole}.${decimal[1]}`);
}

export function amounts(text: string): Found<Money>[] {
  const found = [
    ...all(text, new RegExp(`([$€£¥₹])\\s?(${AMOUNT})(k)?\\b`, 'gi'), (m) => ({
      amount: readAmount(m[2] ?? '') * (m[3] === undefined ? 1 : 1000),
      currency: SYMBOLS[m[1] ?? ''] ?? null,
    })),
    ...all(text, new RegExp(`\\b(${CODES})\\s?(${AMOUNT})\\b`, 'g'), (m) => ({
      amount: readAmount(m[2] ?? ''),
      currency: m[1] ?? null,
    })),
    ...all(
      text,
      new RegExp(
        `(?<![\\d$€£])(${AMOUNT})\\s?(${CODES}|[€£$]|dollars?|bucks|euros?|pounds?|quid|rupees|yen|francs)(?![A-Za-z])`,
        'gi',
      ),
      (m) => {
        const unit = m[2] ?? '';
        return {
          amount: readAmount(m[1] ?? ''),
          currency: SYMBOLS[unit] ?? CURRENCY_WORDS[unit.toLowerCase()] ?? unit.toUpperCase(),
        };
      },
    ),
  ];
  const unique = new Map(found.map((one) => [one.at, one]));
  return [...unique.values()].sort((a, b) => a.at - b.at);
}

export function versions(text: string): Found<string>[] {
  return all(
    text,
    /\b(?:v(?:ersion)?\.?\s*)(\d+(?:\.\d+){0,3}(?:[-+][\w.]+)?)\b|\b(\d+\.\d+\.\d+(?:[-+][\w.]+)?)\b/gi,
    (m) => m[1] ?? m[2] ?? null,
  );
}

export function numbers(text: string): Found<number>[] {
  return all(text, /(?<![\w#.,-])-?\d+(?:,\d{3})*(?:\.\d+)?(?![\w-]|[.,]\d)/g, ([number]) =>
    Number(number.replaceAll(',', '')),
  );
}

/** Codes with a digit in them: `#10432`, `INV-2026-0042`, `AB12-998`. Dates, amounts and plain words are none. */
export function codes(text: string): Found<string>[] {
  return all(
    text,
    /(?<![\w@./-])#?\s?(?=[A-Za-z0-9_/-]*\d)([A-Za-z]{1,8}[-_/]?)?\d[A-Za-z0-9]*(?:[-_/][A-Za-z0-9]+)*(?![\w@]|[.,]\d)/g,
    ([code]) => {
      const plain = code.replace(/^#\s?/, '');
      if (/^\d{4}-\d{2}-\d{2}$|^\d{1,2}[/-]\d{1,2}[/-]\d{2,4}$/.test(plain)) return null;
      return plain.length >= 3 || code.startsWith('#') ? plain : null;
    },
  );
}

const NAME_WORD = "[A-Z\\p{Lu}][\\p{L}'’-]+";
const NAME = `${NAME_WORD}(?: (?:van|von|de|der|da|del|la|bin|al|[A-Z]\\.)){0,2}(?: ${NAME_WORD}){0,2}`;
const NOT_NAMES =
  /^(?:I|The|A|An|My|Your|Our|We|You|It|This|That|Please|Thanks|Thank|Sent|Regards|Hello|Hi|Dear|Not|Trying|Having|Writing|Using|Unable|Sorry|Very|So|Really|Still|Just|Also|Getting|Sure|Happy|Glad|Worried|Looking|Locked|Stuck|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday|Team|Support|Customer)\b/;

function properName(text: string | undefined): string | null {
  return text === undefined || NOT_NAMES.test(text) ? null : text.trim();
}

/** Names of the writer: "I'm Ana", "My name is …", "this is … from", and the line under "Regards,". */
export function personNames(text: string): Found<string>[] {
  return [
    ...all(
      text,
      new RegExp(`\\b(?:[Mm]y name is|[Mm]y name's|[Ii]'m|[Ii]’m|I am|[Tt]his is|[Nn]ame:)\\s+(${NAME})`, 'gu'),
      (m) => {
        const after = text.slice(m.index + m[0].length, m.index + m[0].length + 2);
        const introduced = /name|from|\bI|this/i.test(m[0]);
        return introduced && !/^\w/.test(after) ? properName(m[1]) : null;
      },
    ),
    ...all(
      text,
      new RegExp(
        `(?:^|\\n)[ \\t]{0,8}(?:(?:[Bb]est|[Kk]ind|[Ww]arm)?\\s*[Rr]egards|[Ss]incerely(?: yours)?|[Yy]ours (?:sincerely|truly|faithfully)|[Cc]heers|[Bb]est(?: wishes)?|[Tt]hanks(?: (?:again|so much|a lot|in advance))?|[Mm]any thanks|[Tt]hank you|-{1,2}|—)[,.!]?[ \\t]{0,8}(?:\\r?\\n[ \\t]{0,8}){0,3}(${NAME})[ \\t]{0,8}(?:$|\\n|,|\\()`,
        'gu',
      ),
      (m) => properName(m[1]),
    ),
  ];
}

/** Companies: "from Acme Ltd", "at Globex", "our company, …", or a name with a legal form. */
export function companyNames(text: string): Found<string>[] {
  const form =
    '(?:Inc|LLC|Ltd|Limited|GmbH|AG|SA|S\\.A\\.|BV|B\\.V\\.|Corp|Corporation|Co|PLC|plc|Pty|Oy|AB|SAS|SARL|Group|Holdings|Industries|Labs|Studios?|Solutions|Technologies|Systems|Consulting|Partners|Bank|Logistics)\\b\\.?';
  const part = "[A-Z\\p{Lu}][\\p{L}\\d&'’-]*";
  return [
    ...all(text, new RegExp(`(${part}(?: (?:& )?${part}){0,3},? ${form})`, 'gu'), (m) =>
      properName(m[1]?.replace(/^(?:At|From|For|With|Here at) /, '')),
    ),
    ...all(
      text,
      new RegExp(
        `\\b(?:[Ww]ork(?:ing)? (?:for|at)|[Hh]ere at|[Oo]n behalf of|[Cc]ompany(?: name)?(?: is|:)|[Ii]'m [A-Z][\\p{L}]+(?: [A-Z][\\p{L}]+)? (?:from|at|with)|[Tt]his is [A-Z][\\p{L}]+(?: [A-Z][\\p{L}]+)? (?:from|at|with)|[Mm]y name is [A-Z][\\p{L}]+(?: [A-Z][\\p{L}]+)?,? (?:and I'm )?(?:from|at|with))\\s+(${part}(?: ${part}){0,3})`,
        'gu',
      ),
      (m) => properName(m[1]),
    ),
  ].sort((a, b) => a.at - b.at);
}
