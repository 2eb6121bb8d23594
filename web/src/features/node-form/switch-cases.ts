import { ERROR_HANDLE, type JsonValue } from '@agentflow/contracts';

export interface SwitchCase {
  readonly handle: string;
  readonly equals: JsonValue;
}

/** A stored list as cases; null for what rows can't show. */
export function readCases(value: JsonValue | undefined): SwitchCase[] | null {
  if (value === undefined) return [];
  if (!Array.isArray(value)) return null;
  const cases = value.map((each) => {
    if (typeof each !== 'object' || each === null || Array.isArray(each)) return null;
    const { handle, equals, ...rest } = each;
    return typeof handle === 'string' && equals !== undefined && Object.keys(rest).length === 0
      ? { handle, equals }
      : null;
  });
  return cases.every((each) => each !== null) ? cases : null;
}

/** A name for an exit that a value suggests: `Refund request` becomes `refund_request`. */
export function handleFor(value: JsonValue, taken: readonly string[]): string {
  const text = typeof value === 'object' ? '' : String(value);
  const words = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^[^a-z]+|_+$/g, '')
    .slice(0, 60);
  const base = words === '' || words === 'default' || words === ERROR_HANDLE ? 'case' : words;
  let name = base;
  for (let count = 2; taken.includes(name); count += 1) name = `${base}_${count}`;
  return name;
}

/** The case with another value; its exit follows as long as it carries the name that the old value suggested. */
export function withValue(
  cases: readonly SwitchCase[],
  index: number,
  equals: JsonValue,
  isUsed: boolean,
): SwitchCase[] {
  return cases.map((each, at) => {
    if (at !== index) return each;
    const taken = cases.filter((_, other) => other !== index).map(({ handle }) => handle);
    const follows = !isUsed && each.handle === handleFor(each.equals, taken);
    return { handle: follows ? handleFor(equals, taken) : each.handle, equals };
  });
}
