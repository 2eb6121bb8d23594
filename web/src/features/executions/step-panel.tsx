import { type Execution, isTerminal, type JsonValue } from '@agentflow/contracts';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { CircleAlert, RotateCcw, SquareArrowOutUpRight } from 'lucide-react';
import type { ReactNode } from 'react';
import { CopyButton } from '@/components/copy-button.tsx';
import { JsonView } from '@/components/json-view.tsx';
import { NodeIcon, nodeTypeTitle } from '@/components/node-icon.tsx';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { StatusBadge } from '@/components/status-badge.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Card } from '@/components/ui/card.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { Tabs, TabsContent, TabsList, TabsTrigger } from '@/components/ui/tabs.tsx';
import { ApprovalQuestion } from '@/features/approvals/approval-question.tsx';
import { approvalOfStepQuery } from '@/features/approvals/queries.ts';
import { cn } from '@/lib/class-names.ts';
import { formatCount, formatDuration, formatExactTime, formatUsd, shortId } from '@/lib/format.ts';
import { callTitle, hasEnded, type ShownStep, type StreamedText } from './live-execution.ts';
import { logsQuery } from './queries.ts';
import { adviceOn } from './step-advice.ts';
import { blockedRequest, NotPerformed, WouldSend } from './would-send.tsx';

export type StepTab = 'output' | 'input' | 'attempts' | 'logs';

interface StepPanelProps {
  execution: Execution;
  step: ShownStep;
  streamed: StreamedText | undefined;
  tab: StepTab;
  onTab: (tab: StepTab) => void;
  /** Undefined where it can't be run again from here. */
  onRetry: (() => void) | undefined;
}

export function StepPanel({ execution, step, streamed, tab, onTab, onRetry }: StepPanelProps) {
  const { record } = step;
  const tokens = step.input_tokens + step.output_tokens;
  const facts = [
    nodeTypeTitle(step.node_type),
    record?.model,
    step.duration_ms !== null && formatDuration(step.duration_ms),
    tokens > 0 && `${formatCount(step.input_tokens)} → ${formatCount(step.output_tokens)} tokens`,
    tokens > 0 && formatUsd(step.cost_usd),
    record?.handle && record.handle !== 'out' && `left by “${record.handle}”`,
  ].filter((fact): fact is string => typeof fact === 'string' && fact !== '');
  const attempts = record?.attempts.length ?? 0;
  return (
    <Card aria-label={`Step ${step.node_name}`}>
      <div className="flex items-start gap-3 px-4 pt-3.5 pb-2">
        <NodeIcon type={step.node_type} className="size-8" />
        <div className="min-w-0 flex-1">
          <h2 className="flex flex-wrap items-center gap-x-2 font-semibold text-base">
            <span className="break-words">{[step.node_name, callTitle(step)].filter(Boolean).join(' · ')}</span>
            <code className="font-mono font-normal text-faint text-xs">{step.id}</code>
          </h2>
          <p className="tabular flex flex-wrap gap-x-2 text-faint text-xs">
            {facts.map((fact, index) => (
              <span key={fact}>
                {index > 0 && <span className="mr-2">·</span>}
                {fact}
              </span>
            ))}
          </p>
          {record?.reused_from != null && (
            <p className="text-faint text-xs">
              {record.reused_from === 'pinned' ? (
                'Pinned: its output was given, not computed'
              ) : (
                <>
                  Taken over from{' '}
                  <Link
                    to="/dashboard/executions/$executionId"
                    params={{ executionId: record.reused_from }}
                    search={{ step: step.id }}
                    className="rounded-sm text-accent-text hover:underline"
                  >
                    execution {shortId(record.reused_from)}
                  </Link>
                </>
              )}
            </p>
          )}
          {record?.child_execution_id != null && (
            <p className="text-xs">
              <Link
                to="/dashboard/executions/$executionId"
                params={{ executionId: record.child_execution_id }}
                className="rounded-sm text-accent-text hover:underline"
              >
                Open the execution that this step started
              </Link>
            </p>
          )}
        </div>
        <StatusBadge status={step.status} reason={record?.waiting_reason ?? null} />
      </div>
      <div className="flex flex-wrap gap-2 px-4 pb-2">
        {onRetry !== undefined && (
          <Button size="sm" onClick={onRetry}>
            <RotateCcw aria-hidden="true" /> Retry from here…
          </Button>
        )}
        <Button asChild size="sm" variant="ghost">
          <Link
            to="/dashboard/agents/$agentId"
            params={{ agentId: execution.agent_id }}
            search={{ tab: 'builder', node: step.node_id }}
          >
            <SquareArrowOutUpRight aria-hidden="true" /> Open in the builder
          </Link>
        </Button>
      </div>
      {step.error !== null && <StepError step={step} className="mx-4 mb-2" />}
      {step.status === 'waiting' && record?.waiting_reason === 'approval' && (
        <WaitingQuestion executionId={execution.id} stepId={step.id} />
      )}
      <Tabs value={tab} onValueChange={(next) => onTab(next as StepTab)}>
        <TabsList className="px-4" aria-label="Step">
          <TabsTrigger value="output">Output</TabsTrigger>
          <TabsTrigger value="input">Input</TabsTrigger>
          <TabsTrigger value="attempts">Attempts{attempts > 1 && ` (${attempts})`}</TabsTrigger>
          <TabsTrigger value="logs">Logs</TabsTrigger>
        </TabsList>
        <TabsContent value="output" className="p-4">
          <StepOutput step={step} streamed={streamed} />
        </TabsContent>
        <TabsContent value="input" className="p-4">
          {record?.input != null ? (
            <JsonView value={record.input} label="step input" />
          ) : (
            <Note>
              {step.status === 'pending' ? 'The step has not started.' : 'This step takes no input of its own.'}
            </Note>
          )}
        </TabsContent>
        <TabsContent value="attempts" className="p-4">
          <Attempts step={step} />
        </TabsContent>
        <TabsContent value="logs" className="p-4">
          <StepLogs execution={execution} step={step} />
        </TabsContent>
      </Tabs>
    </Card>
  );
}

