import type { JsonValue, NodeType } from '@agentflow/contracts';
import { asText, resolveConfig } from '../expressions/index.ts';
import type { Scope, StepError } from '../ports.ts';
import { type FieldIssue, fieldIssues, valueAt } from '../validation/field-issues.ts';

type Config = Record<string, JsonValue>;

export type StepConfig =
  | { readonly ok: true; readonly input: Config; readonly config: unknown }
  | { readonly ok: false; readonly input: Config; readonly error: StepError };

/** Bare expressions are run by their handler and stay as they are; everything else may hold `{{…}}`. */
async function resolveFields(type: NodeType, raw: Config, scope: Scope) {
  const bare = new Set(type.expressionFields);
  const templated = Object.fromEntries(Object.entries(raw).filter(([key]) => !bare.has(key)));
  const resolution = await resolveConfig(templated, scope);
  if (!resolution.ok) return resolution;
  const kept = Object.fromEntries(Object.entries(raw).filter(([key]) => bare.has(key)));
  return { ok: true as const, value: { ...resolution.value, ...kept } };
}

/** A copy of `value` with a text in one place: what expressions gave may be shared with other steps. */
function withTextAt(value: JsonValue, path: readonly (string | number)[]): JsonValue {
  const [key, ...rest] = path;
  if (key === undefined) return asText(value);
  if (Array.isArray(value)) {
    return value.map((item, index) => (index === Number(key) ? withTextAt(item, rest) : item));
  }
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  return Object.fromEntries(entries.map(([name, item]) => [name, name === key ? withTextAt(item, rest) : item]));
}

/** Fields that must be a text and got another value: a prompt that is `{{trigger}}`, a header that is a number. */
function misplacedValues(config: Config, issues: readonly FieldIssue[]): FieldIssue[] {
  return issues.filter(({ path, expected }) => expected === 'string' && valueAt(config, path) !== undefined);
}

function configError(issues: readonly FieldIssue[]): StepError {
  const told = issues
    .slice(0, 5)
    .map(({ path, message }) => `${path.length === 0 ? 'The configuration' : path.join('.')} ${message}`);
  return { code: 'config_invalid', message: `${told.join('; ')}.`, retryable: false };
}

/**
 * Resolves a node's expressions over its scope and parses what comes out with the type's schema. Where a text is asked
 * for, other values become text: objects and lists as JSON, null as nothing. A `literal` config is taken as it stands.
 */
export async function readStepConfig(type: NodeType, raw: Config, scope: Scope, literal = false): Promise<StepConfig> {
  const resolution = literal ? { ok: true as const, value: raw } : await resolveFields(type, raw, scope);
  if (!resolution.ok) {
    const { code, message, path } = resolution.error;
    return { ok: false, input: raw, error: { code, message: `${path}: ${message}`, retryable: false } };
  }
  let input: Config = resolution.value;
  let parsed = type.config.safeParse(input);
  if (!parsed.success) {
    for (const { path } of misplacedValues(input, fieldIssues(parsed.error))) input = withTextAt(input, path) as Config;
    parsed = type.config.safeParse(input);
  }
  if (!parsed.success) return { ok: false, input, error: configError(fieldIssues(parsed.error)) };
  return { ok: true, input, config: parsed.data };
}
