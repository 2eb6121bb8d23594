import type { JsonValue } from '@agentflow/contracts';

const REDACTED = '[redacted]';
/** Names of fields that hold secrets wherever they stand; compared without case, `_` and `-`. */
const SECRET_NAMES =
  /^(?:.*(?:password|passwd|passphrase|secret|apikey|privatekey|credential)s?|.*(?:access|refresh|id|bearer|session|auth|bot)token|token|authorization|cookie|setcookie|cvv|cvc|cardnumber|ssn|pin)$/;

/**
 * The value without what must not be kept: fields whose names look like secrets, and those that `fields` name, alone (at
 * any depth) or by their dotted path; a path goes through every item of a list.
 */
export function redacted(value: JsonValue, fields: readonly string[]): JsonValue {
  const names = new Set(fields.filter((field) => !field.includes('.')).map(plain));
  const paths = new Set(fields.map((field) => field.toLowerCase()));
  return without(value, '', names, paths);
}

function without(value: JsonValue, at: string, names: ReadonlySet<string>, paths: ReadonlySet<string>): JsonValue {
  if (Array.isArray(value)) return value.map((item) => without(item, at, names, paths));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => {
      const path = at === '' ? name.toLowerCase() : `${at}.${name.toLowerCase()}`;
      const hidden = names.has(plain(name)) || paths.has(path) || SECRET_NAMES.test(plain(name));
      return [name, hidden && inner !== null ? REDACTED : without(inner, path, names, paths)];
    }),
  );
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[_-]/g, '');
}
