import type { AgentTest, ExecutionStatus, JsonValue } from '@agentflow/contracts';

/** One thing that an execution did otherwise than a test case expects. */
export interface TestDifference {
  /** Dotted, from `status`, `output` or `contains` on. */
  readonly path: string;
  readonly expected: JsonValue;
  /** Undefined where there is nothing in that place. */
  readonly actual: JsonValue | undefined;
}

/** An execution that has ended, as far as a test case looks at it. */
export interface TestedExecution {
  readonly status: ExecutionStatus;
  readonly output: JsonValue | null;
}

/**
 * What an execution did otherwise than expected; empty where the test passes. Without `status` it has to complete. Objects
 * may have more members than `output` names, lists have as many items; `contains` is looked for in every text of the output.
 */
export function checkTest(expect: AgentTest['expect'], { status, output }: TestedExecution): readonly TestDifference[] {
  const expected = expect?.status ?? 'completed';
  if (status !== expected) return [{ path: 'status', expected, actual: status }];
  const { output: wanted, contains } = expect ?? {};
  return [
    ...(wanted === undefined ? [] : differences('output', wanted as JsonValue, output)),
    ...(contains === undefined || isIn(contains, output)
      ? []
      : [{ path: 'contains', expected: contains, actual: output }]),
  ];
}

function differences(path: string, expected: JsonValue, actual: JsonValue | undefined): TestDifference[] {
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual) || actual.length !== expected.length) return [{ path, expected, actual }];
    return expected.flatMap((item, index) => differences(`${path}.${index}`, item, actual[index]));
  }
  if (typeof expected !== 'object' || expected === null) {
    return expected === actual ? [] : [{ path, expected, actual }];
  }
  if (typeof actual !== 'object' || actual === null || Array.isArray(actual)) return [{ path, expected, actual }];
  return Object.entries(expected).flatMap(([key, value]) =>
    differences(`${path}.${key}`, value, Object.hasOwn(actual, key) ? actual[key] : undefined),
  );
}

function isIn(text: string, value: JsonValue): boolean {
  if (typeof value === 'object' && value !== null) return Object.values(value).some((item) => isIn(text, item));
  return value !== null && String(value).includes(text);
}
