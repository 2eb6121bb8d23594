import type { ContextEntry } from '@agentflow/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Hourglass, Pencil, Trash2, X } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { toast } from 'sonner';
import { CopyButton } from '@/components/copy-button.tsx';
import { EmptyState } from '@/components/empty-state.tsx';
import { JsonView } from '@/components/json-view.tsx';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { Button } from '@/components/ui/button.tsx';
import { ConfirmDialog } from '@/components/ui/confirm-dialog.tsx';
import { Sheet } from '@/components/ui/sheet.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { useActorName } from '@/features/settings/use-actor-name.ts';
import { api, RequestFailure } from '@/lib/api.ts';
import { formatCount, formatExactTime, shortId } from '@/lib/format.ts';
import { extendPath } from '@/lib/json-path.ts';
import { EditContextEntryDialog } from './context-entry-dialog.tsx';
import { contextExpression, type HandoffValue, handoffTarget, readHandoff } from './context-expression.ts';
import { contextEntryQuery, contextKey, entryPath } from './queries.ts';
import { useAgentName } from './use-agent-name.ts';

interface ContextEntrySheetProps {
  projectId: string;
  mayWrite: boolean;
  openedKey: string | undefined;
  onClose: () => void;
}

/** One value of the shared context with all that is known of it. */
export function ContextEntrySheet({ openedKey, onClose, ...rest }: ContextEntrySheetProps) {
  return (
    <Sheet
      open={openedKey !== undefined}
      onOpenChange={(open) => !open && onClose()}
      title={`Value of ${openedKey ?? ''}`}
      side="right"
    >
      {openedKey !== undefined && <Entry key={openedKey} entryKey={openedKey} onClose={onClose} {...rest} />}
    </Sheet>
  );
}

interface EntryProps {
  projectId: string;
  entryKey: string;
  mayWrite: boolean;
  onClose: () => void;
}

function Entry({ projectId, entryKey, mayWrite, onClose }: EntryProps) {
  const queries = useQueryClient();
  const entry = useQuery(contextEntryQuery(projectId, entryKey));
  const agentName = useAgentName();
  const target = handoffTarget(entryKey);
  const [editing, setEditing] = useState<ContextEntry | null>(null);
  const [deleting, setDeleting] = useState<ContextEntry | null>(null);
  const remove = useMutation({
    mutationFn: ({ version }: ContextEntry) =>
      api(`${entryPath(projectId, entryKey)}?if_version=${version}`, { method: 'DELETE' }),
    onSuccess: () => {
      onClose();
      toast.success(`${entryKey} is deleted`);
    },
    onSettled: () => queries.invalidateQueries({ queryKey: contextKey(projectId) }),
  });
  const isGone = entry.error instanceof RequestFailure && entry.error.status === 404;
  const shown = isGone ? undefined : entry.data;
  return (
    <>
      <div className="border-line border-b px-5 py-4">
        <div className="flex items-start gap-3">
          <h2 className="min-w-0 flex-1 break-words font-semibold text-base">
            {target === null ? (
              <span className="break-all font-mono">{entryKey}</span>
            ) : (
              `Handoff to ${agentName(target)}`
            )}
          </h2>
          <Button variant="ghost" size="icon-sm" aria-label="Close" className="-mr-1.5" onClick={onClose}>
            <X aria-hidden="true" />
          </Button>
        </div>
        <div className="mt-1 flex flex-wrap items-center gap-2">
          <div className="flex min-w-0 flex-1 basis-48 items-center gap-1 text-faint text-xs">
            <code className="truncate font-mono" title={contextExpression(entryKey)}>
              {contextExpression(entryKey)}
            </code>
            <CopyButton value={contextExpression(entryKey)} label={`Copy ${contextExpression(entryKey)}`} />
          </div>
          {mayWrite && shown !== undefined && (
            <div className="flex gap-2">
              <Button size="sm" onClick={() => setEditing(shown)}>
                <Pencil aria-hidden="true" /> Edit
              </Button>
              <Button
                size="sm"
                onClick={() => {
                  remove.reset();
                  setDeleting(shown);
                }}
              >
                <Trash2 aria-hidden="true" /> Delete
              </Button>
            </div>
          )}
        </div>
      </div>
      <div className="flex min-h-0 flex-1 flex-col gap-5 overflow-y-auto px-5 py-4">
        {isGone ? (
          <EmptyState
            icon={Hourglass}
            title="This value is gone"
            description="Its time was over, or somebody has deleted it."
            className="py-10"
          >
            <Button onClick={onClose}>Back to the list</Button>
          </EmptyState>
        ) : entry.error && shown === undefined ? (
          <ProblemCallout error={entry.error} onRetry={() => void entry.refetch()} />
        ) : shown === undefined ? (
          <Skeleton className="h-48 w-full" />
        ) : (
          <EntryDetails entry={shown} />
        )}
      </div>
      {editing !== null && (
        <EditContextEntryDialog entry={editing} onClose={() => setEditing(null)} onSaved={() => setEditing(null)} />
      )}
      <ConfirmDialog
        open={deleting !== null}
        onOpenChange={(open) => !open && setDeleting(null)}
        title={`Delete ${entryKey}?`}
        description="Executions that read it from now on find nothing there. A deleted value cannot be brought back."
        confirmLabel="Delete value"
        danger
        busy={remove.isPending}
        error={remove.error}
        onConfirm={() => deleting !== null && remove.mutate(deleting)}
      />
    </>
  );
}