/** What went wrong, and what to do about it. */
export function StepError({ step, className }: { step: ShownStep; className?: string }) {
  const { error, status } = step;
  if (error === null) return null;
  const advice = adviceOn(error.code);
  return (
    <div className={cn('flex gap-2 rounded-lg bg-failed-soft px-3 py-2 text-sm', className)}>
      <CircleAlert className="mt-0.5 size-4 shrink-0 text-failed" aria-hidden="true" />
      <div className="min-w-0">
        <p className="break-words text-text">{error.message}</p>
        {advice !== null && status !== 'waiting' && <p className="mt-0.5 text-soft">{advice}</p>}
        <p className="mt-0.5 text-soft text-xs">
          <code className="font-mono">{error.code}</code>
          {status === 'waiting' && ' · it will be tried again'}
        </p>
      </div>
    </div>
  );
}

/** What the step asks, with the same answer as on the page of approvals. */
export function WaitingQuestion({ executionId, stepId }: { executionId: string; stepId: string }) {
  const approval = useQuery(approvalOfStepQuery(executionId, stepId));
  return (
    <section aria-label="What it asks" className="border-line border-b px-4 pt-2 pb-4">
      {approval.data == null ? <Skeleton className="h-24 w-full" /> : <ApprovalQuestion id={approval.data} />}
    </section>
  );
}

function Note({ children }: { children: ReactNode }) {
  return <p className="py-6 text-center text-sm text-soft">{children}</p>;
}

/** The text of a model's answer, where the output has one. */
function proseOf(output: JsonValue | null): string | null {
  if (typeof output !== 'object' || output === null || Array.isArray(output)) return null;
  for (const field of ['text', 'summary']) {
    const value = output[field];
    if (typeof value === 'string' && value !== '') return value;
  }
  return null;
}

