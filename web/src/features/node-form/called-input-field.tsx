import type { JsonValue } from '@agentflow/contracts';
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { agentQuery, draftQuery, versionQuery } from '@/features/agents/queries.ts';
import { calledInputFields, isInput } from './called-input.ts';
import type { ConfigField, RenderFields } from './config-fields.ts';
import { Segments } from './controls/segments.tsx';
import { FieldFrame, type Message } from './field-frame.tsx';

interface CalledInputFieldProps {
  field: ConfigField;
  value: JsonValue | undefined;
  onChange: (value: JsonValue | undefined) => void;
  path: string;
  renderFields: RenderFields;
  messages: readonly Message[];
  /** Id of the agent whose input this is; anything else, where it is computed or not chosen yet. */
  agentId: JsonValue | undefined;
  /** The value as a whole, with a switch for the label. */
  free: (action: ReactNode) => ReactNode;
}

const AGENT_ID = /^agt_[0-9a-z]{26}$/;

/** The fields that an agent asks for: those of its live version, or of its draft before the first. */
function useInputFields(agentId: JsonValue | undefined): ConfigField[] | null {
  const id = typeof agentId === 'string' && AGENT_ID.test(agentId) ? agentId : '';
  const version = useQuery({ ...agentQuery(id), enabled: id !== '' }).data?.value.live_version;
  const live = useQuery({ ...versionQuery(id, version ?? 0), enabled: typeof version === 'number' });
  const draft = useQuery({ ...draftQuery(id), enabled: version === null });
  const definition = version === null ? draft.data?.value : live.data?.definition;
  return id === '' ? null : calledInputFields(definition?.input_schema);
}

/** What another agent gets: a field for each that it asks for, or any JSON. */
export function CalledInputField(props: CalledInputFieldProps) {
  const { field, value, onChange, path, renderFields, messages, agentId, free } = props;
  const [chosen, choose] = useState<'fields' | 'json'>('fields');
  const fields = useInputFields(agentId);
  if (fields === null || !isInput(value)) return free(null);
  const action = (
    <Segments
      label={`${field.title} as`}
      value={chosen}
      options={[
        { value: 'fields', label: 'Fields' },
        { value: 'json', label: 'JSON' },
      ]}
      onChange={choose}
    />
  );
  if (chosen === 'json') return free(action);
  return (
    <FieldFrame label={field.title} help={field.help} messages={messages} group action={action}>
      {() => (
        <div className="flex flex-col gap-4 rounded-lg border border-line bg-surface p-3">
          {renderFields({
            fields,
            config: value ?? {},
            path,
            besides: [],
            onChange: (input) => onChange(Object.keys(input).length === 0 ? undefined : input),
          })}
        </div>
      )}
    </FieldFrame>
  );
}
