import type { MessageKind, MessagePreview, MessageTemplates } from '@agentflow/contracts';
import { MESSAGE_KINDS } from '@agentflow/contracts';
import { useQuery } from '@tanstack/react-query';
import { useRef } from 'react';
import { Button } from '@/components/ui/button.tsx';
import { Field } from '@/components/ui/field.tsx';
import { Textarea } from '@/components/ui/input.tsx';
import { Segments } from '@/features/node-form/controls/segments.tsx';
import { eventTypesQuery } from '@/features/targets/event-types.ts';
import { KIND_WORDS } from './platforms.ts';

const MOST_NAMES = 8;

interface TemplateEditorProps {
  value: MessageTemplates;
  onChange: (templates: MessageTemplates) => void;
  kind: MessageKind;
  onKind: (kind: MessageKind) => void;
  /** What the preview found wrong. */
  problems: MessagePreview['problems'];
}

/** Texts of one's own in place of a message's text, by what the message is about. */
export function TemplateEditor({ value, onChange, kind, onKind, problems }: TemplateEditorProps) {
  const area = useRef<HTMLTextAreaElement>(null);
  const types = useQuery(eventTypesQuery).data?.data ?? [];
  const example = types.find(({ type }) => type === KIND_WORDS[kind].event)?.example ?? {};
  const names = Object.entries(example)
    .filter(([, sample]) => typeof sample === 'string' || typeof sample === 'number')
    .map(([name]) => name)
    .filter((name) => !name.endsWith('_id'))
    .slice(0, MOST_NAMES);
  const text = value[kind] ?? '';
  const set = (next: string) => onChange({ ...value, [kind]: next === '' ? undefined : next });
  const insert = (name: string) => {
    const at = area.current?.selectionStart ?? text.length;
    set(`${text.slice(0, at)}{{event.data.${name}}}${text.slice(area.current?.selectionEnd ?? at)}`);
    area.current?.focus();
  };
  const found = problems.map(({ message }) => message);
  return (
    <div className="flex min-w-0 flex-col gap-3">
      <div className="overflow-x-auto">
        <Segments
          label="Message about"
          value={kind}
          options={MESSAGE_KINDS.map((each) => ({
            value: each,
            label: value[each] === undefined ? KIND_WORDS[each].label : `${KIND_WORDS[each].label} •`,
          }))}
          onChange={onKind}
        />
      </div>
      <Field
        label={`Text of ${KIND_WORDS[kind].label.toLowerCase()} messages`}
        optional
        help={`${KIND_WORDS[kind].help} Empty for the text of the product; title, facts and buttons stay in any case.`}
        error={found.length === 0 ? undefined : found.join('. ')}
      >
        {(control) => (
          <Textarea
            {...control}
            ref={area}
            rows={4}
            className="font-mono text-xs"
            spellCheck={false}
            placeholder="{{event.data.agent_name}} needs a look"
            value={text}
            onChange={(event) => set(event.target.value)}
          />
        )}
      </Field>
      {names.length > 0 && (
        <div className="flex flex-wrap items-center gap-1.5">
          <span className="text-faint text-xs">Insert</span>
          {names.map((name) => (
            <Button key={name} size="sm" className="font-mono" onClick={() => insert(name)}>
              {name}
            </Button>
          ))}
        </div>
      )}
    </div>
  );
}
