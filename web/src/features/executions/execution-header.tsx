import { type Execution, isTerminal } from '@agentflow/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Ban, Copy, Ellipsis, FlaskConical, Network, RotateCcw } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { toast } from 'sonner';
import { CopyableId, copyText } from '@/components/copy-button.tsx';
import { Elapsed } from '@/components/elapsed.tsx';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { StatusBadge } from '@/components/status-badge.tsx';
import { Button } from '@/components/ui/button.tsx';
import { ConfirmDialog } from '@/components/ui/confirm-dialog.tsx';
import {
  DropdownMenu,
  DropdownMenuContent,
  DropdownMenuItem,
  DropdownMenuTrigger,
} from '@/components/ui/dropdown-menu.tsx';
import { projectQuery } from '@/features/projects/queries.ts';
import { useCan } from '@/features/shell/queries.ts';
import { api } from '@/lib/api.ts';
import { formatCount, formatUsd, shortId } from '@/lib/format.ts';
import { LiveDot } from './live-dot.tsx';
import type { ShownStep } from './live-execution.ts';
import { executionQuery, stepsKey } from './queries.ts';
import { useMayRetry, useRetry } from './retry.ts';
import type { ExecutionStream } from './use-execution-stream.ts';

interface ExecutionHeaderProps {
  execution: Execution;
  stream: ExecutionStream;
  following: boolean;
  steps: readonly ShownStep[];
}

