import type { Execution } from '@agentflow/contracts';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useRef } from 'react';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { statusWord } from '@/components/status-badge.tsx';
import { nodesInOrder } from '@/features/agents/definition-order.ts';
import { outputsOf } from '@/features/agents/last-outputs.ts';
import { shownSteps } from '@/features/executions/live-execution.ts';
import { executionQuery, stepsQuery } from '@/features/executions/queries.ts';
import { useFollowedExecution } from '@/features/executions/use-followed-execution.ts';
import { useBuilderServices } from '../builder-context.ts';
import { nodeLabel } from '../draft/node-facts.ts';
import { type NodeRun, newsOf } from './run-view.ts';

interface RunFollowerProps {
  agentId: string;
  runId: string;
  onClear: () => void;
}

/** Puts an execution of the agent into the builder's store of runs, and keeps it up to date. Draws only its own failure. */
export function RunFollower({ agentId, runId, onClear }: RunFollowerProps) {
  const { runs } = useBuilderServices();
  const read = useQuery(executionQuery(runId));
  const stranger = read.data !== undefined && read.data.agent_id !== agentId;
  useEffect(() => {
    if (stranger) onClear();
  }, [stranger, onClear]);
  // Another run takes the place of this one, and leaving takes it away.
  useEffect(() => () => runs.getState().clear(), [runs]);
  if (read.error !== null && read.data === undefined) {
    return (
      <div className="flex items-start gap-2 border-line border-t bg-surface p-2">
        <ProblemCallout error={read.error} onRetry={() => void read.refetch()} className="flex-1" />
        <button type="button" className="rounded-sm px-2 py-1 text-sm text-soft hover:text-text" onClick={onClear}>
          Clear
        </button>
      </div>
    );
  }
  return read.data === undefined || stranger ? null : <Following read={read.data} />;
}

function Following({ read }: { read: Execution }) {
  const { runs, store, announce } = useBuilderServices();
  const { execution, stream } = useFollowedExecution(read);
  const records = useQuery(stepsQuery(execution.id)).data?.steps;
  const planned = useMemo(() => {
    const { tested } = runs.getState();
    const definition = tested?.runId === read.id ? tested.definition : store.getState().definition;
    return nodesInOrder(definition).map(({ node }) => node);
  }, [runs, store, read.id]);
  const { live, connection, heardAt } = stream;
  const steps = useMemo(
    () => shownSteps(records ?? [], live, planned, execution.status),
    [records, live, planned, execution.status],
  );
  // Made anew only when a step has ended: every editor of the form follows it.
  const outputs = useMemo(() => outputsOf(read, records ?? []), [read, records]);
  const told = useRef<ReadonlyMap<string, NodeRun>>(new Map());
  const toldStatus = useRef<string | null>(null);
  useEffect(() => {
    runs.getState().follow({ execution, steps, texts: live.texts, connection, heardAt }, outputs);
    const { nodes } = runs.getState();
    const names = new Map(planned.map((node) => [node.id, nodeLabel(node)]));
    const news = [
      newsOf(told.current, nodes, (id) => names.get(id) ?? id),
      toldStatus.current === execution.status ? '' : `Test ${statusWord(execution.status).toLowerCase()}`,
    ];
    told.current = nodes;
    toldStatus.current = execution.status;
    const words = news.filter((each) => each !== '').join('. ');
    if (words !== '') announce(words);
  }, [runs, announce, planned, execution, steps, live.texts, connection, heardAt, outputs]);
  return null;
}
