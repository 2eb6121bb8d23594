import type { JsonValue } from '@agentflow/contracts';
import { classify } from './classify.ts';
import {
  amounts,
  codes,
  companyNames,
  dates,
  emails,
  type Found,
  numbers,
  personNames,
  phones,
  urls,
  versions,
} from './extract-patterns.ts';
import { ownLines, sentences, unquotedLines, withoutInstruction } from './segment.ts';
import { summarize } from './summarize.ts';
import { contentStems, stem, tokenize } from './words.ts';

type Schema = { readonly [keyword: string]: JsonValue };

interface Field {
  readonly name: string;
  /** Words of the property's name, split at case and separators. */
  readonly words: readonly string[];
  readonly description: string;
  readonly schema: Schema;
  readonly types: readonly string[];
}

function isSchema(value: JsonValue | undefined): value is { [key: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function fieldOf(name: string, schema: Schema): Field {
  const spaced = name
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .replace(/[_\-.]+/g, ' ')
    .toLowerCase();
  const type = schema.type;
  const types =
    typeof type === 'string' ? [type] : Array.isArray(type) ? type.filter((t) => typeof t === 'string') : [];
  return {
    name,
    words: spaced.split(/\s+/).filter((word) => word !== ''),
    description: typeof schema.description === 'string' ? schema.description : '',
    schema,
    types,
  };
}

/**
 * Reads the properties of a JSON Schema out of a text: by their format, their name and description, `Key: value` lines and the
 * shapes of values. What the text does not tell is null (an empty array for lists): nothing is invented.
 */
export function extract(text: string, schema: Schema): { [key: string]: JsonValue } {
  const material = unquotedLines(withoutInstruction(text)).join('\n');
  const properties = isSchema(schema.properties) ? schema.properties : {};
  const data: { [key: string]: JsonValue } = {};
  for (const [name, property] of Object.entries(properties)) {
    const value = isSchema(property) ? readField(material, fieldOf(name, property)) : null;
    Object.defineProperty(data, name, { value, enumerable: true, configurable: true, writable: true });
  }
  return data;
}

function readField(text: string, field: Field): JsonValue {
  const { schema, types } = field;
  if (Array.isArray(schema.enum)) return readEnum(text, field, schema.enum);
  if (types.includes('object')) {
    const inner = extract(text, schema);
    return Object.values(inner).every((value) => value === null) ? null : inner;
  }
  if (types.includes('array')) return readList(text, field);
  if (types.includes('boolean')) return readBoolean(text, field);
  if (types.includes('integer') || types.includes('number')) return readNumber(text, field);
  return readString(text, field);
}

function has(field: Field, pattern: RegExp): boolean {
  return field.words.some((word) => pattern.test(word)) || pattern.test(field.words.join(' '));
}

/** The field's kind by its format and name; its description decides where the name says nothing. */
function mentions(field: Field, pattern: RegExp): boolean {
  return (
    has(field, pattern) ||
    (field.words.length <= 1 &&
      /^(?:value|field|text|data|info|id|number)$/.test(field.name) &&
      pattern.test(field.description.toLowerCase()))
  );
}

/** Values that stand next to the property's words first, in the text's order otherwise. */
function nearest<T>(text: string, found: readonly Found<T>[], words: readonly string[]): Found<T> | undefined {
  if (found.length <= 1) return found[0];
  const places = words
    .filter((word) => word.length > 2 && !/^(?:number|the|date|amount|id|value|customer|user)$/.test(word))
    .flatMap((word) =>
      [...text.toLowerCase().matchAll(new RegExp(`\\b${literal(stem(word))}`, 'g'))].map((match) => match.index),
    );
  if (places.length === 0) return found[0];
  const distance = ({ at }: Found<T>) =>
    Math.min(...places.map((place) => (at >= place ? at - place : (place - at) * 1.5)));
  return [...found].sort((a, b) => distance(a) - distance(b) || a.at - b.at)[0];
}

function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** The value of a `Key: value` line whose key is the property's name or description. */
function keyed(text: string, field: Field): string | null {
  for (const line of text.split('\n')) {
    const match = /^\s*(?:[-*•]\s*)?([A-Za-z][\w ./#()-]{0,40}?)\s*(?::|=|\s-\s)\s*(\S.*)$/.exec(line);
    if (match?.[1] === undefined || match[2] === undefined) continue;
    const key = tokenize(match[1]).map((token) => token.stem);
    const wanted = field.words.map(stem);
    if (
      key.length > 0 &&
      (key.join(' ') === wanted.join(' ') ||
        (wanted.every((word) => key.includes(word)) && key.length <= wanted.length + 1))
    ) {
      return match[2]
        .trim()
        .replace(/[.,;]$/, '')
        .slice(0, 300);
    }
  }
  return null;
}

const ID_WORDS =
  /^(?:order|invoice|ticket|case|account|customer|reference|ref|tracking|transaction|booking|reservation|confirmation|serial|contract|policy|po|purchase|subscription|request|claim|rma|sku|part|member|membership|license|licence|device|payment)$/;

function isIdentifier(field: Field): boolean {
  if (has(field, /^(?:id|number|no|num|nr|code|reference|ref|sku|identifier|serial|tracking)$/)) return true;
  return field.words.length === 1 && /^(?:order|invoice|ticket)$/.test(field.name);
}

/** A code that stands with one of the property's words: "order #1042", "invoice INV-7 of", "my account number is 88-1". */
function readIdentifier(text: string, field: Field): string | null {
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

function readString(text: string, field: Field): JsonValue {
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

/** A word of the text that a schema's own pattern accepts. Tried on single words of bounded length, which bounds its time. */
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
      /\b(?:bought|ordered|purchased|received|my|the|your|using|use|with)\s+(?:a |an |the |your |my |new |two |three |\d+ ?x? )*["“]?([A-Z][\p{L}\d]+(?:[ -][A-Z\d][\p{L}\d]*){0,4})["”]?/u.exec(
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

function readNumber(text: string, field: Field): number | null {
  const integer = field.types.includes('integer') && !field.types.includes('number');
  const _fit = (value: number | null | undefined): number | null => {
    if (value === null || value === undefined || !Number.isFinite(value) || (integer && !Number.isInteger(value)))
      return null;
    const { minimum, maximum } = field.schema;
    if (typeof minimum === 'number' && value < minimum) return null;
    return typeof maximum === 'number' && value > maximum ? null : value;
  };
  const line = keyed(text, field);
  if (line !== null) {
    const first = amounts(line)[0]?.value.amount ?? numbers(line)[0]?.value;
    if (first !== undefined) return it(first);
  }
  if (
    has(
      field,
      /\b(?:amount|price|total|cost|sum|charge|charged|refund|fee|value|usd|eur|paid|payment|balance|budget)\b/,
    )
  ) {
    return it(nearest(text, amounts(text), field.words)?.value.amount);
  }
  if (isIdentifier(field)) {
    const code = readIdentifier(text, field);
    return code !== null && /^\d+$/.test(code) ? it(Number(code)) : null;
  }
  return it(countedThing(text, field));
}

const NUMBER_WORDS = [
  'zero',
  'one',
  'two',
  'three',
  'four',
  'five',
  'six',
  'seven',
  'eight',
  'nine',
  'ten',
  'eleven',
  'twelve',
];

/** "three licences", "quantity of 4": a number beside the thing that the property counts. */
function countedThing(text: string, field: Field): number | null {
  const things = [...field.words, ...contentStems(field.description)]
    .filter((word) => word.length > 2 && !/^(?:number|count|num|total|quantity|qty|many|how|amount)$/.test(word))
    .map((word) => literal(stem(word)));
  const value = `(\\d+(?:\\.\\d+)?|${NUMBER_WORDS.join('|')})`;
  const read = (match: RegExpExecArray | null): number | null => {
    const raw = match?.[1]?.toLowerCase();
    if (raw === undefined) return null;
    return /^\d/.test(raw) ? Number(raw) : NUMBER_WORDS.indexOf(raw);
  };
  if (has(field, /\b(?:quantity|qty)\b/)) {
    const quantity = read(new RegExp(`\\b(?:quantity|qty)\\b\\s*(?:is|of|:|=)?\\s*${value}`, 'i').exec(text));
    if (quantity !== null) return quantity;
    const counted = read(
      new RegExp(`\\b(?:bought|ordered|order|purchased|received|need|want|buy|get)\\s+${value}\\b`, 'i').exec(text),
    );
    if (counted !== null) return counted;
  }
  for (const thing of things) {
    const before = read(new RegExp(`\\b${value}\\s+(?:[a-z-]+\\s+){0,2}${thing}`, 'i').exec(text));
    if (before !== null) return before;
    const after = read(new RegExp(`\\b${thing}[a-z]*\\s*(?:is|are|of|:|=|to)?\\s*${value}\\b`, 'i').exec(text));
    if (after !== null) return after;
  }
  return null;
}

const BOOLEAN_CUES: readonly (readonly [RegExp, RegExp])[] = [
  [
    /urgent|urgency|priority|escalate/,
    /\b(?:urgent(?:ly)?|asap|immediately|emergency|critical|right away|right now)\b/i,
  ],
  [/refund|money/, /\b(?:refund|money back|reimburse\w*|chargeback)\b/i],
  [
    /angry|upset|frustrat|unhappy|complaint|negative/,
    /\b(?:angry|furious|unacceptable|ridiculous|frustrat\w+|disappoint\w+|terrible|awful|worst|fed up)\b/i,
  ],
  [/attach/, /\b(?:attached|attachment|attaching|screenshot)\b/i],
  [/cancel|churn/, /\b(?:cancel\w*|close my account|unsubscribe|switch(?:ing)? to|leaving)\b/i],
  [/legal/, /\b(?:lawyer|attorney|solicitor|legal|lawsuit|sue|court)\b/i],
  [/security|breach|fraud/, /\b(?:hacked|breach|phishing|unauthori[sz]ed|compromised|fraud\w*|stolen)\b/i],
  [/question/, /\?/],
  [/block/, /\b(?:blocked|blocking|stuck|can't work|cannot work|unable to)\b/i],
];

/** True where the text says so, false where it denies it, null where it does not tell. */
function readBoolean(text: string, field: Field): boolean | null {
  const line = keyed(text, field);
  if (line !== null && /^(?:yes|true|y|no|false|n)\b/i.test(line)) return /^(?:y|t)/i.test(line);
  const subject = field.words.join(' ');
  const cue = BOOLEAN_CUES.find(([name]) => name.test(subject))?.[1];
  const words = field.words.filter(
    (word) =>
      word.length > 3 &&
      !/^(?:has|have|wants?|needs?|should|does|customer|user|requested|required|mentions?|contains?)$/.test(word),
  );
  const pattern =
    cue ??
    (words.length === 0 ? null : new RegExp(`\\b(?:${words.map((word) => literal(stem(word))).join('|')})\\w*`, 'i'));
  const match = pattern?.exec(text);
  if (match === null || match === undefined) return null;
  const clause =
    text
      .slice(Math.max(0, match.index - 30), match.index)
      .split(/[.!?;,\n]/)
      .at(-1) ?? '';
  return !/\b(?:not|no|never|n't|without|don't|doesn't|isn't|wasn't)\b/i.test(clause);
}

function readEnum(text: string, field: Field, values: readonly JsonValue[]): JsonValue {
  const names = values.filter((value) => typeof value === 'string');
  const line = keyed(text, field)?.toLowerCase();
  const said = names.find((name) => line?.includes(name.toLowerCase().replace(/_/g, ' ')));
  if (said !== undefined) return said;
  if (names.length === 0) return null;
  const { label, confidence } = classify(
    text,
    names.map((name) => ({ name, description: '', examples: [] })),
  );
  return names.length === 1 || confidence >= 0.3 ? label : values.includes(null) || confidence < 0.2 ? null : label;
}

function readList(text: string, field: Field): JsonValue[] {
  const items = isSchema(field.schema.items) ? field.schema.items : {};
  const singular = { ...field, words: field.words.map((word) => word.replace(/s$/, '')) };
  const unique = (found: readonly Found<string | number>[]) => [...new Set(found.map(({ value }) => value))];
  if (items.format === 'email' || has(singular, /\be-?mail\b/)) return unique(emails(text));
  if (items.format === 'uri' || has(singular, /\b(?:url|link)\b/)) return unique(urls(text));
  if (items.format === 'date' || has(singular, /\bdate\b/)) return unique(dates(text));
  if (has(singular, /\bphone\b/)) return unique(phones(text));
  if (has(singular, /\b(?:amount|price)\b/))
    return unique(
      amounts(text).map(({ value, at }) => ({
        value: items.type === 'string' ? `${value.amount} ${value.currency ?? ''}`.trim() : value.amount,
        at,
      })),
    );
  if (items.type === 'number' || items.type === 'integer') return unique(numbers(text));
  if (isIdentifier(singular))
    return unique(
      codes(text).filter(
        ({ value, at }) => text.slice(at, at + 2).includes('#') || /[A-Za-z][-_]?\d|\d{5,}/.test(value),
      ),
    );
  if (Array.isArray(items.enum))
    return items.enum.filter(
      (name) => typeof name === 'string' && contentStems(text).includes(stem(name.toLowerCase())),
    );
  const line = keyed(text, field);
  if (line !== null) return line.split(/\s*[,;]\s*|\s+and\s+/).filter((part) => part !== '');
  if (has(singular, /\b(?:question)\b/))
    return sentences(text)
      .filter(({ text: one }) => one.endsWith('?'))
      .map(({ text: one }) => one);
  if (has(singular, /\b(?:keyword|tag|topic)\b/)) return keywords(text);
  const bullets = text.split('\n').flatMap((row) => /^\s*(?:[-*•]|\d{1,2}[.)])\s+(\S.*)$/.exec(row)?.[1]?.trim() ?? []);
  return bullets.slice(0, 50);
}

function keywords(text: string): string[] {
  const counts = new Map<string, { word: string; count: number }>();
  const stems = new Set(contentStems(text));
  for (const { word, stem: root } of tokenize(text)) {
    if (stems.has(root) && word.length > 3 && !/\d/.test(word))
      counts.set(root, { word, count: (counts.get(root)?.count ?? 0) + 1 });
  }
  return [...counts.values()]
    .sort((a, b) => b.count - a.count)
    .slice(0, 5)
    .map(({ word }) => word);
}
