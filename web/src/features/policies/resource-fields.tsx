import type { PolicyResources } from '@agentflow/contracts';
import { useId } from 'react';
import { WordList } from '@/components/word-list.tsx';
import { Segments } from '@/features/node-form/controls/segments.tsx';
import { NamedList } from './named-list.tsx';
import { useProblem } from './policy-fields.ts';
import { ProblemNote } from './problem-note.tsx';
import { useNamedAgents } from './use-named.ts';

interface ResourceFieldsProps {
  resources: PolicyResources;
  onChange: (resources: PolicyResources) => void;
}

/** Which agents a policy is about. */
export function ResourceFields({ resources, onChange }: ResourceFieldsProps) {
  const id = useId();
  const agents = useNamedAgents();
  const problem = useProblem('resources', true);
  const every = resources.agents.includes('*');
  return (
    <div className="flex flex-col gap-3">
      <div>
        <Segments
          label="Agents"
          value={every ? 'every' : 'some'}
          options={[
            { value: 'every', label: 'Every agent' },
            { value: 'some', label: 'Some agents' },
          ]}
          onChange={(next) => onChange(next === 'every' ? { agents: ['*'], tags: [] } : { agents: [], tags: [] })}
        />
      </div>
      {!every && (
        <>
          <NamedList
            label="Agents by name"
            value={resources.agents}
            placeholder="Choose agents"
            {...agents}
            onChange={(next) => onChange({ ...resources, agents: next })}
          />
          <div className="flex flex-col gap-1">
            <label htmlFor={id} className="text-faint text-xs">
              Or with one of these tags
            </label>
            <WordList
              id={id}
              label="Tags"
              value={resources.tags}
              placeholder="prod, finance"
              invalid={problem !== undefined}
              onChange={(tags) => onChange({ ...resources, tags })}
            />
          </div>
        </>
      )}
      <ProblemNote>{problem}</ProblemNote>
    </div>
  );
}
