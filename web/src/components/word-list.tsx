import { useState } from 'react';
import { Input } from '@/components/ui/input.tsx';
import { sameJson } from '@/lib/same-json.ts';

interface WordListProps {
  value: readonly string[];
  onChange: (value: string[]) => void;
  label: string;
  placeholder: string;
  invalid?: boolean;
  describedBy?: string | undefined;
  id?: string;
}

const wordsOf = (text: string) => text.split(/[\s,;]+/).filter((word) => word !== '');

/** Words in one line, with commas or spaces between them. What is typed stays as it is while it says the same. */
export function WordList({ value, onChange, label, placeholder, invalid = false, describedBy, id }: WordListProps) {
  const [text, setText] = useState(value.join(', '));
  const shown = sameJson(wordsOf(text), [...value]) ? text : value.join(', ');
  return (
    <Input
      id={id}
      aria-label={label}
      aria-invalid={invalid}
      aria-describedby={describedBy}
      value={shown}
      placeholder={placeholder}
      autoComplete="off"
      spellCheck={false}
      onChange={(event) => {
        setText(event.target.value);
        onChange(wordsOf(event.target.value));
      }}
    />
  );
}
