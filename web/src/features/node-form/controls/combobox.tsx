import { Command } from 'cmdk';
import { Check, ChevronsUpDown, Search } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { Popover, PopoverContent, PopoverTrigger } from '@/components/ui/popover.tsx';
import { cn } from '@/lib/class-names.ts';
import type { ControlIds } from '../field-frame.tsx';

export interface ComboboxOption {
  readonly value: string;
  readonly title: string;
  /** Under the title. */
  readonly note?: ReactNode;
  /** Right of it. */
  readonly aside?: ReactNode;
  readonly group?: string;
  /** What it is found by, besides its title. */
  readonly keywords?: readonly string[];
}

interface ComboboxProps {
  control: ControlIds;
  /** Name of the list, and of the button where no label on the page is for it alone. */
  label: string;
  /** What the button shows. */
  children: ReactNode;
  options: readonly ComboboxOption[];
  chosen: readonly string[];
  onChoose: (value: string) => void;
  searchPlaceholder: string;
  empty: ReactNode;
  /** Set where the list is searched elsewhere. */
  onSearch?: (search: string) => void;
  /** Offers what is typed as a value of its own, where it can be one. */
  custom?: (search: string) => ComboboxOption | null;
  className?: string;
}

function finds(_value: string, search: string, keywords: readonly string[] = []): 0 | 1 {
  const words = search.trim().toLowerCase().split(/\s+/);
  const text = keywords.join(' ').toLowerCase();
  return words.every((word) => text.includes(word)) ? 1 : 0;
}

/** A button that opens a list to search and choose from. */
export function Combobox(props: ComboboxProps) {
  const { control, label, children, options, chosen, onChoose, searchPlaceholder, empty, onSearch, custom } = props;
  const [open, setOpen] = useState(false);
  const [search, setSearch] = useState('');
  const groups = [...new Set(options.map((option) => option.group ?? ''))];
  const own = custom?.(search.trim()) ?? null;
  const choose = (value: string) => {
    onChoose(value);
    setOpen(false);
  };
  const changeSearch = (next: string) => {
    setSearch(next);
    onSearch?.(next);
  };
  return (
    <Popover
      open={open}
      onOpenChange={(next) => {
        setOpen(next);
        if (next) changeSearch('');
      }}
    >
      <PopoverTrigger
        id={control.id}
        aria-labelledby={control.labelId === '' ? undefined : `${control.labelId} ${control.id}`}
        aria-invalid={control.invalid}
        aria-describedby={control.describedBy}
        className={cn(
          'flex min-h-8 w-full min-w-0 items-center justify-between gap-2 rounded-md border border-field-line bg-surface px-2.5 py-1 text-left text-sm text-text shadow-card transition-colors duration-100 hover:bg-hover disabled:opacity-60 aria-invalid:border-failed-solid dark:bg-sunken',
          props.className,
        )}
      >
        <span className="min-w-0 flex-1">{children}</span>
        <ChevronsUpDown className="size-3.5 shrink-0 text-faint" aria-hidden="true" />
      </PopoverTrigger>
      <PopoverContent align="start" className="w-[min(28rem,92vw)]" aria-label={label}>
        <Command loop label={label} filter={finds} shouldFilter={onSearch === undefined}>
          <div className="flex items-center gap-2 border-line border-b px-3">
            <Search className="size-3.5 shrink-0 text-faint" aria-hidden="true" />
            <Command.Input
              value={search}
              onValueChange={changeSearch}
              placeholder={searchPlaceholder}
              className="h-9 w-full bg-transparent text-sm text-text placeholder:text-faint focus-visible:outline-none"
            />
          </div>
          <Command.List className="max-h-72 overflow-y-auto p-1 [&_[cmdk-group-heading]]:px-2 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-2xs [&_[cmdk-group-heading]]:text-faint">
            <Command.Empty className="px-3 py-6 text-center text-sm text-soft">{empty}</Command.Empty>
            {groups.map((group) => (
              <Command.Group key={group} heading={group === '' ? undefined : group}>
                {options
                  .filter((option) => (option.group ?? '') === group)
                  .map((option) => (
                    <Option
                      key={option.value}
                      option={option}
                      chosen={chosen.includes(option.value)}
                      onChoose={choose}
                    />
                  ))}
              </Command.Group>
            ))}
            {own !== null && !options.some(({ value }) => value === own.value) && (
              <Command.Group forceMount>
                <Option option={own} chosen={false} onChoose={choose} forced />
              </Command.Group>
            )}
          </Command.List>
        </Command>
      </PopoverContent>
    </Popover>
  );
}

interface OptionProps {
  option: ComboboxOption;
  chosen: boolean;
  onChoose: (value: string) => void;
  forced?: boolean;
}

function Option({ option, chosen, onChoose, forced }: OptionProps) {
  return (
    <Command.Item
      value={option.value}
      keywords={[option.title, option.value, ...(option.keywords ?? [])]}
      {...(forced ? { forceMount: true } : {})}
      onSelect={() => onChoose(option.value)}
      className="flex cursor-default select-none items-center gap-2 rounded-md px-2 py-1.5 text-sm data-[selected=true]:bg-hover"
    >
      <Check className={cn('size-3.5 shrink-0 text-accent-text', !chosen && 'invisible')} aria-hidden="true" />
      <span className="min-w-0 flex-1">
        <span className="block truncate text-text">{option.title}</span>
        {option.note !== undefined && <span className="block truncate text-faint text-xs">{option.note}</span>}
      </span>
      {option.aside !== undefined && <span className="shrink-0 text-right text-faint text-xs">{option.aside}</span>}
    </Command.Item>
  );
}
