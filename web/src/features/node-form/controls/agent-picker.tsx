import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { ExternalLink } from 'lucide-react';
import { useDeferredValue, useState } from 'react';
import { agentQuery, agentsQuery } from '@/features/agents/queries.ts';
import { RequestFailure } from '@/lib/api.ts';
import { shortResource } from '@/lib/format.ts';
import type { ControlIds } from '../field-frame.tsx';
import { Combobox } from './combobox.tsx';

const AGENT_ID = /^agt_[0-9a-z]{26}$/;

interface AgentPickerProps {
  value: string;
  onChange: (value: string) => void;
  control: ControlIds;
  label: string;
}

/** Another agent of the organization, found by name, with a way to it. */
export function AgentPicker({ value, onChange, control, label }: AgentPickerProps) {
  const [search, setSearch] = useState('');
  const wanted = useDeferredValue(search.trim());
  const agents = useQuery({
    ...agentsQuery({ ...(wanted === '' ? {} : { search: wanted }), limit: 20 }),
    placeholderData: keepPreviousData,
  });
  const current = useQuery({ ...agentQuery(value), enabled: AGENT_ID.test(value) });
  const found = (agents.data?.data ?? []).filter((agent) => agent.status !== 'archived');
  const isGone = current.error instanceof RequestFailure && current.error.status === 404;
  return (
    <div className="flex flex-col gap-1.5">
      <Combobox
        control={control}
        label={label}
        options={found.map((agent) => ({
          value: agent.id,
          title: agent.name,
          note: agent.description === '' ? shortResource(agent.id) : agent.description,
          aside: agent.live_version === null ? 'not published' : `version ${agent.live_version}`,
        }))}
        chosen={[value]}
        onChoose={onChange}
        searchPlaceholder="Find an agent by name"
        empty={agents.isPending ? 'Reading the agents…' : 'No agent has such a name.'}
        onSearch={setSearch}
      >
        {value === '' ? (
          <span className="text-faint">Choose an agent</span>
        ) : (
          <span className="block truncate">{current.data?.value.name ?? shortResource(value)}</span>
        )}
      </Combobox>
      {isGone && <p className="text-failed text-xs">There is no such agent any more.</p>}
      {current.data !== undefined && (
        <Link
          to="/dashboard/agents/$agentId"
          params={{ agentId: value }}
          target="_blank"
          className="inline-flex items-center gap-1 self-start rounded-sm text-accent-text text-xs hover:underline"
        >
          Open {current.data.value.name} <ExternalLink className="size-3" aria-hidden="true" />
          <span className="sr-only">(in a new tab)</span>
        </Link>
      )}
    </div>
  );
}
