import { CONTEXT_LIMITS, type ContextEntrySummary, type Project } from '@agentflow/contracts';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Braces, Handshake, Plus, SearchX } from 'lucide-react';
import { useState } from 'react';
import { CopyButton } from '@/components/copy-button.tsx';
import { EmptyState } from '@/components/empty-state.tsx';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { SearchField } from '@/components/search-field.tsx';
import { ShowMore } from '@/components/show-more.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { Table, TableCell, TableHead, TableRow } from '@/components/ui/table.tsx';
import { useActorName } from '@/features/settings/use-actor-name.ts';
import { formatCount } from '@/lib/format.ts';
import { AddContextEntryDialog } from './context-entry-dialog.tsx';
import { ContextEntrySheet } from './context-entry-sheet.tsx';
import { contextExpression, handoffTarget } from './context-expression.ts';
import { contextQuery } from './queries.ts';
import { useAgentName } from './use-agent-name.ts';

interface SharedContextProps {
  project: Project;
  mayWrite: boolean;
  openedKey: string | undefined;
}

/** The values that the project's executions share, with one of them beside the list. */
export function SharedContext({ project, mayWrite, openedKey }: SharedContextProps) {
  const navigate = useNavigate({ from: '/dashboard/projects/$projectId' });
  const [search, setSearch] = useState('');
  const [adding, setAdding] = useState(false);
  const entries = useInfiniteQuery({ ...contextQuery(project.id, search), placeholderData: keepPreviousData });
  const rows = entries.data?.pages.flatMap((page) => page.data);
  const open = (key: string | undefined) =>
    void navigate({ search: { tab: 'context', key }, replace: key === undefined, resetScroll: false });
  const addButton = (
    <Button variant="primary" onClick={() => setAdding(true)}>
      <Plus aria-hidden="true" /> Add value
    </Button>
  );
  return (
    <>
      {entries.error && (
        <ProblemCallout error={entries.error} onRetry={() => void entries.refetch()} className="mb-3" />
      )}
      {rows?.length === 0 && search === '' ? (
        <EmptyState
          icon={Braces}
          title="Nothing is shared yet"
          description={
            project.archived_at === null ? (
              <>
                What one execution leaves here, another reads as{' '}
                <code className="font-mono text-xs">{'{{context.key}}'}</code>. Each value has a time to live, an hour
                when nothing else is said.
              </>
            ) : (
              'Archiving the project has deleted its values.'
            )
          }
        >
          {mayWrite && addButton}
        </EmptyState>
      ) : (
        <>
          <div className="mb-3 flex flex-wrap items-center gap-2">
            <SearchField value={search} onSearch={setSearch} label="Search keys" placeholder="Search by key" />
            <span className="flex-1" />
            {mayWrite && addButton}
          </div>
          {rows?.length === 0 ? (
            <EmptyState icon={SearchX} title="No key fits" description="Try another part of it, or look at all keys.">
              <Button onClick={() => setSearch('')}>Show all keys</Button>
            </EmptyState>
          ) : (
            <ContextTable rows={rows} onOpen={open} />
          )}
          <ShowMore list={entries}>Show more keys</ShowMore>
          <p className="mt-2 text-faint text-xs">
            At most {formatCount(CONTEXT_LIMITS.keys)} keys, each with up to{' '}
            {formatCount(CONTEXT_LIMITS.value_characters)} characters of JSON.
          </p>
        </>
      )}
      <ContextEntrySheet
        projectId={project.id}
        mayWrite={mayWrite}
        openedKey={openedKey}
        onClose={() => open(undefined)}
      />
      {adding && (
        <AddContextEntryDialog
          projectId={project.id}
          onClose={() => setAdding(false)}
          onSaved={() => setAdding(false)}
        />
      )}
    </>
  );
}

function ContextTable({
  rows,
  onOpen,
}: {
  rows: readonly ContextEntrySummary[] | undefined;
  onOpen: (key: string) => void;
}) {
  const nameOf = useActorName();
  const agentName = useAgentName();
  return (
    <Table label="Shared context" className="md:min-w-180">
      <thead>
        <tr>
          <TableHead className="max-md:w-full">Key</TableHead>
          <TableHead className="w-full max-md:hidden">Value</TableHead>
          <TableHead className="text-right max-sm:hidden">Version</TableHead>
          <TableHead>Expires</TableHead>
          <TableHead className="max-lg:hidden">Written</TableHead>
          <TableHead>
            <span className="sr-only">Actions</span>
          </TableHead>
        </tr>
      </thead>
      <tbody>
        {rows === undefined && <LoadingRows />}
        {rows?.map((entry) => {
          const target = handoffTarget(entry.key);
          return (
            <TableRow key={entry.key} className="relative">
              <TableCell className="max-w-56 py-2 max-md:max-w-0">
                <button
                  type="button"
                  className="block max-w-full truncate rounded-sm text-left font-medium font-mono text-text text-xs before:absolute before:inset-0"
                  title={entry.key}
                  onClick={() => onOpen(entry.key)}
                >
                  {entry.key}
                </button>
                {target !== null && (
                  <span className="mt-0.5 flex items-center gap-1 text-faint text-xs">
                    <Handshake className="size-3.5 shrink-0" aria-hidden="true" />
                    <span className="truncate">Handoff to {agentName(target)}</span>
                  </span>
                )}
                <code className="block truncate font-mono text-faint text-xs md:hidden">{entry.preview}</code>
              </TableCell>
              <TableCell className="max-w-0 max-md:hidden">
                <code className="block truncate font-mono text-xs">
                  {entry.preview}
                  {entry.characters > entry.preview.length && '…'}
                </code>
              </TableCell>
              <TableCell className="text-right max-sm:hidden">{formatCount(entry.version)}</TableCell>
              <TableCell className="whitespace-nowrap">
                <RelativeTime iso={entry.expires_at} />
              </TableCell>
              <TableCell className="max-w-44 whitespace-nowrap py-2 max-lg:hidden">
                <span className="block truncate">{nameOf(entry.updated_by)}</span>
                <RelativeTime iso={entry.updated_at} className="text-faint text-xs" />
              </TableCell>
              <TableCell className="text-right">
                <CopyButton
                  value={contextExpression(entry.key)}
                  label={`Copy ${contextExpression(entry.key)}`}
                  className="relative"
                />
              </TableCell>
            </TableRow>
          );
        })}
      </tbody>
    </Table>
  );
}

function LoadingRows() {
  return ['a', 'b', 'c', 'd'].map((key) => (
    <TableRow key={key}>
      <TableCell>
        <Skeleton className="h-4 w-24" />
      </TableCell>
      <TableCell className="max-md:hidden">
        <Skeleton className="h-4 w-64 max-w-full" />
      </TableCell>
      {['max-sm:hidden', 'whitespace-nowrap', 'max-lg:hidden', 'text-right'].map((hidden) => (
        <TableCell key={hidden} className={hidden}>
          <Skeleton className="ml-auto h-4 w-14" />
        </TableCell>
      ))}
    </TableRow>
  ));
}