export function ExecutionHeader({ execution, stream, following, steps }: ExecutionHeaderProps) {
  const queries = useQueryClient();
  const mayCancel = useCan('executions:cancel');
  const mayRetry = useMayRetry(execution);
  const retry = useRetry(execution);
  const [cancelling, setCancelling] = useState(false);
  const cancel = useMutation({
    mutationFn: () => api(`/executions/${execution.id}/cancel`, { method: 'POST', body: {} }),
    onSuccess: async () => {
      setCancelling(false);
      toast.success('The execution is being cancelled');
      await queries.invalidateQueries({ queryKey: executionQuery(execution.id).queryKey });
      await queries.invalidateQueries({ queryKey: stepsKey(execution.id) });
    },
  });
  const ended = isTerminal(execution.status);
  // While it runs the steps are ahead of the execution's record; afterwards the record is the truth.
  const sum = (of: (step: ShownStep) => number) => steps.reduce((total, step) => total + of(step), 0);
  const inputTokens = ended ? execution.input_tokens : sum((step) => step.input_tokens);
  const outputTokens = ended ? execution.output_tokens : sum((step) => step.output_tokens);
  const cost = ended ? execution.cost_usd : sum((step) => step.cost_usd);
  const copy = (value: string, what: string) => async () => {
    if (await copyText(value)) toast.success(`${what} copied`);
  };
  return (
    <header className="mb-4">
      <div className="flex flex-wrap items-start gap-x-3 gap-y-2">
        <div className="min-w-0 flex-1 basis-64">
          <div className="flex flex-wrap items-center gap-x-3 gap-y-1.5">
            <h1 className="min-w-0 truncate font-semibold text-xl tracking-tight">
              <Link
                to="/dashboard/agents/$agentId"
                params={{ agentId: execution.agent_id }}
                className="rounded-sm hover:text-accent-text"
              >
                {execution.agent_name}
              </Link>
            </h1>
            <StatusBadge status={execution.status} reason={execution.waiting_reason} />
            {execution.mode === 'test' && (
              <span className="inline-flex h-6 items-center gap-1.5 rounded-full bg-idle-soft px-2 font-medium text-idle text-xs">
                <FlaskConical className="size-3.5" aria-hidden="true" /> Test, no side effects
              </span>
            )}
            {following && !ended && <LiveDot connection={stream.connection} heardAt={stream.heardAt} />}
          </div>
          <p className="mt-1 text-sm text-soft">
            Started <RelativeTime iso={execution.created_at} /> by {execution.triggered_by.name}
            {execution.triggered_by.type === 'api_key' && ' (API key)'}
            <span aria-hidden="true" className="mx-1.5 text-faint">
              ·
            </span>
            <CopyableId id={execution.id} short={shortId(execution.id)} />
            {execution.project_id !== null && <ProjectNote projectId={execution.project_id} />}
            {execution.parent_execution_id !== null && (
              <>
                <span aria-hidden="true" className="mx-1.5 text-faint">
                  ·
                </span>
                {execution.trigger === 'failure' ? 'handles the failure of ' : 'started by '}
                <Link
                  to="/dashboard/executions/$executionId"
                  params={{ executionId: execution.parent_execution_id }}
                  className="rounded-sm text-accent-text hover:underline"
                >
                  execution {shortId(execution.parent_execution_id)}
                </Link>
              </>
            )}
            {execution.retry_of !== null && (
              <>
                <span aria-hidden="true" className="mx-1.5 text-faint">
                  ·
                </span>
                retry of{' '}
                <Link
                  to="/dashboard/executions/$executionId"
                  params={{ executionId: execution.retry_of }}
                  className="rounded-sm text-accent-text hover:underline"
                >
                  execution {shortId(execution.retry_of)}
                </Link>
              </>
            )}
          </p>
        </div>
        <div className="flex items-center gap-2">
          {ended && execution.status !== 'completed' && mayRetry && (
            <Button busy={retry.isPending} onClick={() => retry.mutate({})}>
              <RotateCcw aria-hidden="true" /> Retry
            </Button>
          )}
          {!ended && mayCancel && (
            <Button onClick={() => setCancelling(true)}>
              <Ban aria-hidden="true" /> Cancel
            </Button>
          )}
          <Button asChild>
            <Link to="." search={(old) => ({ ...old, lineage: 'open' })} resetScroll={false}>
              <Network aria-hidden="true" /> Lineage
            </Link>
          </Button>
          <DropdownMenu>
            <DropdownMenuTrigger asChild>
              <Button size="icon" aria-label="More">
                <Ellipsis aria-hidden="true" />
              </Button>
            </DropdownMenuTrigger>
            <DropdownMenuContent align="end">
              <DropdownMenuItem onSelect={() => void copy(execution.id, 'Execution id')()}>
                <Copy aria-hidden="true" /> Copy execution id
              </DropdownMenuItem>
              <DropdownMenuItem onSelect={() => void copy(execution.agent_id, 'Agent id')()}>
                <Copy aria-hidden="true" /> Copy agent id
              </DropdownMenuItem>
              <DropdownMenuItem onSelect={() => void copy(execution.trace_id, 'Trace id')()}>
                <Copy aria-hidden="true" /> Copy trace id
              </DropdownMenuItem>
              <DropdownMenuItem onSelect={() => void copy(location.href, 'Link')()}>
                <Copy aria-hidden="true" /> Copy link to this view
              </DropdownMenuItem>
            </DropdownMenuContent>
          </DropdownMenu>
        </div>
      </div>
      <dl className="mt-4 grid grid-cols-2 overflow-hidden rounded-xl border border-line bg-surface shadow-card sm:grid-cols-4 [&>div]:border-line max-sm:[&>div:nth-child(n+3)]:border-t max-sm:[&>div:nth-child(even)]:border-l sm:[&>div:not(:first-child)]:border-l">
        <Figure label="Duration">
          <Elapsed startedAt={execution.started_at} durationMs={ended ? execution.duration_ms : null} />
        </Figure>
        <Figure label="Version">{execution.version === null ? 'Draft' : `v${execution.version}`}</Figure>
        <Figure label="Tokens in → out">
          {formatCount(inputTokens)} <span className="font-normal text-faint">→</span> {formatCount(outputTokens)}
        </Figure>
        <Figure label="Cost">{formatUsd(cost)}</Figure>
      </dl>
      {retry.error && <ProblemCallout error={retry.error} className="mt-3" />}
      <ConfirmDialog
        open={cancelling && !ended}
        onOpenChange={setCancelling}
        title="Cancel this execution?"
        description="Steps that run now are stopped, and what comes after them does not start. Finished steps keep their results. This cannot be undone."
        confirmLabel="Cancel execution"
        danger
        busy={cancel.isPending}
        error={cancel.error}
        onConfirm={() => cancel.mutate()}
      />
    </header>
  );
}

function ProjectNote({ projectId }: { projectId: string }) {
  const project = useQuery(projectQuery(projectId)).data;
  return (
    <>
      <span aria-hidden="true" className="mx-1.5 text-faint">
        ·
      </span>
      in project{' '}
      <Link
        to="/dashboard/projects/$projectId"
        params={{ projectId }}
        className="rounded-sm text-accent-text hover:underline"
      >
        {project?.value.name ?? shortId(projectId)}
      </Link>
    </>
  );
}

function Figure({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className="px-4 py-2.5">
      <dt className="text-faint text-xs">{label}</dt>
      <dd className="tabular font-semibold text-lg text-text">{children}</dd>
    </div>
  );
}
