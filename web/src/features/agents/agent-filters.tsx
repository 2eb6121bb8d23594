import type { AgentSort, AgentStatus, AgentTrigger } from '@agentflow/contracts';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { LayoutGrid, List } from 'lucide-react';
import { FilterRow } from '@/components/filter-row.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Tooltip } from '@/components/ui/tooltip.tsx';
import { projectsQuery } from '@/features/projects/queries.ts';
import { useCan } from '@/features/shell/queries.ts';
import { shortId } from '@/lib/format.ts';
import type { AgentsView } from './agents-view.ts';

export interface AgentListSearch {
  readonly status?: AgentStatus | undefined;
  readonly trigger?: AgentTrigger | undefined;
  readonly project_id?: string | undefined;
  readonly sort?: AgentSort | undefined;
  readonly search?: string | undefined;
}

const STATUS_OPTIONS = [
  { label: 'Any status' },
  { value: 'active', label: 'Active' },
  { value: 'draft', label: 'Draft' },
  { value: 'paused', label: 'Paused' },
  { value: 'archived', label: 'Archived' },
];
const TRIGGER_OPTIONS = [
  { label: 'Any trigger' },
  { value: 'trigger.manual', label: 'Manual start' },
  { value: 'trigger.webhook', label: 'Webhook' },
  { value: 'trigger.schedule', label: 'Schedule' },
  { value: 'trigger.event', label: 'Event' },
];
const SORT_OPTIONS = [
  { label: 'Newest first' },
  { value: 'name', label: 'By name' },
  { value: 'last_run', label: 'Last run first' },
  { value: 'updated', label: 'Last changed first' },
];
const VIEWS = [
  { view: 'grid', label: 'Cards', icon: LayoutGrid },
  { view: 'list', label: 'Table', icon: List },
] as const;

interface AgentFiltersProps {
  chosen: AgentListSearch;
  view: AgentsView;
  onView: (view: AgentsView) => void;
}

/** Search, filters and order of the list, all in the address, and how it is shown. */
export function AgentFilters({ chosen, view, onView }: AgentFiltersProps) {
  const navigate = useNavigate({ from: '/dashboard/agents' });
  const projects = useProjectOptions(chosen.project_id);
  const choose = (name: keyof AgentListSearch) => (value: string | undefined) =>
    void navigate({
      search: (old) => ({ ...old, [name]: value, cursor: undefined }),
      replace: name === 'search',
    });
  const { status, trigger, project_id, search } = chosen;
  const filtered = [status, trigger, project_id, search].some((each) => each !== undefined);
  return (
    <FilterRow
      search={{ value: search, label: 'Search agents by name', onSearch: choose('search') }}
      filters={[
        { label: 'Status', value: status, options: STATUS_OPTIONS, onChoose: choose('status'), className: 'w-32' },
        { label: 'Trigger', value: trigger, options: TRIGGER_OPTIONS, onChoose: choose('trigger'), className: 'w-34' },
        ...(projects.length === 0
          ? []
          : [
              {
                label: 'Project',
                value: project_id,
                options: [{ label: 'Any project' }, ...projects],
                onChoose: choose('project_id'),
                className: 'w-36 [&>span]:truncate',
              },
            ]),
        { label: 'Order', value: chosen.sort, options: SORT_OPTIONS, onChoose: choose('sort'), className: 'w-40' },
      ]}
      onClear={
        filtered ? () => void navigate({ search: chosen.sort === undefined ? {} : { sort: chosen.sort } }) : undefined
      }
    >
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset would break the row that it stands in */}
      <div role="group" aria-label="Show as" className="ml-auto flex gap-0.5 rounded-md bg-sunken p-0.5 dark:bg-hover">
        {VIEWS.map(({ view: each, label, icon: Icon }) => (
          <Tooltip key={each} content={label}>
            <Button
              variant="ghost"
              size="icon-sm"
              aria-label={label}
              aria-pressed={each === view}
              onClick={() => onView(each)}
              className="aria-pressed:bg-surface aria-pressed:text-text aria-pressed:shadow-card dark:aria-pressed:bg-line-strong"
            >
              <Icon aria-hidden="true" />
            </Button>
          </Tooltip>
        ))}
      </div>
    </FilterRow>
  );
}

/** The projects to choose from, with the chosen one although it may be archived. */
function useProjectOptions(chosen: string | undefined) {
  const maySee = useCan('projects:read');
  const projects = useQuery({ ...projectsQuery({ limit: 100 }), enabled: maySee }).data?.data ?? [];
  const options = projects.map((project) => ({ value: project.id, label: project.name }));
  if (chosen !== undefined && !options.some(({ value }) => value === chosen)) {
    options.push({ value: chosen, label: shortId(chosen) });
  }
  return options;
}
