import type { ReactNode } from 'react';
import { SearchField } from './search-field.tsx';
import { Button } from './ui/button.tsx';
import { Select } from './ui/select.tsx';

const ANY = 'any';

interface Filter {
  readonly label: string;
  /** What is chosen; undefined for the first option. */
  readonly value: string | undefined;
  /** The first one stands for no choice. */
  readonly options: readonly { readonly value?: string; readonly label: string }[];
  readonly onChoose: (value: string | undefined) => void;
  /** Width of the control. */
  readonly className: string;
}

interface FilterRowProps {
  search?: { value: string | undefined; label: string; onSearch: (value: string | undefined) => void };
  filters: readonly Filter[];
  /** Given while something is filtered. */
  onClear?: (() => void) | undefined;
  children?: ReactNode;
}

/** What stands above a list: a search by name, choices, and what else belongs to the list. */
export function FilterRow({ search, filters, onClear, children }: FilterRowProps) {
  return (
    <div className="mb-3 flex flex-wrap gap-2">
      {search && (
        <SearchField
          value={search.value ?? ''}
          onSearch={(typed) => search.onSearch(typed === '' ? undefined : typed)}
          label={search.label}
          placeholder="Search by name"
        />
      )}
      {filters.map(({ label, value, options, onChoose, className }) => (
        <Select
          key={label}
          label={label}
          className={className}
          value={value ?? ANY}
          options={options.map((option) => ({ value: option.value ?? ANY, label: option.label }))}
          onValueChange={(next) => onChoose(next === ANY ? undefined : next)}
        />
      ))}
      {onClear && (
        <Button variant="ghost" onClick={onClear}>
          Clear
        </Button>
      )}
      {children}
    </div>
  );
}
