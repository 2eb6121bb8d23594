import { Search } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { Input } from './ui/input.tsx';

const PAUSE_MS = 250;

interface SearchFieldProps {
  /** What is searched for now. */
  value: string;
  onSearch: (value: string) => void;
  label: string;
  placeholder: string;
}

/** Searches when the typing pauses. */
export function SearchField({ value, onSearch, label, placeholder }: SearchFieldProps) {
  const [typed, setTyped] = useState(value);
  const search = useRef(onSearch);
  search.current = onSearch;
  useEffect(() => setTyped(value), [value]);
  useEffect(() => {
    if (typed === value) return;
    const timer = setTimeout(() => search.current(typed), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [typed, value]);
  return (
    <div className="relative min-w-48 flex-1 sm:max-w-72">
      <Search className="absolute top-2 left-2.5 size-4 text-faint" aria-hidden="true" />
      <Input
        type="search"
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
        placeholder={placeholder}
        aria-label={label}
        className="pl-8"
      />
    </div>
  );
}
