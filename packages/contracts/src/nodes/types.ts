import type { z } from 'zod';
import type { JsonValue } from '../common.ts';

/** How the UI edits a config field; the schema says what is valid, the control how it feels. */
export type FieldControl =
  | 'text'
  | 'template'
  | 'prompt'
  | 'expression'
  | 'model'
  | 'models'
  | 'number'
  | 'select'
  | 'boolean'
  | 'json'
  | 'json_schema'
  | 'labels'
  | 'cases'
  | 'conditions'
  | 'key_value'
  | 'approvers';

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
