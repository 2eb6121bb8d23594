import { PROJECT_AGENTS_WINDOW, type Project, type ProjectAgent } from '@agentflow/contracts';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Bot, Play } from 'lucide-react';
import { EmptyState } from '@/components/empty-state.tsx';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { StatusBadge, StatusIcon, statusWord } from '@/components/status-badge.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { Table, TableCell, TableHead, TableRow } from '@/components/ui/table.tsx';
import { ExecutionRows } from '@/features/executions/execution-rows.tsx';
import { useCan } from '@/features/shell/queries.ts';
import { formatCount, formatUsd } from '@/lib/format.ts';
import { projectAgentsQuery } from './queries.ts';

/** Who ran in the project, and what ran last. */
export function ProjectActivity({ project }: { project: Project }) {
  return (
    <div className="grid items-start gap-6 lg:grid-cols-[minmax(0,1fr)_22rem]">
      <section aria-labelledby="project-agents" className="min-w-0">
        <h2 id="project-agents" className="mb-2 font-semibold">
          Agents
        </h2>
        <ProjectAgentTable project={project} />
      </section>
      <section aria-label="Recent executions" className="min-w-0">
        <div className="mb-2 flex items-baseline justify-between">
          <h2 className="font-semibold">Recent executions</h2>
          <Link
            to="/dashboard/executions"
            search={{ project_id: project.id }}
            className="rounded-sm text-accent-text text-sm hover:underline"
          >
            All of them
          </Link>
        </div>
        <ExecutionRows projectId={project.id} withAgent empty="Nothing has run in this project yet." />
      </section>
    </div>
  );
}

function ProjectAgentTable({ project }: { project: Project }) {
  const agents = useQuery(projectAgentsQuery(project.id));
  const mayExecute = useCan('agents:execute');
  if (agents.error && agents.data === undefined) {
    return <ProblemCallout error={agents.error} onRetry={() => void agents.refetch()} />;
  }
  if (agents.data === undefined) return <Skeleton className="h-40 w-full" />;
  const { data: rows, counted_executions: counted } = agents.data;
  if (rows.length === 0) {
    return (
      <EmptyState
        icon={Bot}
        title="No agent has run here yet"
        description={
          mayExecute && project.archived_at === null ? (
            <>
              Any agent can. Choose this project beside its Run button, or start it through the API with{' '}
              <code className="font-mono text-xs">project_id</code>.
            </>
          ) : (
            'The agents whose executions start in this project show here, with what they cost.'
          )
        }
        className="py-10"
      >
        {mayExecute && project.archived_at === null && (
          <Button asChild variant="primary">
            <Link to="/dashboard/agents">Choose an agent to run</Link>
          </Button>
        )}
      </EmptyState>
    );
  }
  return (
    <>
      <Table label="Agents of the project" className="sm:min-w-120">
        <thead>
          <tr>
            <TableHead className="w-full">Agent</TableHead>
            <TableHead>Status</TableHead>
            <TableHead className="text-right max-sm:hidden">Executions</TableHead>
            <TableHead className="text-right max-sm:hidden">Cost</TableHead>
            <TableHead>Last one</TableHead>
            <TableHead className="max-sm:hidden">
              <span className="sr-only">Actions</span>
            </TableHead>
          </tr>
        </thead>
        <tbody>
          {rows.map((agent) => (
            <AgentRow
              key={agent.id}
              agent={agent}
              runIn={mayExecute && agent.status === 'active' && project.archived_at === null ? project.id : null}
            />
          ))}
        </tbody>
      </Table>
      {counted === PROJECT_AGENTS_WINDOW && (
        <p className="mt-2 text-faint text-xs">
          Counted are the newest {formatCount(PROJECT_AGENTS_WINDOW)} executions of the project.
        </p>
      )}
    </>
  );
}

function AgentRow({ agent, runIn }: { agent: ProjectAgent; runIn: string | null }) {
  return (
    <TableRow>
      <TableCell className="max-w-0 py-2">
        <Link
          to="/dashboard/agents/$agentId"
          params={{ agentId: agent.id }}
          className="block truncate rounded-sm font-medium text-text hover:text-accent-text"
        >
          {agent.name}
        </Link>
      </TableCell>
      <TableCell>
        <StatusBadge status={agent.status} />
      </TableCell>
      <TableCell className="whitespace-nowrap text-right max-sm:hidden">
        {formatCount(agent.executions)}
        {agent.failed > 0 && <span className="block text-failed text-xs">{formatCount(agent.failed)} failed</span>}
      </TableCell>
      <TableCell className="text-right max-sm:hidden">{formatUsd(agent.cost_usd)}</TableCell>
      <TableCell className="whitespace-nowrap">
        <Link
          to="/dashboard/executions/$executionId"
          params={{ executionId: agent.last_execution.id }}
          className="flex items-center gap-1.5 rounded-sm hover:text-accent-text"
        >
          <StatusIcon status={agent.last_execution.status} />
          <span className="sr-only">{statusWord(agent.last_execution.status)},</span>
          <RelativeTime iso={agent.last_execution.created_at} />
        </Link>
      </TableCell>
      <TableCell className="text-right max-sm:hidden">
        {runIn !== null && (
          <Button asChild size="sm">
            <Link
              to="/dashboard/agents/$agentId"
              params={{ agentId: agent.id }}
              search={{ tab: 'run', project_id: runIn }}
              aria-label={`Run ${agent.name} in this project`}
            >
              <Play aria-hidden="true" /> Run
            </Link>
          </Button>
        )}
      </TableCell>
    </TableRow>
  );
}
