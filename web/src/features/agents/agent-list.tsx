import type { AgentStatus } from '@agentflow/contracts';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { Bot, FileUp, Play, Plus, SearchX } from 'lucide-react';
import { EmptyState } from '@/components/empty-state.tsx';
import { Pager } from '@/components/pager.tsx';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { SearchField } from '@/components/search-field.tsx';
import { StatusBadge } from '@/components/status-badge.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Select } from '@/components/ui/select.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { Table, TableCell, TableHead, TableRow } from '@/components/ui/table.tsx';
import { useCan } from '@/features/shell/queries.ts';
import { AgentMenu } from './agent-menu.tsx';
import { agentsQuery } from './queries.ts';

const STATUS_OPTIONS = [
  { value: 'all', label: 'Any status' },
  { value: 'active', label: 'Active' },
  { value: 'draft', label: 'Draft' },
  { value: 'paused', label: 'Paused' },
  { value: 'archived', label: 'Archived' },
] as const;

interface AgentListProps {
  status: AgentStatus | undefined;
  search: string | undefined;
  cursor: string | undefined;
  onCreate: () => void;
  onImport: () => void;
}

export function AgentList({ status, search, cursor, onCreate, onImport }: AgentListProps) {
  const navigate = useNavigate({ from: '/dashboard/agents' });
  const mayExecute = useCan('agents:execute');
  const agents = useQuery({ ...agentsQuery({ status, search, cursor, limit: 20 }), placeholderData: keepPreviousData });
  const filtered = status !== undefined || (search ?? '') !== '';

  const rows = agents.data?.data;
  const nextCursor = agents.data?.next_cursor;
  const isNew = rows?.length === 0 && !filtered && cursor === undefined;
  if (isNew) {
    return (
      <EmptyState
        icon={Bot}
        title="Your first agent"
        description="An agent is a graph of steps: language models, HTTP calls, decisions. Start from a small draft, or bring a file."
      >
        <Button variant="primary" onClick={onCreate}>
          <Plus aria-hidden="true" /> Create an agent
        </Button>
        <Button onClick={onImport}>
          <FileUp aria-hidden="true" /> Import a file
        </Button>
      </EmptyState>
    );
  }
  return (
    <>
      <div className="mb-3 flex flex-wrap gap-2">
        <SearchField
          value={search ?? ''}
          onSearch={(typed) =>
            void navigate({
              search: (old) => ({ ...old, search: typed === '' ? undefined : typed, cursor: undefined }),
              replace: true,
            })
          }
          label="Search agents by name"
          placeholder="Search by name"
        />
        <Select
          label="Status"
          className="w-36"
          value={status ?? 'all'}
          options={STATUS_OPTIONS}
          onValueChange={(next) =>
            void navigate({
              search: (old) => ({
                ...old,
                status: next === 'all' ? undefined : (next as AgentStatus),
                cursor: undefined,
              }),
            })
          }
        />
      </div>
      {agents.error && <ProblemCallout error={agents.error} onRetry={() => void agents.refetch()} className="mb-3" />}
      {rows?.length === 0 ? (
        <EmptyState icon={SearchX} title="No agent fits" description="Try another name, or look at all of them.">
          <Button onClick={() => void navigate({ search: {} })}>Show all agents</Button>
        </EmptyState>
      ) : (
        <>
          <Table label="Agents" className="md:min-w-160" aria-busy={agents.isFetching}>
            <thead>
              <tr>
                <TableHead className="w-full">Name</TableHead>
                <TableHead>Status</TableHead>
                <TableHead className="max-md:hidden">Live version</TableHead>
                <TableHead className="max-md:hidden">Changed</TableHead>
                <TableHead>
                  <span className="sr-only">Actions</span>
                </TableHead>
              </tr>
            </thead>
            <tbody>
              {rows === undefined && !agents.error && <LoadingRows />}
              {rows?.map((agent) => (
                <TableRow key={agent.id}>
                  <TableCell className="max-w-0 py-2">
                    <Link
                      to="/dashboard/agents/$agentId"
                      params={{ agentId: agent.id }}
                      className="block truncate rounded-sm font-medium text-text hover:text-accent-text"
                    >
                      {agent.name}
                    </Link>
                    {agent.description !== '' && <p className="truncate text-faint text-xs">{agent.description}</p>}
                  </TableCell>
                  <TableCell>
                    <StatusBadge status={agent.status} />
                  </TableCell>
                  <TableCell className="max-md:hidden">
                    {agent.live_version === null ? (
                      <span className="text-faint">none yet</span>
                    ) : (
                      `v${agent.live_version}`
                    )}
                  </TableCell>
                  <TableCell className="whitespace-nowrap max-md:hidden">
                    <RelativeTime iso={agent.updated_at} />
                  </TableCell>
                  <TableCell>
                    <div className="flex items-center justify-end gap-1">
                      {mayExecute && agent.status !== 'archived' && (
                        <Button asChild size="sm" className="max-sm:hidden">
                          <Link
                            to="/dashboard/agents/$agentId"
                            params={{ agentId: agent.id }}
                            search={{ tab: 'run' }}
                            aria-label={`Run ${agent.name}`}
                          >
                            <Play aria-hidden="true" /> Run
                          </Link>
                        </Button>
                      )}
                      <AgentMenu agent={agent} />
                    </div>
                  </TableCell>
                </TableRow>
              ))}
            </tbody>
          </Table>
          {rows !== undefined && (
            <Pager
              summary={`${rows.length} agents on this page`}
              cursor={cursor}
              next={nextCursor}
              onGo={(to) => void navigate({ search: (old) => ({ ...old, cursor: to }) })}
            />
          )}
        </>
      )}
    </>
  );
}

function LoadingRows() {
  return ['a', 'b', 'c', 'd', 'e'].map((key) => (
    <TableRow key={key}>
      <TableCell>
        <Skeleton className="h-4 w-48" />
      </TableCell>
      <TableCell>
        <Skeleton className="h-6 w-20 rounded-full" />
      </TableCell>
      <TableCell className="max-md:hidden">
        <Skeleton className="h-4 w-12" />
      </TableCell>
      <TableCell className="max-md:hidden">
        <Skeleton className="h-4 w-20" />
      </TableCell>
      <TableCell>
        <Skeleton className="ml-auto h-7 w-24" />
      </TableCell>
    </TableRow>
  ));
}
