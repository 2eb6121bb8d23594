import type { AgentDefinition, AgentTest, Execution, JsonValue } from '@agentflow/contracts';
import { agentTest, isTerminal } from '@agentflow/contracts';
import { checkTest, type TestDifference } from '@agentflow/engine';
import { createStore } from 'zustand/vanilla';

export type TestResult =
  | { readonly kind: 'starting' }
  | { readonly kind: 'running'; readonly execution: Execution }
  | {
      readonly kind: 'ended';
      readonly execution: Execution;
      readonly differences: readonly TestDifference[];
      /** What was tested: the draft may have moved on. */
      readonly of: AgentDefinition;
    }
  /** It could not be run. */
  | { readonly kind: 'refused'; readonly error: Error };

export interface TestResults {
  /** By name of the test case. */
  readonly results: Readonly<Record<string, TestResult>>;
  set: (name: string, result: TestResult) => void;
}

export type TestResultStore = ReturnType<typeof createTestResults>;

/** How the test cases of one open builder went. */
export function createTestResults() {
  return createStore<TestResults>()((set, get) => ({
    results: {},
    set: (name, result) => set({ results: { ...get().results, [name]: result } }),
  }));
}

/** How a run of a test case stands, by its execution. */
export function resultOf(test: AgentTest, execution: Execution, of: AgentDefinition): TestResult {
  if (!isTerminal(execution.status)) return { kind: 'running', execution };
  return { kind: 'ended', execution, of, differences: checkTest(test.expect, execution) };
}

/** A test case as it can be run, or words about what is wrong with it. */
export function readTest(value: JsonValue | undefined): AgentTest | string {
  const read = agentTest.safeParse(value);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  return issue === undefined ? 'This is no test case' : `${issue.path.join('.') || 'It'}: ${issue.message}`;
}

export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly running: number;
}

/** How the named test cases stand together. */
export function tallyOf(names: readonly string[], results: TestResults['results']): Tally {
  const known = names.flatMap((name) => results[name] ?? []);
  const passed = known.filter((result) => result.kind === 'ended' && result.differences.length === 0).length;
  const running = known.filter(({ kind }) => kind === 'starting' || kind === 'running').length;
  return { passed, running, failed: known.length - passed - running };
}
