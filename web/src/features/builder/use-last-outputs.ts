import type { JsonValue } from '@agentflow/contracts';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { executionQuery, executionsQuery, stepsQuery } from '@/features/executions/queries.ts';

const NOTHING: Readonly<Record<string, JsonValue>> = {};

/** What each node gave in the agent's last run by its id, and the run's input as `trigger`. Empty without a run. */
export function useLastOutputs(agentId: string): Readonly<Record<string, JsonValue>> {
  const last = useQuery(executionsQuery({ agent_id: agentId, limit: 1 })).data?.data[0]?.id;
  const wanted = { enabled: last !== undefined, staleTime: 60_000 };
  const execution = useQuery({ ...executionQuery(last ?? ''), ...wanted }).data;
  const steps = useQuery({ ...stepsQuery(last ?? ''), ...wanted }).data;
  return useMemo(() => {
    if (execution === undefined || steps === undefined) return NOTHING;
    const outputs: Record<string, JsonValue> = { trigger: execution.input };
    for (const { id, node_id, output } of steps) if (id === node_id && output !== null) outputs[node_id] = output;
    return outputs;
  }, [execution, steps]);
}
