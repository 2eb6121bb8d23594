import type { z } from 'zod';
import type { JsonValue } from '../common.ts';

/** How the UI edits a config field; the schema says what is valid, the control how it feels. */
export const FIELD_CONTROLS = [
  'text',
  'text_list',
  // One line with `{{…}}`, a text of several, bare JSONata.
  'template',
  'prompt',
  'expression',
  // Bare JSONata that holds or does not.
  'condition',
  // A template with its query as rows.
  'url',
  'number',
  'slider',
  'number_or_template',
  // Seconds; the second kind takes `{{…}}` in their place.
  'duration',
  'duration_or_template',
  'moment',
  'boolean',
  'select',
  'multi_select',
  'model',
  'models',
  'agent',
  'tools',
  'helpers',
  // Texts by path, or `{{…}}` that gives them.
  'files',
  'json_schema',
  'labels',
  'cases',
  'conditions',
  'key_value',
  'approvers',
  // An object with fields of its own.
  'fields',
  'cron',
  'time_zone',
  // Free JSON and nothing else.
  'json',
] as const;
export type FieldControl = (typeof FIELD_CONTROLS)[number];

/** What a form needs to know of a field beside its schema. It stands in the schema's metadata, and so in its JSON Schema. */
export interface FieldHints {
  readonly control?: FieldControl | undefined;
  /** Words for the values of an enum. */
  readonly choices?: Readonly<Record<string, string>> | undefined;
  /** Shown only where this sibling has one of these values, or any value where none is listed. */
  readonly when?: { readonly field: string; readonly is?: readonly string[] } | undefined;
  /** Exactly one field of a group is set: the form asks which first. */
  readonly one_of?: { readonly group: string; readonly choice: string } | undefined;
  /** Of `fields`: being there says something by itself, so a switch puts it in and takes it out. */
  readonly switched?: boolean | undefined;
  /** Stands under "More settings". */
  readonly advanced?: boolean | undefined;
  /** Only models that use tools fit. */
  readonly needs_tools?: boolean | undefined;
  /** The sibling that names the agent whose input this is: it is asked for as that agent's input schema says. */
  readonly input_of?: string | undefined;
  readonly suggestions?: readonly string[] | undefined;
  readonly placeholder?: string | undefined;
}

declare module 'zod' {
  interface GlobalMeta extends FieldHints {}
}

export type NodeCategory = 'trigger' | 'ai' | 'action' | 'agent' | 'logic' | 'human';

/** An exit of a node. Edges name it in `source_handle`; an edge without one leaves by `out`. */
export interface OutputHandle {
  readonly handle: string;
  readonly title: string;
}

/** Everything the product knows about a node type: validation, UI forms, docs and OpenAPI read it from here. */
export interface NodeType<Config extends z.ZodType = z.ZodType> {
  readonly type: string;
  readonly category: NodeCategory;
  readonly title: string;
  readonly description: string;
  /** Name of a Lucide icon. */
  readonly icon: string;
  readonly config: Config;
  /** Shape of `{{node.output}}`; null where it depends on the config (a transform) or on the caller (a trigger). */
  readonly output: z.ZodType | null;
  /** Exits for a valid config; an `error` exit is added where `on_error` is `branch`. */
  readonly handles: (config: z.output<Config>) => readonly OutputHandle[];
  /** Whether it changes the outside world: test runs answer with what would have been sent. */
  readonly sideEffect: boolean;
  /** Config fields that are bare JSONata rather than text with `{{…}}`. */
  readonly expressionFields: readonly string[];
  readonly example: Record<string, JsonValue>;
}

export const OUT: readonly OutputHandle[] = [{ handle: 'out', title: 'Then' }];
export const ERROR_HANDLE = 'error';

export function defineNode<Config extends z.ZodType>(type: NodeType<Config>): NodeType<Config> {
  return type;
}
