import type { ApprovalSummary } from '@agentflow/contracts';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { ClipboardCheck, ClipboardList, UserCheck } from 'lucide-react';
import { EmptyState } from '@/components/empty-state.tsx';
import { moveBetweenRows } from '@/components/move-between-rows.ts';
import { Pager } from '@/components/pager.tsx';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { ApprovalBadge } from '@/components/status-badge.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { Table, TableCell, TableHead, TableRow } from '@/components/ui/table.tsx';
import { Tabs, TabsContent, TabsList, TabsTrigger } from '@/components/ui/tabs.tsx';
import { whomWords } from './approval-question.tsx';
import { ApprovalSheet } from './approval-sheet.tsx';
import { approvalsQuery, waitingForMeQuery } from './queries.ts';

export type ApprovalTab = 'pending' | 'decided';

interface ApprovalListProps {
  tab: ApprovalTab;
  cursor: string | undefined;
  /** Shown beside the list. */
  opened: string | undefined;
}

/** What waits, and what was decided; rows by keys, the opened one in the address. */
export function ApprovalList({ tab, cursor, opened }: ApprovalListProps) {
  const navigate = useNavigate({ from: '/dashboard/approvals' });
  const approvals = useQuery({
    ...approvalsQuery({ status: tab, cursor, limit: 25 }),
    placeholderData: keepPreviousData,
  });
  const mine = useQuery(waitingForMeQuery).data?.data.length ?? 0;
  const rows = approvals.data?.data;
  const next = approvals.data?.next_cursor;
  return (
    <>
      <Tabs
        value={tab}
        onValueChange={(value) => void navigate({ search: { status: value === 'decided' ? 'decided' : undefined } })}
      >
        <TabsList aria-label="Approvals" className="mb-3">
          <TabsTrigger value="pending">
            Pending
            {mine > 0 && (
              <span className="tabular rounded-full bg-waiting-soft px-1.5 text-waiting text-xs">{mine} for you</span>
            )}
          </TabsTrigger>
          <TabsTrigger value="decided">Decided</TabsTrigger>
        </TabsList>
        <TabsContent value={tab}>
          {approvals.error && (
            <ProblemCallout error={approvals.error} onRetry={() => void approvals.refetch()} className="mb-3" />
          )}
          {rows?.length === 0 && cursor === undefined ? <Nothing tab={tab} /> : <ApprovalTable rows={rows} tab={tab} />}
          {rows !== undefined && (
            <Pager
              summary={`${rows.length} approvals on this page`}
              cursor={cursor}
              next={next}
              onGo={(to) => void navigate({ search: (old) => ({ ...old, cursor: to }) })}
            />
          )}
        </TabsContent>
      </Tabs>
      <ApprovalSheet
        id={opened}
        onMove={(by) => {
          const at = rows?.findIndex(({ id }) => id === opened) ?? -1;
          const target = at < 0 ? undefined : rows?.[at + by];
          if (target !== undefined)
            void navigate({ search: (old) => ({ ...old, approval: target.id }), resetScroll: false, replace: true });
        }}
        onClose={() => void navigate({ search: (old) => ({ ...old, approval: undefined }), resetScroll: false })}
      />
    </>
  );
}

function Nothing({ tab }: { tab: ApprovalTab }) {
  return tab === 'pending' ? (
    <EmptyState
      icon={ClipboardCheck}
      title="Nothing waits for a decision"
      description="An agent with an Approval or a Form step stops there until a person has decided. What it asks shows here, with exactly what will be done."
    >
      <Button asChild variant="primary">
        <Link to="/dashboard/agents">Go to the agents</Link>
      </Button>
    </EmptyState>
  ) : (
    <EmptyState
      icon={ClipboardCheck}
      title="Nothing has been decided yet"
      description="Every decision stays here with who made it, when, and what they said."
    />
  );
}

