import { FIELD_CONTROLS, type FieldControl, type FieldHints, type JsonValue } from '@agentflow/contracts';
import type { ReactNode } from 'react';

/** A part of a JSON Schema as the registry gives it: keywords and the hints of its field. */
export type ConfigSchema = { readonly [keyword: string]: unknown };

/** One field of a config, with everything that its control is made from. */
export interface ConfigField extends Omit<FieldHints, 'control'> {
  readonly name: string;
  readonly title: string;
  readonly help: string | undefined;
  readonly required: boolean;
  readonly control: FieldControl;
  readonly schema: ConfigSchema;
  readonly defaultValue: JsonValue | undefined;
  /** Whether an expression may stand in place of the value. */
  readonly computable?: boolean;
}

/** One kind of a union of objects that differ by `kind`. */
export interface Variant {
  readonly kind: string;
  readonly title: string;
  readonly help: string;
  readonly fields: readonly ConfigField[];
}

export function asSchema(value: unknown): ConfigSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as ConfigSchema) : {};
}

/** What edits a schema that has no hint; `json` for what is only known to be JSON. */
function controlOfSchema(schema: ConfigSchema): FieldControl {
  if (Array.isArray(schema.enum)) return 'select';
  switch (schema.type) {
    case 'string':
      return 'text';
    case 'number':
    case 'integer':
      return 'number';
    case 'boolean':
      return 'boolean';
    case 'array': {
      const items = asSchema(schema.items);
      if (Array.isArray(items.enum)) return 'multi_select';
      return items.type === 'string' ? 'text_list' : 'json';
    }
    case 'object':
      return asSchema(schema.additionalProperties).type === 'string' ? 'key_value' : 'json';
    default:
      return 'json';
  }
}

function isControl(value: unknown): value is FieldControl {
  return FIELD_CONTROLS.some((control) => control === value);
}

function wordsFor(name: string): string {
  const words = name.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** The fields of an object schema, in the order in which the registry names them. */
export function configFields(schema: ConfigSchema): ConfigField[] {
  const required = Array.isArray(schema.required) ? schema.required : [];
  return Object.entries(asSchema(schema.properties)).map(([name, value]) => {
    const own = asSchema(value);
    // The registry types its hints; they come out of JSON Schema as they went in.
    const hints = own as FieldHints;
    return {
      ...{ choices: hints.choices, when: hints.when, one_of: hints.one_of, advanced: hints.advanced },
      ...{
        input_of: hints.input_of,
        needs_tools: hints.needs_tools,
        switched: hints.switched,
        suggestions: hints.suggestions,
        placeholder: hints.placeholder,
      },
      name,
      title: typeof own.title === 'string' ? own.title : wordsFor(name),
      help: typeof own.description === 'string' ? own.description : undefined,
      required: required.includes(name) && own.default === undefined,
      control: isControl(own.control) ? own.control : controlOfSchema(own),
      schema: own,
      defaultValue: own.default as JsonValue | undefined,
    };
  });
}

/** The kinds of a list whose items differ by `kind`; `kind` itself is no field. */
export function variantsOf(listSchema: ConfigSchema): Variant[] {
  const { oneOf } = asSchema(listSchema.items);
  return (Array.isArray(oneOf) ? oneOf : []).map((each) => {
    const schema = asSchema(each);
    const kind = asSchema(asSchema(schema.properties).kind);
    return {
      kind: String(kind.const),
      title: String(kind.title ?? kind.const),
      help: String(kind.description ?? ''),
      fields: configFields(schema).filter((field) => field.name !== 'kind'),
    };
  });
}

/** Whether a schema takes any JSON value, so that JSON text is its honest control. */
export function isFreeJson(schema: ConfigSchema, root: ConfigSchema): boolean {
  if (typeof schema.$ref === 'string') {
    const name = schema.$ref.replace('#/$defs/', '');
    return isFreeJson(asSchema(asSchema(root.$defs)[name]), root);
  }
  if (!Array.isArray(schema.anyOf)) return false;
  const types = schema.anyOf.map((each) => asSchema(each).type);
  return ['string', 'number', 'boolean', 'null', 'array', 'object'].every((type) => types.includes(type));
}

export type Config = { readonly [name: string]: JsonValue };

/** Draws the fields of a config, for controls that hold configs of their own. */
export type RenderFields = (props: {
  fields: readonly ConfigField[];
  config: Config;
  /** Where the config stands in the node's, dotted; empty for all of it. */
  path: string;
  /** Names that are edited elsewhere. */
  besides: readonly string[];
  onChange: (config: { [name: string]: JsonValue }) => void;
}) => ReactNode;

/** The field of a `one_of` group that is meant: the one that is set, else the one that was chosen, else the first. */
export function chosenOf(fields: readonly ConfigField[], config: Config, picked: string | undefined): string {
  const set = fields.find((field) => config[field.name] !== undefined);
  return set?.name ?? fields.find((field) => field.name === picked)?.name ?? fields[0]?.name ?? '';
}

/** Whether a field applies: its condition holds, or it has a value that must not be hidden. */
export function applies(field: ConfigField, fields: readonly ConfigField[], config: Config): boolean {
  if (field.when === undefined || config[field.name] !== undefined) return true;
  const other = fields.find((each) => each.name === field.when?.field);
  const value = config[field.when.field] ?? other?.defaultValue;
  return field.when.is === undefined ? value !== undefined : field.when.is.includes(String(value));
}
