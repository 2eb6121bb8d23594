import type { JsonValue } from '@agentflow/contracts';
import { type Field, has, keyed, literal, mentions, nearest } from './extract-field.ts';
import {
  amounts,
  codes,
  companyNames,
  dates,
  emails,
  personNames,
  phones,
  urls,
  versions,
} from './extract-patterns.ts';
import { ownLines, sentences } from './segment.ts';
import { summarize } from './summarize.ts';

const ID_WORDS =
  /^(?:order|invoice|ticket|case|account|customer|reference|ref|tracking|transaction|booking|reservation|confirmation|serial|contract|policy|po|purchase|subscription|request|claim|rma|sku|part|member|membership|license|licence|device|payment)$/;

export function isIdentifier(field: Field): boolean {
  if (has(field, /^(?:id|number|no|num|nr|code|reference|ref|sku|identifier|serial|tracking)$/)) return true;
  return field.words.length === 1 && /^(?:order|invoice|ticket)$/.test(field.name);
}

/**
 * A code that stands with one of the property's words: "order #1042", "invoice INV-7 of", "my account number is
 * 88-1".
 */
export function readIdentifier(text: string, field: Field): string | null {
  const subjects = field.words.filter((word) => ID_WORDS.test(word));
  const synonyms: Readonly<Record<string, string>> = {
    order: 'order|purchase',
    invoice: 'invoice|inv|bill',
    ticket: 'ticket|case',
    case: 'case|ticket',
    tracking: 'tracking|parcel|shipment',
    reference: 'reference|ref',
    ref: 'reference|ref',
    customer: 'customer|client',
    serial: 'serial|s\\/n',
  };
  for (const subject of subjects.filter((word) => word !== 'reference' || subjects.length === 1)) {
    const word = synonyms[subject] ?? literal(subject);
    const after = new RegExp(
      `\\b(?:${word})s?\\b(?:\\s+(?:order|number|no|num|nr|id|code|ref|reference|confirmation|key))*\\.?\\s*(?:is|was|:|=|-|\\(|of)?\\s*#?\\s*((?=[A-Za-z0-9/_-]*\\d)[A-Za-z0-9][A-Za-z0-9/_-]*)`,
      'i',
    ).exec(text);
    if (after?.[1] !== undefined && after[1].length >= 2 && !/^\d{4}-\d{2}-\d{2}$/.test(after[1])) return after[1];
    // "#1042 (my order)" and codes that carry the subject in themselves: INV-2026-7, ORD-55.
    const prefix = new RegExp(`\\b((?:${subject.slice(0, 3)}[a-z]{0,4})[-_#]?\\d[A-Za-z0-9_-]*)\\b`, 'i').exec(text);
    if (prefix?.[1] !== undefined) return prefix[1];
  }
  const loose = codes(text).filter(({ value, at }) => {
    const before = text.slice(Math.max(0, at - 1), at + 1);
    return before.includes('#') || /[A-Za-z]+[-_]?\d|\d{5,}/.test(value);
  });
  if (subjects.length === 0) {
    const only = nearest(text, loose, field.words);
    return only?.value ?? null;
  }
  const hashed = loose.filter(({ at }) => text.slice(at, at + 2).includes('#'));
  return hashed.length === 1 && /^(?:order|ticket|invoice|case)$/.test(subjects[0] ?? '')
    ? (hashed[0]?.value ?? null)
    : null;
}

export function readString(text: string, field: Field): JsonValue {
  const format = field.schema.format;
  const line = keyed(text, field);
  const own = ownLines(text).join('\n');
  if (format === 'email' || mentions(field, /\be-?mail\b/))
    return nearest(text, emails(text), field.words)?.value ?? null;
  if (format === 'uri' || format === 'url' || mentions(field, /\b(?:url|link|website|site|webpage)\b/))
    return nearest(text, urls(text), field.words)?.value ?? null;
  if (
    format === 'date' ||
    format === 'date-time' ||
    mentions(field, /\b(?:date|deadline|day|birthday|dob|due|when)\b/)
  ) {
    const found = nearest(text, dates(text), field.words)?.value ?? null;
    return found !== null && format === 'date-time' ? `${found}T00:00:00Z` : found;
  }
  if (mentions(field, /\b(?:phone|telephone|tel|mobile|cell|fax|whatsapp)\b/))
    return nearest(text, phones(text), field.words)?.value ?? null;
  if (mentions(field, /\bcurrency\b/))
    return (
      nearest(
        text,
        amounts(text).filter(({ value }) => value.currency !== null),
        [],
      )?.value.currency ?? null
    );
  if (has(field, /\b(?:amount|price|total|cost|sum|charge|refund|fee)\b/) && !isIdentifier(field))
    return moneyText(text, field);
  if (mentions(field, /\bversion\b/)) return line ?? nearest(text, versions(text), field.words)?.value ?? null;
  if (isIdentifier(field)) return readIdentifier(text, field);
  if (line !== null) return line;
  if (has(field, /\b(?:company|organi[sz]ation|employer|business|firm)\b/)) return companyNames(text)[0]?.value ?? null;
  if (
    has(field, /\b(?:name|sender|author|contact|customer|person|requester|signer|client)\b/) &&
    !has(field, /\b(?:product|file|user ?name|item|plan|feature|host|event|browser|device)\b/)
  ) {
    return personNames(text)[0]?.value ?? null;
  }
  if (has(field, /\b(?:summary|problem|issue|description|request|question|complaint|reason|subject|topic|title)\b/))
    return telling(own, field);
  if (
    has(
      field,
      /\b(?:product|item|plan|model|device|browser|platform|os|feature|app|application|city|country|language|tool|software|service)\b/,
    )
  )
    return namedThing(own, field);
  const pattern = field.schema.pattern;
  if (typeof pattern === 'string' && pattern.length <= 200) return matching(text, pattern);
  return namedThing(own, field);
}

