import type { AgentDefinition, AgentNode, JsonValue } from '@agentflow/contracts';
import { nodeType } from '@agentflow/contracts';
import { compileExpression, hasTemplate, parseTemplate, referencesOf } from '@agentflow/engine';
import { bare, singular, wordsOf } from './wording.ts';

/** A value that a step can read, as an expression, with the name that people would call it by. */
export interface KnownValue {
  readonly expression: string;
  readonly name: string;
}

/** What the draft reads somewhere, what its input is said to hold and what its extractions give. */
export function knownValues(definition: AgentDefinition): KnownValue[] {
  const values = [
    ...numericFields(definition.input_schema).map((name) => ({ root: 'trigger', path: [name] })),
    ...definition.nodes.flatMap(extracted),
    ...definition.nodes.flatMap(sourcesOf).flatMap(referencesIn),
  ];
  const byExpression = new Map<string, KnownValue>();
  for (const { root, path } of values) {
    const name = path.at(-1);
    if (name === undefined) continue;
    const expression = [root, ...path].map(asName).join('.');
    byExpression.set(expression, { expression, name });
  }
  return [...byExpression.values()];
}

/** Names that money and amounts go by, where words leave open what is compared. */
const AMOUNTS = ['amount', 'total', 'price', 'sum', 'cost', 'value', 'betrag', 'summe', 'preis'];

/** Values that the words can mean: by the whole name first, then by a word of it. */
export function valuesCalled(values: readonly KnownValue[], words: string): KnownValue[] {
  const wanted = wordsOf(words.replace(/^(?:the|an?|its|their|der|die|das|den)\s+/i, '')).map(singular);
  const exact = values.filter(
    ({ name }) => bare(name) === wanted.join('') || wordsOf(name).map(singular).join('') === wanted.join(''),
  );
  if (exact.length > 0) return exact;
  return values.filter(
    ({ name }) => wanted.length > 0 && wanted.every((word) => wordsOf(name).map(singular).includes(word)),
  );
}

/** Values that are likely to be an amount. */
export function amountsAmong(values: readonly KnownValue[]): KnownValue[] {
  return values.filter(({ name }) => wordsOf(name).some((word) => AMOUNTS.includes(singular(word))));
}

function asName(name: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? name : `\`${name.replaceAll('`', '')}\``;
}

function numericFields(schema: JsonValue | undefined): string[] {
  const properties = isMap(schema) && isMap(schema.properties) ? schema.properties : {};
  return Object.entries(properties)
    .filter(([, field]) => isMap(field) && [field.type].flat().some((type) => type === 'number' || type === 'integer'))
    .map(([name]) => name);
}

function extracted({ id, type, config }: AgentNode): { root: string; path: string[] }[] {
  if (type !== 'ai.extract') return [];
  return numericFields(config.schema).map((name) => ({ root: id, path: ['output', name] }));
}

function isMap(value: JsonValue | undefined): value is Record<string, JsonValue> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Sources of all expressions of a node. */
function sourcesOf({ type, config, output_mapping }: AgentNode): string[] {
  const plain = new Set(nodeType(type)?.expressionFields ?? []);
  const fields = Object.entries(config).flatMap(([field, value]) =>
    plain.has(field) && typeof value === 'string' ? [value] : templatesIn(value),
  );
  return output_mapping === undefined ? fields : [...fields, output_mapping];
}

function templatesIn(value: JsonValue): string[] {
  if (typeof value === 'string') {
    const template = hasTemplate(value) ? parseTemplate(value) : null;
    return template?.ok === true
      ? template.parts.flatMap((part) => (part.kind === 'expression' ? [part.source] : []))
      : [];
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(templatesIn);
}

function referencesIn(source: string) {
  const compilation = compileExpression(source);
  return compilation.ok ? referencesOf(compilation.expression) : [];
}
