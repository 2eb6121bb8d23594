import type { JsonValue } from '@agentflow/contracts';
import { useEffect, useMemo } from 'react';
import { useLastOutputs } from '@/features/agents/last-outputs.ts';
import { useRuns } from '../builder-context.ts';
import type { RunStore } from './run-store.ts';

/** What the agent's last execution gave, wherever it was started, is known to the builder too. */
export function useKnownOutputs(agentId: string, runs: RunStore): void {
  const last = useLastOutputs(agentId);
  useEffect(() => runs.getState().learn(last), [runs, last]);
}

/** What the expressions of the draft see: what each node gave last, and over that what is pinned. */
export function useNodeOutputs(): Readonly<Record<string, JsonValue>> {
  const outputs = useRuns((run) => run.outputs);
  const pins = useRuns((run) => run.pins);
  return useMemo(() => ({ ...outputs, ...pins }), [outputs, pins]);
}
