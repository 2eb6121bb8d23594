import { EXTERNAL_PLATFORMS, ROLES, SUBJECT_KINDS, type SubjectKind } from '@agentflow/contracts';
import { useId } from 'react';
import { JsonEditor } from '@/components/json-editor.tsx';
import { Field } from '@/components/ui/field.tsx';
import { Input } from '@/components/ui/input.tsx';
import { Select } from '@/components/ui/select.tsx';
import { MomentInput } from '@/features/node-form/controls/moment-input.tsx';
import { NumberInput } from '@/features/node-form/controls/number-input.tsx';
import { Segments } from '@/features/node-form/controls/segments.tsx';
import type { AskedRequest } from './asked-request.ts';
import { KIND_WORDS, PLATFORM_WORDS } from './policy-words.ts';
import {
  type Named,
  useNamedAgents,
  useNamedExternalAgents,
  useNamedKeys,
  useNamedMembers,
  useNamedProjects,
} from './use-named.ts';

interface DryRunRequestProps {
  asked: AskedRequest;
  onChange: (asked: AskedRequest) => void;
}

/** Stands for no choice, since an option's value can't be empty. */
const NONE = ' none';

function choice(named: Named, none: string) {
  return [{ value: NONE, label: none }, ...named.options.map(({ value, title }) => ({ value, label: title }))];
}

/** The start that is judged: described, or one that was made. */
export function DryRunRequest({ asked, onChange }: DryRunRequestProps) {
  const set = (fields: Partial<AskedRequest>) => onChange({ ...asked, ...fields });
  return (
    <div className="flex flex-col gap-3">
      <Segments
        label="Request"
        wide
        value={asked.source}
        options={[
          { value: 'described', label: 'Describe a request' },
          { value: 'execution', label: 'Take a real one' },
        ]}
        onChange={(source) => set({ source })}
      />
      {asked.source === 'execution' ? (
        <Field label="Execution" help="Who started it, what with and when; its address is not kept.">
          {(control) => (
            <Input
              {...control}
              value={asked.execution_id}
              placeholder="exe_…"
              autoComplete="off"
              spellCheck={false}
              className="font-mono text-sm"
              onChange={(event) => set({ execution_id: event.target.value.trim() })}
            />
          )}
        </Field>
      ) : (
        <Described asked={asked} set={set} />
      )}
    </div>
  );
}

interface DescribedProps {
  asked: AskedRequest;
  set: (fields: Partial<AskedRequest>) => void;
}

function Described({ asked, set }: DescribedProps) {
  const costId = useId();
  const agents = useNamedAgents();
  const projects = useNamedProjects();
  const named: Readonly<Record<SubjectKind, Named>> = {
    user: useNamedMembers(),
    api_key: useNamedKeys(),
    external_agent: useNamedExternalAgents(),
  };
  const { kind } = asked;
  return (
    <>
      <div className="grid gap-3 sm:grid-cols-2">
        <Choice
          label="Caller"
          value={kind}
          options={SUBJECT_KINDS.map((each) => ({ value: each, label: KIND_WORDS[each] }))}
          onChange={(next) => set({ kind: next as SubjectKind, subject_id: '' })}
        />
        <Choice
          label="Who"
          value={asked.subject_id === '' ? NONE : asked.subject_id}
          options={choice(named[kind], 'Anyone of them')}
          onChange={(next) => set({ subject_id: next === NONE ? '' : next })}
        />
        {kind === 'user' && asked.subject_id === '' && (
          <Choice
            label="Role"
            value={asked.role}
            options={ROLES.map((role) => ({ value: role, label: role }))}
            onChange={(role) => set({ role: role as AskedRequest['role'] })}
          />
        )}
        {kind === 'external_agent' && asked.subject_id === '' && (
          <Choice
            label="Platform"
            value={asked.platform}
            options={EXTERNAL_PLATFORMS.map((each) => ({ value: each, label: PLATFORM_WORDS[each] ?? each }))}
            onChange={(platform) => set({ platform: platform as AskedRequest['platform'] })}
          />
        )}
        {agents.options.length > 0 && (
          <Choice
            label="Agent"
            value={asked.agent_id}
            options={agents.options.map(({ value, title }) => ({ value, label: title }))}
            onChange={(agent_id) => set({ agent_id })}
          />
        )}
        {kind !== 'external_agent' && (
          <Choice
            label="Action"
            value={asked.action}
            options={[
              { value: 'start', label: 'Start' },
              { value: 'test', label: 'Test the draft' },
            ]}
            onChange={(action) => set({ action: action as AskedRequest['action'] })}
          />
        )}
        <Choice
          label="Project"
          value={asked.project_id === '' ? NONE : asked.project_id}
          options={choice(projects, 'None')}
          onChange={(next) => set({ project_id: next === NONE ? '' : next })}
        />
        <Field label="IP address" optional>
          {(control) => (
            <Input
              {...control}
              value={asked.ip}
              placeholder="not known"
              autoComplete="off"
              className="font-mono text-sm"
              onChange={(event) => set({ ip: event.target.value.trim() })}
            />
          )}
        </Field>
        <div className="flex flex-col gap-1.5">
          <label htmlFor={costId} className="font-medium text-sm text-text">
            Cost in USD
          </label>
          <NumberInput
            control={{ id: costId, invalid: false, describedBy: undefined }}
            value={asked.cost}
            min={0}
            step={0.1}
            placeholder="the agent's own"
            onChange={(cost) => set({ cost })}
          />
        </div>
        <Field label="Time" help={asked.at === '' ? 'Now' : undefined}>
          {({ id, 'aria-describedby': describedBy }) => (
            <MomentInput
              value={asked.at}
              control={{ id, labelId: '', invalid: false, describedBy }}
              onChange={(at) => set({ at: at ?? '' })}
            />
          )}
        </Field>
      </div>
      <div className="flex flex-col gap-1.5">
        <span className="font-medium text-sm text-text" aria-hidden="true">
          Input
        </span>
        <JsonEditor
          label="Input as JSON"
          value={asked.input}
          minLines={3}
          maxLines={10}
          onChange={(input) => set({ input })}
        />
      </div>
    </>
  );
}

interface ChoiceProps {
  label: string;
  value: string;
  options: readonly { value: string; label: string }[];
  onChange: (value: string) => void;
}

function Choice({ label, value, options, onChange }: ChoiceProps) {
  return (
    <Field label={label}>
      {(control) => (
        <Select {...control} value={value} options={options} onValueChange={onChange} className="w-full min-w-0" />
      )}
    </Field>
  );
}
