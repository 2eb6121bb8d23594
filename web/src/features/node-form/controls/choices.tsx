import { Checkbox } from '@/components/ui/checkbox.tsx';
import { Select } from '@/components/ui/select.tsx';
import type { ControlIds } from '../field-frame.tsx';

const NOT_SET = ' not set';

interface ChoiceProps {
  value: string | undefined;
  onChange: (value: string | undefined) => void;
  values: readonly string[];
  words: Readonly<Record<string, string>> | undefined;
  /** Whether it can be left open. */
  optional: boolean;
  control: ControlIds;
}

/** One of a few values. A value that the list does not have stays, and can be seen. */
export function ChoiceInput({ value, onChange, values, words, optional, control }: ChoiceProps) {
  const known = value === undefined || values.includes(value) ? values : [...values, value];
  return (
    <Select
      id={control.id}
      aria-invalid={control.invalid}
      aria-describedby={control.describedBy}
      value={value ?? NOT_SET}
      onValueChange={(next) => onChange(next === NOT_SET ? undefined : next)}
      options={[
        ...(optional || value === undefined ? [{ value: NOT_SET, label: 'Not set' }] : []),
        ...known.map((each) => ({ value: each, label: words?.[each] ?? each })),
      ]}
      className="w-full"
    />
  );
}

interface ManyChoicesProps {
  values: readonly string[];
  chosen: readonly string[];
  onChange: (chosen: readonly string[]) => void;
  wordOf?: (value: string) => string;
}

/** Any of a few values, kept in the order of the list. */
export function ManyChoices({ values, chosen, onChange, wordOf = (value) => value }: ManyChoicesProps) {
  const known = [...values, ...chosen.filter((each) => !values.includes(each))];
  return (
    <div className="flex flex-wrap gap-x-4 gap-y-2">
      {known.map((each) => (
        // biome-ignore lint/a11y/noLabelWithoutControl: the checkbox inside is a button, which labels take
        <label key={each} className="flex items-center gap-2 text-sm">
          <Checkbox
            checked={chosen.includes(each)}
            onCheckedChange={(checked) =>
              onChange(known.filter((value) => (value === each ? checked === true : chosen.includes(value))))
            }
          />
          {wordOf(each)}
        </label>
      ))}
    </div>
  );
}
