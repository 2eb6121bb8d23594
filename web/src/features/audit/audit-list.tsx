import type { AuditEntry } from '@agentflow/contracts';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { Cog, KeyRound, ScrollText, SearchX, SquareArrowOutUpRight, UserRound } from 'lucide-react';
import { useState } from 'react';
import { EmptyState } from '@/components/empty-state.tsx';
import { Pager } from '@/components/pager.tsx';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { Table, TableCell, TableHead, TableRow } from '@/components/ui/table.tsx';
import { dayRange } from '@/lib/day-range.ts';
import { AuditFilters, type AuditSearch, isFiltered } from './audit-filters.tsx';
import { actorName, auditSentence } from './audit-sentence.ts';
import { AuditSheet } from './audit-sheet.tsx';
import { auditQuery } from './queries.ts';
import { resourceLink } from './resource-link.ts';
import { useResourceName } from './use-resource-name.ts';

export function AuditList({ search }: { search: AuditSearch }) {
  const navigate = useNavigate({ from: '/dashboard/audit' });
  const { from, to, cursor, ...filter } = search;
  const entries = useQuery({
    ...auditQuery({ ...filter, ...dayRange(from, to), cursor, limit: 50 }),
    placeholderData: keepPreviousData,
  });
  const nameOf = useResourceName();
  const [opened, setOpened] = useState<AuditEntry | null>(null);
  const rows = entries.data?.data;
  const nextCursor = entries.data?.next_cursor;

  if (rows?.length === 0 && !isFiltered(search) && cursor === undefined) {
    return (
      <EmptyState
        icon={ScrollText}
        title="Nothing has been changed yet"
        description="Whoever changes an agent, a member, a key or a setting leaves a line here: who, what, when and from where."
      />
    );
  }
  return (
    <>
      <AuditFilters search={search} />
      {entries.error && (
        <ProblemCallout error={entries.error} onRetry={() => void entries.refetch()} className="mb-3" />
      )}
      {rows?.length === 0 ? (
        <EmptyState icon={SearchX} title="No entry fits" description="Loosen a filter, or look at all of them.">
          <Button onClick={() => void navigate({ search: {} })}>Show all entries</Button>
        </EmptyState>
      ) : (
        <>
          <Table label="Audit log" className="md:min-w-180">
            <thead>
              <tr>
                <TableHead className="w-full">What happened</TableHead>
                <TableHead className="max-sm:hidden">On</TableHead>
                <TableHead className="max-lg:hidden">From</TableHead>
                <TableHead className="text-right">When</TableHead>
              </tr>
            </thead>
            <tbody>
              {rows === undefined && !entries.error && <LoadingRows />}
              {rows?.map((entry) => (
                <EntryRow key={entry.id} entry={entry} name={nameOf(entry)} onOpen={() => setOpened(entry)} />
              ))}
            </tbody>
          </Table>
          {rows !== undefined && (
            <Pager
              summary={`${rows.length} entries on this page`}
              cursor={cursor}
              next={nextCursor}
              onGo={(to) => void navigate({ search: (old) => ({ ...old, cursor: to }) })}
            />
          )}
        </>
      )}
      <AuditSheet entry={opened} onClose={() => setOpened(null)} />
    </>
  );
}

const ACTOR_ICONS = { user: UserRound, api_key: KeyRound, external_agent: SquareArrowOutUpRight, system: Cog } as const;
const ACTOR_WORDS = { user: 'Person', api_key: 'API key', external_agent: 'External agent', system: 'System' } as const;

interface EntryRowProps {
  entry: AuditEntry;
  /** What the changed thing is called. */
  name: string;
  onOpen: () => void;
}

function EntryRow({ entry, name, onOpen }: EntryRowProps) {
  const Icon = ACTOR_ICONS[entry.actor.type];
  const link = resourceLink(entry);
  return (
    <TableRow className="relative">
      <TableCell className="max-w-0 py-2">
        <div className="flex items-start gap-2.5">
          <Icon className="mt-0.5 size-4 shrink-0 text-faint" role="img" aria-label={ACTOR_WORDS[entry.actor.type]} />
          <div className="min-w-0">
            <button
              type="button"
              className="block max-w-full rounded-sm text-left before:absolute before:inset-0 sm:truncate"
              onClick={onOpen}
            >
              <span className="font-medium text-text">{actorName(entry)}</span> {auditSentence(entry)}
            </button>
            <code className="block truncate font-mono text-faint text-xs">{entry.action}</code>
          </div>
        </div>
      </TableCell>
      <TableCell className="whitespace-nowrap max-sm:hidden">
        {link === null ? (
          <span className="block max-w-44 truncate text-xs" title={entry.resource.id}>
            {name}
          </span>
        ) : (
          <Link
            {...link}
            className="relative block max-w-44 truncate rounded-sm text-accent-text text-xs underline-offset-4 hover:underline"
            title={entry.resource.id}
          >
            {name}
          </Link>
        )}
      </TableCell>
      <TableCell className="whitespace-nowrap max-lg:hidden">
        <code className="font-mono text-xs">{entry.ip}</code>
      </TableCell>
      <TableCell className="whitespace-nowrap text-right">
        <RelativeTime iso={entry.at} />
      </TableCell>
    </TableRow>
  );
}

function LoadingRows() {
  return ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((key) => (
    <TableRow key={key}>
      <TableCell className="py-2">
        <Skeleton className="h-4 w-64 max-w-full" />
        <Skeleton className="mt-1.5 h-3 w-28" />
      </TableCell>
      {['max-sm:hidden', 'max-lg:hidden', 'whitespace-nowrap'].map((hidden) => (
        <TableCell key={hidden} className={hidden}>
          <Skeleton className="ml-auto h-4 w-20" />
        </TableCell>
      ))}
    </TableRow>
  ));
}
