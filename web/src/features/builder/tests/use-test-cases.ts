import { type AgentTest, type Execution, isTerminal } from '@agentflow/contracts';
import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useRef } from 'react';
import { api, newIdempotencyKey } from '@/lib/api.ts';
import type { BuilderStore } from '../builder-store.ts';
import { entriesOf } from '../notes/entries.ts';
import { readTest, resultOf, type TestResultStore } from './test-results.ts';

/** So many run at once; one that waits for a person does not count. */
const AT_ONCE = 4;
const LOOK_MS = 700;

interface TestCases {
  readonly runOne: (name: string) => void;
  readonly runAll: () => void;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** Runs test cases as tests of the draft, and follows them for as long as the builder is open. */
export function useTestCases(
  agentId: string,
  store: BuilderStore,
  results: TestResultStore,
  flush: () => Promise<boolean>,
): TestCases {
  const queries = useQueryClient();
  const leaving = useRef(new AbortController());
  useEffect(() => {
    leaving.current = new AbortController();
    const { current } = leaving;
    return () => current.abort();
  }, []);

  /** Settles when the execution has ended or waits for somebody. */
  const follow = useCallback(
    (name: string, test: AgentTest, started: Execution, signal: AbortSignal) => {
      const { definition } = store.getState();
      return new Promise<void>((settle) => {
        const look = async () => {
          let execution = started;
          while (!signal.aborted) {
            results.getState().set(name, resultOf(test, execution, definition));
            if (isTerminal(execution.status)) break;
            if (execution.status === 'waiting') settle();
            await pause(LOOK_MS, signal);
            const before = execution;
            // A look that fails is made again; the run goes on without it.
            execution = await api<Execution>(`/executions/${started.id}`, { signal }).catch(() => before);
          }
          settle();
        };
        void look();
      });
    },
    [store, results],
  );

  const run = useCallback(
    async (name: string) => {
      const { signal } = leaving.current;
      const test = readTest(entriesOf(store.getState().definition, 'tests')[name]);
      const { set } = results.getState();
      if (typeof test === 'string') {
        set(name, { kind: 'refused', error: new Error(test) });
        return;
      }
      set(name, { kind: 'starting' });
      try {
        const execution = await api<Execution>(`/agents/${agentId}/test`, {
          method: 'POST',
          body: { input: test.input },
          headers: { 'Idempotency-Key': newIdempotencyKey() },
          signal,
        });
        await follow(name, test, execution, signal);
      } catch (error) {
        if (!signal.aborted) set(name, { kind: 'refused', error: error as Error });
      }
      void queries.invalidateQueries({ queryKey: ['executions', 'list'] });
    },
    [agentId, store, results, queries, follow],
  );

  const runAll = useCallback(
    async (names: readonly string[]) => {
      const { set, results: known } = results.getState();
      const idle = names.filter((name) => !['starting', 'running'].includes(known[name]?.kind ?? ''));
      for (const name of idle) set(name, { kind: 'starting' });
      if (!(await flush())) {
        for (const name of idle) {
          set(name, { kind: 'refused', error: new Error('The draft is not saved yet. Save it first.') });
        }
        return;
      }
      const queue = [...idle];
      const worker = async () => {
        for (let name = queue.shift(); name !== undefined; name = queue.shift()) await run(name);
      };
      await Promise.all(Array.from({ length: AT_ONCE }, worker));
    },
    [results, flush, run],
  );
  return {
    runOne: useCallback((name) => void runAll([name]), [runAll]),
    runAll: useCallback(
      () => void runAll(Object.keys(entriesOf(store.getState().definition, 'tests'))),
      [runAll, store],
    ),
  };
}
