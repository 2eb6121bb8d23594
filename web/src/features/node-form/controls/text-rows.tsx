import { useId } from 'react';
import { Input } from '@/components/ui/input.tsx';
import { useDraft } from '../use-draft.ts';
import { AddButton, RemoveButton, replaced, without } from './rows.tsx';

interface TextRowsProps {
  value: string[] | undefined;
  onChange: (value: string[] | undefined) => void;
  /** What one of them is, in lower case. */
  noun: string;
  placeholder?: string | undefined;
  suggestions?: readonly string[] | undefined;
}

/** Texts, a row each. Empty rows are kept on screen and left out of the value. */
export function TextRows({ value, onChange, noun, placeholder, suggestions = [] }: TextRowsProps) {
  const id = useId();
  const [rows, setRows] = useDraft<readonly string[], string[] | undefined>({
    value,
    onChange,
    show: (texts) => texts ?? [],
    read: (draft) => {
      const texts = draft.filter((text) => text.trim() !== '');
      return { value: texts.length === 0 ? undefined : texts };
    },
  });
  return (
    <div className="flex flex-col gap-2">
      {rows.map((text, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a row is its place, its text changes as one types
        <div key={index} className="flex items-center gap-1.5">
          <Input
            aria-label={`${noun} ${index + 1}`}
            value={text}
            placeholder={placeholder}
            autoComplete="off"
            list={suggestions.length === 0 ? undefined : `${id}-suggestions`}
            onChange={(event) => setRows(replaced(rows, index, event.target.value))}
          />
          <RemoveButton label={`Remove ${noun} ${index + 1}`} onClick={() => setRows(without(rows, index))} />
        </div>
      ))}
      {suggestions.length > 0 && (
        <datalist id={`${id}-suggestions`}>
          {suggestions.map((each) => (
            <option key={each} value={each} />
          ))}
        </datalist>
      )}
      <AddButton onClick={() => setRows([...rows, ''])}>{`Add ${noun}`}</AddButton>
    </div>
  );
}