/** What is pending all waits: on a phone the question needs the room more. */
function statusClass(tab: ApprovalTab): string | undefined {
  return tab === 'pending' ? 'max-sm:hidden' : undefined;
}

function ApprovalTable({ rows, tab }: { rows: readonly ApprovalSummary[] | undefined; tab: ApprovalTab }) {
  return (
    <Table label="Approvals" onKeyDown={moveBetweenRows}>
      <thead>
        <tr>
          <TableHead className={statusClass(tab)}>Status</TableHead>
          <TableHead className="w-full">Question</TableHead>
          <TableHead className="max-md:hidden">Agent</TableHead>
          <TableHead className="max-lg:hidden">{tab === 'pending' ? 'Waits for' : 'Decided by'}</TableHead>
          {tab === 'pending' && <TableHead className="max-sm:hidden">Deadline</TableHead>}
          <TableHead className="text-right">{tab === 'pending' ? 'Asked' : 'Decided'}</TableHead>
        </tr>
      </thead>
      <tbody>
        {rows === undefined
          ? ['a', 'b', 'c', 'd'].map((key) => <LoadingRow key={key} tab={tab} />)
          : rows.map((approval) => <ApprovalRow key={approval.id} approval={approval} tab={tab} />)}
      </tbody>
    </Table>
  );
}

function ApprovalRow({ approval, tab }: { approval: ApprovalSummary; tab: ApprovalTab }) {
  const Icon = approval.kind === 'form' ? ClipboardList : UserCheck;
  return (
    <TableRow>
      <TableCell className={statusClass(tab)}>
        <ApprovalBadge status={approval.status} />
      </TableCell>
      <TableCell className="max-w-0 py-2">
        <Link
          from="/dashboard/approvals"
          to="/dashboard/approvals"
          search={(old) => ({ ...old, approval: approval.id })}
          resetScroll={false}
          data-row=""
          className="block rounded-sm text-text hover:text-accent-text"
        >
          <span className="flex items-center gap-1.5 font-medium">
            <Icon className="size-3.5 shrink-0 text-faint" aria-hidden="true" />
            <span className="truncate">{approval.title}</span>
            {approval.mode === 'test' && <span className="font-normal text-faint text-xs">test</span>}
          </span>
          <span className="block truncate text-soft text-xs">{approval.message}</span>
        </Link>
      </TableCell>
      <TableCell className="max-w-48 truncate max-md:hidden">{approval.agent_name}</TableCell>
      <TableCell className="max-w-56 truncate max-lg:hidden">
        {tab === 'decided' ? (approval.decided_by?.name ?? '–') : approval.may_decide ? 'you' : whomWords(approval)}
      </TableCell>
      {tab === 'pending' && (
        <TableCell className="whitespace-nowrap max-sm:hidden">
          {approval.expires_at === null ? (
            <span className="text-faint">–</span>
          ) : (
            <RelativeTime iso={approval.expires_at} />
          )}
        </TableCell>
      )}
      <TableCell className="whitespace-nowrap text-right">
        <RelativeTime iso={approval.decided_at ?? approval.requested_at} />
      </TableCell>
    </TableRow>
  );
}

function LoadingRow({ tab }: { tab: ApprovalTab }) {
  return (
    <TableRow>
      <TableCell className={statusClass(tab)}>
        <Skeleton className="h-6 w-20 rounded-full" />
      </TableCell>
      <TableCell>
        <Skeleton className="h-4 w-48" />
      </TableCell>
      <TableCell className="max-md:hidden">
        <Skeleton className="h-4 w-24" />
      </TableCell>
      <TableCell className="max-lg:hidden">
        <Skeleton className="h-4 w-24" />
      </TableCell>
      {tab === 'pending' && (
        <TableCell className="max-sm:hidden">
          <Skeleton className="h-4 w-16" />
        </TableCell>
      )}
      <TableCell>
        <Skeleton className="ml-auto h-4 w-16" />
      </TableCell>
    </TableRow>
  );
}
