import type { JsonValue } from '@agentflow/contracts';
import { classify } from './classify.ts';
import { type Field, fieldOf, has, isSchema, keyed, literal, nearest, type Schema } from './extract-field.ts';
import { amounts, codes, dates, emails, type Found, numbers, phones, urls } from './extract-patterns.ts';
import { isIdentifier, readIdentifier, readString } from './extract-strings.ts';
import { sentences, unquotedLines, withoutInstruction } from './segment.ts';
import { contentStems, stem, tokenize } from './words.ts';

/**
 * Reads the properties of a JSON Schema out of a text: by their format, their name and description, `Key: value`
 * lines and the shapes of values. What the text does not tell is null (an empty array for lists): nothing is
 * invented.
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

function readNumber(text: string, field: Field): number | null {
  const integer = field.types.includes('integer') && !field.types.includes('number');
  const inBounds = (value: number | null | undefined): number | null => {
    if (value === null || value === undefined || !Number.isFinite(value) || (integer && !Number.isInteger(value)))
      return null;
    const { minimum, maximum } = field.schema;
    if (typeof minimum === 'number' && value < minimum) return null;
    return typeof maximum === 'number' && value > maximum ? null : value;
  };
  const line = keyed(text, field);
  if (line !== null) {
    const first = amounts(line)[0]?.value.amount ?? numbers(line)[0]?.value;
    if (first !== undefined) return inBounds(first);
  }
  if (
    has(
      field,
      /\b(?:amount|price|total|cost|sum|charge|charged|refund|fee|value|usd|eur|paid|payment|balance|budget)\b/,
    )
  ) {
    return inBounds(nearest(text, amounts(text), field.words)?.value.amount);
  }
  if (isIdentifier(field)) {
    const code = readIdentifier(text, field);
    return code !== null && /^\d+$/.test(code) ? inBounds(Number(code)) : null;
  }
  return inBounds(countedThing(text, field));
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
