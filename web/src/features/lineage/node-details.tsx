import { type Invocation, type JsonValue, type LineageNode, PAYLOAD_BYTES } from '@agentflow/contracts';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { JsonView } from '@/components/json-view.tsx';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { StatusBadge } from '@/components/status-badge.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { executionQuery, stepsQuery } from '@/features/executions/queries.ts';
import { useCan } from '@/features/shell/queries.ts';
import { cn } from '@/lib/class-names.ts';
import { formatBytes, formatCount, formatDuration, formatExactTime, formatUsd } from '@/lib/format.ts';
import { STATUS, TYPES } from './looks.ts';

interface NodeDetailsProps {
  node: LineageNode;
  /** Of the call that the lineage is of: it is told at the caller's node. */
  invocation?: Invocation | undefined;
  /** What else is known of the call, told at the caller's node. */
  children?: ReactNode;
}

/** What one node is, what went in and came out, and the way to its page. */
export function NodeDetails({ node, invocation, children }: NodeDetailsProps) {
  const look = TYPES[node.type];
  return (
    <div className="flex flex-col gap-4">
      <div className="flex items-start gap-3">
        <span className={cn('flex size-9 shrink-0 items-center justify-center rounded-md', look.tile)}>
          <look.icon className="size-4.5" aria-hidden="true" />
        </span>
        <div className="min-w-0 flex-1">
          <h3 className="break-words font-semibold text-base">{node.name}</h3>
          <p className="text-faint text-xs">{look.word}</p>
        </div>
        <StatusBadge status={STATUS[node.status]} />
      </div>
      <NodeLinks node={node} />
      {node.detail !== null && <p className="break-words text-sm text-soft">{node.detail}</p>}
      <Facts
        facts={[
          ['Calls', callsOf(node)],
          ['Tokens', tokensOf(node)],
          ['Took', node.duration_ms === null ? null : formatDuration(node.duration_ms)],
          ['Cost', formatUsd(node.cost_usd)],
          ['Began', node.started_at === null ? null : formatExactTime(node.started_at)],
        ]}
      />
      {node.type === 'external' ? (
        <>
          {children}
          {invocation !== undefined && <InvocationPayloads invocation={invocation} />}
        </>
      ) : (
        <RunPayloads node={node} />
      )}
    </div>
  );
}

function callsOf({ count, failed }: LineageNode): string | null {
  if (count === 1 && failed === 0) return null;
  return failed === 0 ? formatCount(count) : `${formatCount(count)}, ${formatCount(failed)} of them failed`;
}

function tokensOf({ input_tokens, output_tokens }: LineageNode): string | null {
  if (input_tokens + output_tokens === 0) return null;
  return `${formatCount(input_tokens)} in, ${formatCount(output_tokens)} out`;
}

export function Facts({ facts }: { facts: readonly (readonly [label: string, value: ReactNode])[] }) {
  const known = facts.filter(([, value]) => value !== null && value !== undefined);
  return (
    <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1.5 text-sm">
      {known.map(([label, value]) => (
        <div key={label} className="contents">
          <dt className="text-faint">{label}</dt>
          <dd className="tabular min-w-0 break-words text-text">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function NodeLinks({ node }: { node: LineageNode }) {
  const maySeeExternal = useCan('external_agents:read');
  const links = [
    node.type === 'external' && node.external_agent_id !== null && maySeeExternal && (
      <Link
        key="external"
        to="/dashboard/external-agents/$externalAgentId"
        params={{ externalAgentId: node.external_agent_id }}
      >
        Open the external agent
      </Link>
    ),
    node.execution_id !== null && (
      <Link
        key="execution"
        to="/dashboard/executions/$executionId"
        params={{ executionId: node.execution_id }}
        search={node.step_id === null ? {} : { step: node.step_id }}
      >
        {node.step_id === null ? 'Open the execution' : 'Open the step'}
      </Link>
    ),
    node.agent_id !== null && (node.type === 'agent' || node.type === 'sub_agent') && (
      <Link key="agent" to="/dashboard/agents/$agentId" params={{ agentId: node.agent_id }}>
        Open the agent
      </Link>
    ),
  ].filter((each) => each !== false);
  if (links.length === 0) return null;
  return (
    <div className="flex flex-wrap gap-2">
      {links.map((link) => (
        <Button key={link.key} asChild size="sm">
          {link}
        </Button>
      ))}
    </div>
  );
}

const STATES: Record<Exclude<Invocation['request_state'], 'whole'>, string> = {
  capped: `It is larger than the ${formatBytes(PAYLOAD_BYTES)} that are kept: this is its beginning.`,
  off: 'Requests and answers of this external agent are not recorded.',
  sampled_out: 'There were more calls than could be kept whole: its payload was left out.',
  expired: 'It was kept for as long as the organization keeps executions, and is gone now.',
};

function Payload({ title, value, state }: { title: string; value: JsonValue; state: Invocation['request_state'] }) {
  const missing = value === null && state !== 'whole';
  return (
    <div>
      <h4 className="mb-1.5 font-semibold text-sm">{title}</h4>
      {state !== 'whole' && <p className={cn('text-soft text-xs', !missing && 'mb-1.5')}>{STATES[state]}</p>}
      {!missing && <JsonView value={value} label={title.toLowerCase()} />}
    </div>
  );
}

function InvocationPayloads({ invocation }: { invocation: Invocation }) {
  return (
    <>
      <Payload title="Request" value={invocation.request_payload} state={invocation.request_state} />
      {invocation.status !== 'running' && (
        <Payload title="Response" value={invocation.response_payload} state={invocation.response_state} />
      )}
      {invocation.archived && <p className="text-faint text-xs">Read from the archive.</p>}
    </>
  );
}

/** Input and output of the execution or step that the node stands for, from where they are kept. */
function RunPayloads({ node }: { node: LineageNode }) {
  if (node.execution_id === null) return null;
  return node.step_id === null || node.type === 'agent' || node.type === 'sub_agent' ? (
    <ExecutionPayloads executionId={node.execution_id} />
  ) : (
    <StepPayloads executionId={node.execution_id} stepId={node.step_id} />
  );
}

function ExecutionPayloads({ executionId }: { executionId: string }) {
  const execution = useQuery(executionQuery(executionId));
  if (execution.error && execution.data === undefined) {
    return <ProblemCallout error={execution.error} onRetry={() => void execution.refetch()} />;
  }
  if (execution.data === undefined) return <Skeleton className="h-32 w-full" />;
  const { input, output, error } = execution.data;
  return <Payloads input={input} output={output} error={error?.message ?? null} />;
}

function StepPayloads({ executionId, stepId }: { executionId: string; stepId: string }) {
  const steps = useQuery(stepsQuery(executionId));
  if (steps.error && steps.data === undefined) {
    return <ProblemCallout error={steps.error} onRetry={() => void steps.refetch()} />;
  }
  if (steps.data === undefined) return <Skeleton className="h-32 w-full" />;
  const step = steps.data.steps.find(({ id }) => id === stepId);
  if (step === undefined) return <p className="text-sm text-soft">Its input and output are not kept any more.</p>;
  return <Payloads input={step.input} output={step.output} error={step.error?.message ?? null} />;
}

function Payloads({ input, output, error }: { input: JsonValue; output: JsonValue; error: string | null }) {
  return (
    <>
      {error !== null && (
        <p role="alert" className="rounded-lg border border-failed-solid/35 bg-failed-soft px-3 py-2 text-sm">
          {error}
        </p>
      )}
      <Payload title="Request" value={input} state="whole" />
      {output !== null && <Payload title="Response" value={output} state="whole" />}
    </>
  );
}
