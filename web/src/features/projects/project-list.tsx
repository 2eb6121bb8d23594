import type { ProjectSummary } from '@agentflow/contracts';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { FolderKanban, Plus, SearchX } from 'lucide-react';
import { EmptyState } from '@/components/empty-state.tsx';
import { FilterRow } from '@/components/filter-row.tsx';
import { Pager } from '@/components/pager.tsx';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { Table, TableCell, TableHead, TableRow } from '@/components/ui/table.tsx';
import { useCan } from '@/features/shell/queries.ts';
import { formatValues } from '@/lib/format.ts';
import { projectsQuery } from './queries.ts';

const STATE_OPTIONS = [{ label: 'Open' }, { value: 'archived', label: 'Archived' }];

interface ProjectListProps {
  search: string | undefined;
  archived: boolean;
  cursor: string | undefined;
  onCreate: () => void;
}

export function ProjectList({ search, archived, cursor, onCreate }: ProjectListProps) {
  const navigate = useNavigate({ from: '/dashboard/projects' });
  const mayWrite = useCan('projects:write');
  const projects = useQuery({
    ...projectsQuery({ search, archived: archived ? 'true' : 'false', cursor, limit: 20 }),
    placeholderData: keepPreviousData,
  });
  const filtered = archived || (search ?? '') !== '';
  const rows = projects.data?.data;

  if (rows?.length === 0 && !filtered && cursor === undefined) {
    return (
      <EmptyState
        icon={FolderKanban}
        title="No projects yet"
        description="A project groups the executions that belong to one piece of work: they share values while they run, and their cost stands together."
      >
        {mayWrite && (
          <Button variant="primary" onClick={onCreate}>
            <Plus aria-hidden="true" /> Create a project
          </Button>
        )}
      </EmptyState>
    );
  }
  return (
    <>
      <FilterRow
        search={{
          value: search,
          label: 'Search projects by name',
          onSearch: (typed) =>
            void navigate({ search: (old) => ({ ...old, search: typed, cursor: undefined }), replace: true }),
        }}
        filters={[
          {
            label: 'State',
            value: archived ? 'archived' : undefined,
            options: STATE_OPTIONS,
            onChoose: (next) =>
              void navigate({
                search: (old) => ({ ...old, state: next === 'archived' ? next : undefined, cursor: undefined }),
              }),
            className: 'w-32',
          },
        ]}
      />
      {projects.error && (
        <ProblemCallout error={projects.error} onRetry={() => void projects.refetch()} className="mb-3" />
      )}
      {rows?.length === 0 ? (
        <EmptyState
          icon={SearchX}
          title={archived && (search ?? '') === '' ? 'No project is archived' : 'No project fits'}
          description="Try another name, or look at all that are open."
        >
          <Button onClick={() => void navigate({ search: {} })}>Show open projects</Button>
        </EmptyState>
      ) : (
        <>
          <Table label="Projects" className="md:min-w-160" aria-busy={projects.isFetching}>
            <thead>
              <tr>
                <TableHead className="w-full">Name</TableHead>
                <TableHead className="max-sm:hidden">Shared context</TableHead>
                <TableHead>Last execution</TableHead>
                <TableHead className="max-md:hidden">{archived ? 'Archived' : 'Created'}</TableHead>
              </tr>
            </thead>
            <tbody>
              {rows === undefined && !projects.error && <LoadingRows />}
              {rows?.map((project) => (
                <ProjectRow key={project.id} project={project} />
              ))}
            </tbody>
          </Table>
          {rows !== undefined && (
            <Pager
              summary={`${rows.length} projects on this page`}
              cursor={cursor}
              next={projects.data?.next_cursor}
              onGo={(to) => void navigate({ search: (old) => ({ ...old, cursor: to }) })}
            />
          )}
        </>
      )}
    </>
  );
}

function ProjectRow({ project }: { project: ProjectSummary }) {
  return (
    <TableRow className="relative">
      <TableCell className="max-w-0 py-2">
        <Link
          to="/dashboard/projects/$projectId"
          params={{ projectId: project.id }}
          className="block truncate rounded-sm font-medium text-text before:absolute before:inset-0 hover:text-accent-text"
        >
          {project.name}
        </Link>
        {project.description !== '' && <p className="truncate text-faint text-xs">{project.description}</p>}
      </TableCell>
      <TableCell className="whitespace-nowrap max-sm:hidden">
        {project.context_keys === 0 ? <span className="text-faint">empty</span> : formatValues(project.context_keys)}
      </TableCell>
      <TableCell className="whitespace-nowrap">
        {project.last_execution_at === null ? (
          <span className="text-faint">none yet</span>
        ) : (
          <RelativeTime iso={project.last_execution_at} />
        )}
      </TableCell>
      <TableCell className="whitespace-nowrap max-md:hidden">
        <RelativeTime iso={project.archived_at ?? project.created_at} />
      </TableCell>
    </TableRow>
  );
}

function LoadingRows() {
  return ['a', 'b', 'c', 'd', 'e'].map((key) => (
    <TableRow key={key}>
      <TableCell>
        <Skeleton className="h-4 w-48" />
      </TableCell>
      {['max-sm:hidden', 'whitespace-nowrap', 'max-md:hidden'].map((hidden) => (
        <TableCell key={hidden} className={hidden}>
          <Skeleton className="h-4 w-20" />
        </TableCell>
      ))}
    </TableRow>
  ));
}
