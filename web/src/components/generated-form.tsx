import type { JsonValue } from '@agentflow/contracts';
import type { FormDraft, FormField } from '@/lib/form-fields.ts';
import { JsonEditor } from './json-editor.tsx';
import { Checkbox } from './ui/checkbox.tsx';
import { Field } from './ui/field.tsx';
import { Input, Textarea } from './ui/input.tsx';
import { Select } from './ui/select.tsx';

interface GeneratedFormProps {
  fields: readonly FormField[];
  draft: FormDraft;
  /** By field. */
  errors: ReadonlyMap<string, string>;
  onChange: (name: string, value: string | boolean) => void;
}

/** A form made of a JSON Schema: one control a field. */
export function GeneratedForm({ fields, draft, errors, onChange }: GeneratedFormProps) {
  return (
    <div className="flex flex-col gap-4">
      {fields.map((field) => (
        <Field
          key={field.name}
          label={field.title}
          help={helpOf(field)}
          error={errors.get(field.name)}
          optional={!field.required && field.control !== 'boolean'}
        >
          {(control) => (
            <FieldControl
              field={field}
              value={draft[field.name] ?? field.initial}
              control={control}
              onChange={(value) => onChange(field.name, value)}
            />
          )}
        </Field>
      ))}
    </div>
  );
}

function helpOf({ help, control }: FormField): string | undefined {
  if (control !== 'lines') return help;
  return help === undefined ? 'One a line.' : `${help} One a line.`;
}

interface FieldControlProps {
  field: FormField;
  value: string | boolean;
  control: { id: string; 'aria-invalid': boolean; 'aria-describedby': string | undefined };
  onChange: (value: string | boolean) => void;
}

const NONE = ' none';

function FieldControl({ field, value, control, onChange }: FieldControlProps) {
  const text = typeof value === 'string' ? value : '';
  switch (field.control) {
    case 'boolean':
      return (
        <Checkbox {...control} checked={value === true} onCheckedChange={(checked) => onChange(checked === true)} />
      );
    case 'choice':
      return (
        <Select
          {...control}
          value={text === '' ? NONE : text}
          options={[
            ...(field.required && text !== '' ? [] : [{ value: NONE, label: 'Choose…' }]),
            ...field.choices.map((choice) => ({ value: JSON.stringify(choice, null, 2), label: choiceLabel(choice) })),
          ]}
          onValueChange={(next) => onChange(next === NONE ? '' : next)}
          className="w-full"
        />
      );
    case 'long_text':
    case 'lines':
      return <Textarea {...control} value={text} onChange={(event) => onChange(event.target.value)} />;
    case 'json':
      return <JsonEditor value={text} onChange={onChange} label={field.title} minLines={3} maxLines={10} />;
    default:
      return (
        <Input
          {...control}
          value={text}
          inputMode={field.control === 'number' ? 'decimal' : undefined}
          onChange={(event) => onChange(event.target.value)}
          autoComplete="off"
        />
      );
  }
}

function choiceLabel(choice: JsonValue): string {
  return typeof choice === 'string' ? choice : JSON.stringify(choice);
}