/**
 * A word of the text that a schema's own pattern accepts. Tried on single words of bounded length, which bounds its
 * time.
 */
function matching(text: string, pattern: string): string | null {
  // Nested repetition can take exponential time in a backtracking engine.
  if (/[+*}]\)?[+*{]/.test(pattern)) return null;
  try {
    const expression = new RegExp(pattern, 'u');
    for (const word of text.split(/[\s,;()"']+/).slice(0, 2000)) {
      const plain = word.replace(/^#|[.:!?]+$/g, '');
      if (plain !== '' && plain.length <= 64 && expression.test(plain)) return plain;
    }
  } catch {
    // Not a regular expression: the field is then known by its name alone, and that told nothing.
  }
  return null;
}

function moneyText(text: string, field: Field): string | null {
  const found = nearest(text, amounts(text), field.words)?.value;
  if (found === undefined) return null;
  const amount = Number.isInteger(found.amount) ? String(found.amount) : found.amount.toFixed(2);
  return found.currency === null ? amount : `${amount} ${found.currency}`;
}

function telling(text: string, field: Field): string | null {
  const subject = has(field, /\b(?:subject|title|topic)\b/)
    ? sentences(text).find((sentence) => sentence.from_subject)
    : undefined;
  if (subject !== undefined) return subject.text;
  if (has(field, /\bquestion\b/)) return sentences(text).find((sentence) => sentence.text.endsWith('?'))?.text ?? null;
  if (has(field, /\breason\b/)) {
    const because = /\b(?:because|since|due to|as)\s+([^.!?\n]{5,160})/i.exec(text)?.[1];
    return because?.trim() ?? null;
  }
  const summary = summarize(text, 1);
  return summary === '' ? null : summary;
}

const KNOWN_THINGS: readonly (readonly [RegExp, RegExp])[] = [
  [
    /\bbrowser\b/,
    /\b(Chrome|Firefox|Safari|Microsoft Edge|Edge|Opera|Brave|Internet Explorer|Vivaldi)\b(?:\s+\d+(?:\.\d+)*)?/i,
  ],
  [
    /\b(?:os|platform|operating|system)\b/,
    /\b(Windows(?: \d+)?|macOS(?: \w+)?|Mac|Linux|Ubuntu|iOS(?: \d+(?:\.\d+)*)?|iPadOS|Android(?: \d+)?|ChromeOS)\b/i,
  ],
  [
    /\bdevice\b/,
    /\b(iPhone(?: \d+(?: Pro)?(?: Max)?)?|iPad(?: Pro| Air| mini)?|MacBook(?: Pro| Air)?|Pixel \d+\w?|Galaxy \w+|ThinkPad|Surface(?: Pro)?|Kindle|Chromebook)\b/i,
  ],
  [
    /\bplan\b/,
    /\b(free|starter|basic|standard|personal|individual|team|pro|professional|premium|plus|business|growth|enterprise)\s+(?:plan|tier|subscription|account)\b/i,
  ],
];

/** A thing that the text names after the property's words, or of a known kind: browser, system, device, plan. */
function namedThing(text: string, field: Field): string | null {
  for (const [kind, pattern] of KNOWN_THINGS) {
    const found = has(field, kind) ? pattern.exec(text) : null;
    if (found !== null) return (kind.test('plan') ? found[1] : found[0])?.trim() ?? null;
  }
  const words = field.words.filter((word) => word.length > 2 && word !== 'name').map(literal);
  if (words.length === 0) return null;
  const phrase = words.join('[\\s_-]+');
  const named = new RegExp(
    `\\b${phrase}(?:'s)?(?: name)?\\s*(?:is|was|called|named|:|=)\\s+(?:the |a |an )?["“']?([^"”'\\n.,;!?]{2,60})`,
    'i',
  ).exec(text)?.[1];
  if (named !== undefined) return named.trim();
  if (has(field, /\b(?:product|item|model|app|software|device)\b/)) {
    const quoted =
      /\b(?:bought|ordered|purchased|received|my|the|your|using|use|with)\s+(?:a |an |the |your |my |new |two |three |\d{1,4} ?x? ){0,4}["“]?([A-Z][\p{L}\d]+(?:[ -][A-Z\d][\p{L}\d]*){0,4})["”]?/u.exec(
        text,
      )?.[1];
    if (
      quoted !== undefined &&
      !/^(?:I|API|PDF|CSV|URL|SSO|VAT|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)$/.test(quoted)
    )
      return quoted;
  }
  return null;
}
