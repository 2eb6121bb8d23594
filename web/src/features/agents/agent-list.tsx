import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Bot, FileUp, LayoutTemplate, Plus, SearchX, Sparkles } from 'lucide-react';
import { useRef } from 'react';
import { EmptyState } from '@/components/empty-state.tsx';
import { Pager } from '@/components/pager.tsx';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Button } from '@/components/ui/button.tsx';
import { type ShortcutGroup, useShortcuts } from '@/lib/shortcuts.ts';
import { AgentCard, LoadingCards } from './agent-card.tsx';
import { AgentFilters, type AgentListSearch } from './agent-filters.tsx';
import { AgentTable } from './agent-table.tsx';
import { useAgentsView } from './agents-view.ts';
import type { NewAgentWay } from './new-agent-dialog.tsx';
import { agentsQuery } from './queries.ts';
import { useListKeys } from './use-list-keys.ts';

const SHORTCUTS: readonly ShortcutGroup[] = [
  {
    title: 'Agents',
    keys: [
      ['/', 'Search by name'],
      ['N', 'New agent'],
      ['J, K', 'Next agent, the one before'],
      ['Arrows', 'From agent to agent, once in the list'],
      ['Enter', 'Open the agent'],
    ],
  },
];

/** The feed keeps the page up to date; this is for what it may not have told. */
const REFRESH_MS = 60_000;
const PAGE = 24;

interface AgentListProps {
  chosen: AgentListSearch;
  cursor: string | undefined;
  /** Undefined for who may not make agents. */
  onCreate: ((way: NewAgentWay) => void) | undefined;
}

export function AgentList({ chosen, cursor, onCreate }: AgentListProps) {
  const navigate = useNavigate({ from: '/dashboard/agents' });
  const [view, setView] = useAgentsView();
  const root = useRef<HTMLDivElement>(null);
  useShortcuts(SHORTCUTS);
  useListKeys(root, onCreate && (() => onCreate('describe')));
  const agents = useQuery({
    ...agentsQuery({ ...chosen, include: 'stats', cursor, limit: PAGE }),
    placeholderData: keepPreviousData,
    staleTime: 0,
    refetchInterval: REFRESH_MS,
  });
  const { sort, ...filters } = chosen;
  const filtered = Object.values(filters).some((each) => each !== undefined);
  const rows = agents.data?.data;

  if (rows?.length === 0 && !filtered && cursor === undefined) {
    return (
      <EmptyState
        icon={Bot}
        title="Your first agent"
        description="An agent is a graph of steps: language models, HTTP calls, decisions, people. Say what it should do, begin with a template that works, or with an empty canvas."
      >
        {onCreate && (
          <>
            <Button variant="primary" onClick={() => onCreate('describe')}>
              <Sparkles aria-hidden="true" /> Describe it
            </Button>
            <Button onClick={() => onCreate('template')}>
              <LayoutTemplate aria-hidden="true" /> Choose a template
            </Button>
            <Button onClick={() => onCreate('new')}>
              <Plus aria-hidden="true" /> Create an agent
            </Button>
            <Button onClick={() => onCreate('import')}>
              <FileUp aria-hidden="true" /> Import a file
            </Button>
          </>
        )}
      </EmptyState>
    );
  }
  return (
    <div ref={root}>
      <AgentFilters chosen={chosen} view={view} onView={setView} />
      {agents.error && <ProblemCallout error={agents.error} onRetry={() => void agents.refetch()} className="mb-3" />}
      {rows?.length === 0 ? (
        <EmptyState icon={SearchX} title="No agent fits" description="Try another name, or look at all of them.">
          <Button onClick={() => void navigate({ search: {} })}>Show all agents</Button>
        </EmptyState>
      ) : view === 'list' ? (
        !(agents.error && rows === undefined) && <AgentTable agents={rows} busy={agents.isFetching} />
      ) : (
        <ul aria-label="Agents" aria-busy={rows === undefined} className="grid gap-3 sm:grid-cols-2 xl:grid-cols-3">
          {rows === undefined && !agents.error && <LoadingCards />}
          {rows?.map((agent) => (
            <AgentCard key={agent.id} agent={agent} />
          ))}
        </ul>
      )}
      {rows !== undefined && rows.length > 0 && (
        <Pager
          summary={`${rows.length} agents on this page`}
          cursor={cursor}
          next={agents.data?.next_cursor}
          {...(sort === undefined ? {} : { words: { first: 'First', next: 'Next' } })}
          onGo={(to) => void navigate({ search: (old) => ({ ...old, cursor: to }) })}
        />
      )}
    </div>
  );
}