export function StepOutput({ step, streamed }: { step: ShownStep; streamed: StreamedText | undefined }) {
  const output = step.record?.output ?? null;
  if (step.status === 'completed' && step.record !== null) {
    const request = step.record.blocked ? blockedRequest(output) : null;
    // Its tree would show what the request hides.
    if (request !== null) return <WouldSend request={request} />;
    const prose = step.node_type.startsWith('ai.') ? proseOf(output) : null;
    return (
      <div className="flex flex-col gap-3">
        {step.record.blocked && <NotPerformed />}
        {prose !== null && <Prose text={prose} writing={false} />}
        <JsonView
          value={output}
          path={step.id === step.node_id ? `${step.node_id}.output` : undefined}
          label="step output"
        />
      </div>
    );
  }
  if (streamed !== undefined && streamed.text !== '') {
    return <Prose text={streamed.text} writing={step.status === 'running'} />;
  }
  if (step.status === 'completed') return <Skeleton className="h-24 w-full" />;
  if (output !== null) return <JsonView value={output} label="step output" />;
  if (step.status === 'skipped') return <Note>Skipped: no branch led here in this run.</Note>;
  if (hasEnded(step.status)) return <Note>It ended without an output.</Note>;
  if (step.status === 'pending') return <Note>The step has not started.</Note>;
  return (
    <Note>{step.status === 'waiting' ? 'It waits; the output shows here.' : 'Working… the output shows here.'}</Note>
  );
}

function Prose({ text, writing }: { text: string; writing: boolean }) {
  return (
    <div className="relative rounded-lg border border-line bg-sunken px-3.5 py-3">
      {!writing && <CopyButton value={text} label="Copy text" className="absolute top-1.5 right-1.5" />}
      <p className={cn('max-h-80 overflow-y-auto whitespace-pre-wrap break-words pr-6 text-base text-text leading-6')}>
        {text}
        {writing && (
          <span
            aria-hidden="true"
            className="ml-0.5 inline-block h-4 w-1.5 animate-pulse-soft bg-accent align-[-3px]"
          />
        )}
      </p>
    </div>
  );
}

export function Attempts({ step }: { step: ShownStep }) {
  const attempts = step.record?.attempts ?? [];
  if (attempts.length === 0) return <Note>No attempt is on record yet.</Note>;
  return (
    <ol className="flex flex-col gap-2">
      {attempts.map((attempt) => (
        <li key={attempt.attempt} className="rounded-lg border border-line px-3 py-2.5">
          <div className="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm">
            <span className="font-medium">Attempt {attempt.attempt}</span>
            <StatusBadge status={attempt.status} />
            <span className="tabular ml-auto text-faint text-xs" title={formatExactTime(attempt.started_at)}>
              {attempt.duration_ms === null ? 'running' : formatDuration(attempt.duration_ms)}
            </span>
          </div>
          {attempt.model !== null && (
            <p className="tabular mt-1 text-faint text-xs">
              {attempt.model} · {formatCount(attempt.input_tokens)} → {formatCount(attempt.output_tokens)} tokens ·{' '}
              {formatUsd(attempt.cost_usd)}
            </p>
          )}
          {attempt.error !== null && (
            <p className="mt-1 break-words text-failed text-xs">
              <code className="mr-1.5 font-mono">{attempt.error.code}</code>
              {attempt.error.message}
            </p>
          )}
        </li>
      ))}
    </ol>
  );
}

const LEVELS = { info: 'text-faint', warning: 'text-waiting', error: 'text-failed' } as const;

export function StepLogs({ execution, step }: { execution: Execution; step: ShownStep }) {
  const logs = useQuery(logsQuery(execution.id, !isTerminal(execution.status)));
  if (logs.error && logs.data === undefined) {
    return <ProblemCallout error={logs.error} onRetry={() => void logs.refetch()} />;
  }
  if (logs.data === undefined) return <Skeleton className="h-24 w-full" />;
  const lines = logs.data.filter((line) => line.node_id === step.node_id);
  if (lines.length === 0) return <Note>This step wrote no logs.</Note>;
  return (
    <ol className="flex max-h-96 flex-col gap-1 overflow-y-auto font-mono text-xs leading-5">
      {lines.map((line) => (
        <li key={line.seq} className="flex gap-2.5">
          <time dateTime={line.at} title={formatExactTime(line.at)} className="tabular shrink-0 text-faint">
            {line.at.slice(11, 23)}
          </time>
          <span className={cn('w-14 shrink-0', LEVELS[line.level])}>{line.level}</span>
          <span className="min-w-0 whitespace-pre-wrap break-words text-text">{line.message}</span>
        </li>
      ))}
    </ol>
  );
}