function EntryDetails({ entry }: { entry: ContextEntry }) {
  const nameOf = useActorName();
  const target = handoffTarget(entry.key);
  const handoff = target === null ? null : readHandoff(entry.value);
  return (
    <>
      {handoff === null || target === null ? (
        <JsonView value={entry.value} path={extendPath('context', entry.key)} label="Value" />
      ) : (
        <Handoff handoff={handoff} target={target} by={nameOf(entry.updated_by)} />
      )}
      <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-6 gap-y-2 text-sm">
        <Fact name="Expires">
          <RelativeTime iso={entry.expires_at} />{' '}
          <span className="text-faint">({formatExactTime(entry.expires_at)})</span>
        </Fact>
        <Fact name="Written">
          <RelativeTime iso={entry.updated_at} /> by {nameOf(entry.updated_by)}
        </Fact>
        <Fact name="Version">{formatCount(entry.version)}</Fact>
        <Fact name="Size">{formatCount(JSON.stringify(entry.value).length)} characters of JSON</Fact>
      </dl>
    </>
  );
}

function Handoff({ handoff, target, by }: { handoff: HandoffValue; target: string; by: string }) {
  const agentName = useAgentName();
  return (
    <section aria-label="Handoff" className="flex flex-col gap-4">
      <p className="text-sm text-soft">
        {handoff.from === null ? by : <AgentLink id={handoff.from} name={agentName(handoff.from)} />} hands over to{' '}
        <AgentLink id={target} name={agentName(target)} />
        {handoff.execution_id !== null && (
          <>
            {' '}
            from{' '}
            <Link
              to="/dashboard/executions/$executionId"
              params={{ executionId: handoff.execution_id }}
              className="rounded-sm text-accent-text hover:underline"
            >
              execution {shortId(handoff.execution_id)}
            </Link>
          </>
        )}
        .
      </p>
      <div>
        <h3 className="mb-1.5 font-medium text-sm">Instructions</h3>
        <p className="whitespace-pre-wrap break-words rounded-lg border border-line bg-sunken px-3 py-2.5 text-sm text-text">
          {handoff.instructions}
        </p>
      </div>
      <div>
        <h3 className="mb-1.5 font-medium text-sm">What it needs to know</h3>
        <JsonView
          value={handoff.context}
          path={extendPath(extendPath('context', `handoff:${target}`), 'context')}
          label="Context of the handoff"
        />
      </div>
    </section>
  );
}

function AgentLink({ id, name }: { id: string; name: string }) {
  return (
    <Link
      to="/dashboard/agents/$agentId"
      params={{ agentId: id }}
      className="rounded-sm font-medium text-accent-text hover:underline"
    >
      {name}
    </Link>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt className="text-faint">{name}</dt>
      <dd className="tabular min-w-0 break-words text-text">{children}</dd>
    </>
  );
}
