import type { EventScope } from '@agentflow/contracts';
import { NamedList } from '@/features/policies/named-list.tsx';
import { useNamedAgents, useNamedProjects } from '@/features/policies/use-named.ts';

interface ScopeFieldsProps {
  value: EventScope;
  onChange: (scope: EventScope) => void;
}

const listOrNull = (ids: readonly string[]) => (ids.length === 0 ? null : [...ids]);

/** Whose events are told. */
export function ScopeFields({ value, onChange }: ScopeFieldsProps) {
  const agents = useNamedAgents();
  const projects = useNamedProjects();
  return (
    <div className="flex flex-col gap-2">
      <div className="grid gap-3 sm:grid-cols-2">
        <NamedList
          label="Agents"
          value={value.agent_ids ?? []}
          placeholder="Every agent"
          {...agents}
          onChange={(ids) => onChange({ ...value, agent_ids: listOrNull(ids) })}
        />
        <NamedList
          label="Projects"
          value={value.project_ids ?? []}
          placeholder="Every project"
          {...projects}
          onChange={(ids) => onChange({ ...value, project_ids: listOrNull(ids) })}
        />
      </div>
      {(value.agent_ids !== null || value.project_ids !== null) && (
        <p className="text-faint text-xs">Events that have nothing to do with one of these are left out.</p>
      )}
    </div>
  );
}
