import type { Execution, JsonValue } from '@agentflow/contracts';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useCallback, useMemo, useRef, useState } from 'react';
import { toast } from 'sonner';
import { api, newIdempotencyKey, RequestFailure } from '@/lib/api.ts';
import type { BuilderStore } from '../builder-store.ts';
import { planRun, type RunScope } from './run-plan.ts';
import type { RunStore } from './run-store.ts';
import { storedInput, storedProject } from './stored.ts';

/** What the dialog asks for, and what was wrong with a start that did without asking. */
export interface TestRequestOpen {
  readonly scope: RunScope;
  readonly error: Error | null;
}

/** Starts tests of the draft. `flush` stores the draft, and tells whether it is stored. */
export function useTestRuns(agentId: string, store: BuilderStore, runs: RunStore, flush: () => Promise<boolean>) {
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [asking, setAsking] = useState<TestRequestOpen | null>(null);
  const flushing = useRef(flush);
  flushing.current = flush;

  const showRun = useCallback(
    (run: string | undefined) =>
      void navigate({
        to: '/dashboard/agents/$agentId',
        params: { agentId },
        search: { tab: 'builder', run },
        replace: true,
        resetScroll: false,
        ignoreBlocker: true,
      }),
    [navigate, agentId],
  );

  /** Throws what the server has against it; gives words where the plan itself can't be. */
  const start = useCallback(
    async (scope: RunScope, input: JsonValue, projectId: string | null): Promise<string | null> => {
      const { definition } = store.getState();
      const { pins, outputs, nodes } = runs.getState();
      const plan = planRun(scope, { definition, pins, outputs, statusOf: (id) => nodes.get(id)?.status });
      if (!plan.ok) return plan.message;
      if (!(await flushing.current())) return 'The draft is not saved yet. Save it first.';
      const { ok: _, ...part } = plan;
      const execution = await api<Execution>(`/agents/${agentId}/test`, {
        method: 'POST',
        body: { input, ...part, ...(projectId === null ? {} : { project_id: projectId }) },
        headers: { 'Idempotency-Key': newIdempotencyKey() },
      });
      runs.getState().begin(execution.id, store.getState().definition);
      void queries.invalidateQueries({ queryKey: ['executions', 'list'] });
      showRun(execution.id);
      return null;
    },
    [agentId, store, runs, queries, showRun],
  );

  /** Asks for the input; a part of the draft runs at once, on the input of the last test. */
  const test = useCallback(
    (scope: RunScope) => {
      if (scope.kind === 'all') {
        setAsking({ scope, error: null });
        return;
      }
      void start(scope, lastInput(agentId, runs), storedProject(agentId)).then(
        (message) => message !== null && toast.error(message),
        (error: Error) => {
          const { errors } = error instanceof RequestFailure ? error : { errors: [] };
          if (errors.some(({ path }) => /^(body\.)?input\b/.test(path))) setAsking({ scope, error });
          else toast.error(error.message);
        },
      );
    },
    [agentId, runs, start],
  );
  return useMemo(
    () => ({ asking, stopAsking: () => setAsking(null), test, start, showRun }),
    [asking, test, start, showRun],
  );
}

/** The input of the last test, else that of the run that is shown. */
function lastInput(agentId: string, runs: RunStore): JsonValue {
  try {
    const stored = storedInput(agentId);
    if (stored !== null) return JSON.parse(stored) as JsonValue;
  } catch {
    // What was typed last was no JSON yet.
  }
  return runs.getState().outputs.trigger ?? {};
}
