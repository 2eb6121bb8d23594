import type { Execution, ExecutionStep, JsonValue } from '@agentflow/contracts';
import { useQuery } from '@tanstack/react-query';
import { executionQuery, executionsQuery, stepsQuery } from '@/features/executions/queries.ts';
import { contextValuesQuery } from '@/features/projects/queries.ts';

export type Outputs = Readonly<Record<string, JsonValue>>;

const NOTHING: Outputs = {};

/** What each node of an execution gave, by its id, and the input as `trigger`; of a node in a loop, its first round. */
export function outputsOf(execution: Execution, steps: readonly ExecutionStep[]): Outputs {
  const outputs: Record<string, JsonValue> = { trigger: execution.input };
  for (const step of steps) {
    // Turns and tool calls are steps of their own; the node's output stands at the step that is named like it.
    const isNode = step.id === step.node_id || step.id === `${step.node_id}@${step.iteration}`;
    if (Object.hasOwn(outputs, step.node_id)) continue;
    if (isNode && step.status === 'completed' && step.output !== null) outputs[step.node_id] = step.output;
  }
  return outputs;
}

/** The data of an agent's last execution, with its project's shared values as `context`; empty while there is none, or it can't be read. */
export function useLastOutputs(agentId: string): Outputs {
  const last = useQuery({ ...executionsQuery({ agent_id: agentId, limit: 1 }), refetchInterval: false }).data?.data[0];
  const id = last?.id ?? '';
  const outputs = useQuery({
    queryKey: ['executions', id, 'outputs', last?.status],
    queryFn: async ({ client }) => {
      const [execution, { steps }] = await Promise.all([
        client.fetchQuery(executionQuery(id)),
        client.fetchQuery(stepsQuery(id)),
      ]);
      const { project_id } = execution;
      const outputs = outputsOf(execution, steps);
      if (project_id === null) return outputs;
      try {
        return { ...outputs, context: await client.fetchQuery(contextValuesQuery(project_id)) };
      } catch {
        // Who may not read the project's context still sees what the nodes gave.
        return outputs;
      }
    },
    enabled: last !== undefined,
  });
  return outputs.data ?? NOTHING;
}
