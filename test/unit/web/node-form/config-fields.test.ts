import { configSchemaOf, NODE_TYPES, nodeType } from '@agentflow/contracts';
import { describe, expect, it } from 'vitest';
import {
  applies,
  asSchema,
  type ConfigField,
  type ConfigSchema,
  chosenOf,
  configFields,
  isFreeJson,
  variantsOf,
} from '../../../../web/src/features/node-form/config-fields.ts';

function schemaOf(type: string): ConfigSchema {
  const entry = nodeType(type);
  if (entry === undefined) throw new Error(`no node type ${type}`);
  return configSchemaOf(entry);
}

/** Every field of a type with those inside its tools, by its dotted place. */
function everyField(type: string): [place: string, field: ConfigField][] {
  return configFields(schemaOf(type)).flatMap((field): [string, ConfigField][] => {
    const inner = variantsOf(field.schema).flatMap((variant) =>
      variant.fields.flatMap((each) => withNested(`${field.name}.${variant.kind}.${each.name}`, each)),
    );
    return [...withNested(field.name, field), ...inner];
  });
}

function withNested(place: string, field: ConfigField): [string, ConfigField][] {
  const nested =
    field.control === 'fields'
      ? configFields(field.schema)
      : field.control === 'helpers'
        ? configFields(asSchema(field.schema.items))
        : [];
  return [[place, field], ...nested.flatMap((each) => withNested(`${place}.${each.name}`, each))];
}

/** What the value of a control is, so that a hint that does not fit its schema is found. */
const FITS: Readonly<Record<string, (schema: ConfigSchema) => boolean>> = {
  text: (schema) => schema.type === 'string' && schema.enum === undefined,
  template: (schema) => schema.type === 'string',
  prompt: (schema) => schema.type === 'string',
  url: (schema) => schema.type === 'string',
  expression: (schema) => schema.type === 'string',
  condition: (schema) => schema.type === 'string',
  moment: (schema) => schema.type === 'string',
  cron: (schema) => schema.type === 'string',
  time_zone: (schema) => schema.type === 'string',
  model: (schema) => schema.type === 'string',
  agent: (schema) => schema.type === 'string',
  select: (schema) => Array.isArray(schema.enum),
  multi_select: (schema) => Array.isArray(asSchema(schema.items).enum),
  text_list: (schema) => asSchema(schema.items).type === 'string',
  models: (schema) => asSchema(schema.items).type === 'string',
  number: (schema) => schema.type === 'number' || schema.type === 'integer',
  slider: (schema) => schema.type === 'number' && schema.minimum !== undefined && schema.maximum !== undefined,
  duration: (schema) => schema.type === 'integer',
  number_or_template: (schema) => Array.isArray(schema.anyOf),
  duration_or_template: (schema) => Array.isArray(schema.anyOf),
  boolean: (schema) => schema.type === 'boolean',
  json_schema: (schema) => schema.type === 'object',
  key_value: (schema) => asSchema(schema.additionalProperties).type === 'string',
  tools: (schema) => Array.isArray(asSchema(schema.items).oneOf),
  helpers: (schema) => asSchema(asSchema(schema.items).properties).name !== undefined,
  files: (schema) => Array.isArray(schema.anyOf),
  labels: (schema) => schema.type === 'array',
  cases: (schema) => schema.type === 'array',
  fields: (schema) => schema.type === 'object' && schema.properties !== undefined,
  approvers: (schema) => asSchema(schema.properties).teams !== undefined,
  conditions: (schema) => Array.isArray(schema.anyOf),
};

describe.each(Object.keys(NODE_TYPES))('the form of %s', (type) => {
  const root = schemaOf(type);

  it('has a typed control for every field, JSON only where any value goes', () => {
    const misfits = everyField(type).filter(([, { control, schema }]) =>
      control === 'json' || (control === 'template' && schema.type === undefined)
        ? !isFreeJson(schema, root)
        : FITS[control]?.(schema) !== true,
    );
    expect(misfits.map(([place, { control }]) => `${place}: ${control}`)).toEqual([]);
  });

  it('says what every field is', () => {
    const silent = everyField(type).filter(
      ([, { help, schema }]) => help === undefined || help === '' || typeof schema.title !== 'string',
    );
    expect(silent.map(([place]) => place)).toEqual([]);
  });

  it('names only siblings in its conditions, and words only for values that there are', () => {
    const fields = configFields(root);
    for (const { when, choices, schema, name } of fields) {
      if (when !== undefined) expect(fields.map((field) => field.name)).toContain(when.field);
      for (const value of Object.keys(choices ?? {})) expect(schema.enum, name).toContain(value);
    }
  });
});

describe('a field without a hint', () => {
  const fields = configFields({
    type: 'object',
    properties: {
      plain_text: { type: 'string' },
      level: { enum: ['low', 'high'] },
      count: { type: 'integer', default: 3 },
      on: { type: 'boolean' },
      tags: { type: 'array', items: { type: 'string' } },
      days: { type: 'array', items: { enum: ['mon', 'tue'] } },
      map: { type: 'object', additionalProperties: { type: 'string' } },
      deep: { type: 'object', properties: { a: { type: 'string' } } },
    },
    required: ['plain_text', 'count'],
  });

  it('gets the control of its type', () => {
    expect(fields.map(({ name, control }) => [name, control])).toEqual([
      ['plain_text', 'text'],
      ['level', 'select'],
      ['count', 'number'],
      ['on', 'boolean'],
      ['tags', 'text_list'],
      ['days', 'multi_select'],
      ['map', 'key_value'],
      ['deep', 'json'],
    ]);
  });

  it('is called by its name, and needed unless it has a default', () => {
    expect(fields[0]).toMatchObject({ title: 'Plain text', required: true });
    expect(fields[2]).toMatchObject({ required: false, defaultValue: 3 });
  });
});

describe('a field that depends on another', () => {
  const merge = configFields(schemaOf('logic.merge'));
  const count = merge.find(({ name }) => name === 'count') as ConfigField;
  const loop = configFields(schemaOf('logic.loop')).filter(({ one_of }) => one_of !== undefined);
  const approval = configFields(schemaOf('human.approval'));
  const onTimeout = approval.find(({ name }) => name === 'on_timeout') as ConfigField;

  it('shows where the other has the value, or any where none is named', () => {
    expect(applies(count, merge, { mode: 'first' })).toBe(true);
    expect(applies(count, merge, {})).toBe(false);
    expect(applies(onTimeout, approval, {})).toBe(false);
    expect(applies(onTimeout, approval, { timeout_seconds: 5 })).toBe(true);
  });

  it('is never hidden while it has a value', () => {
    expect(applies(count, merge, { mode: 'all', count: 2 })).toBe(true);
  });

  it('of several, is the one that is set, then the one that was picked, then the first', () => {
    expect(chosenOf(loop, { count: 3 }, 'while')).toBe('count');
    expect(chosenOf(loop, {}, 'while')).toBe('while');
    expect(chosenOf(loop, {}, undefined)).toBe('items');
  });
});
