import { X } from 'lucide-react';
import { useId } from 'react';
import { Combobox, type ComboboxOption } from '@/features/node-form/controls/combobox.tsx';

interface NamedListProps {
  /** What they are, as in "Agents". */
  label: string;
  value: readonly string[];
  onChange: (value: string[]) => void;
  options: readonly ComboboxOption[];
  nameOf: (id: string) => string;
  /** What the list says when nothing is chosen. */
  placeholder: string;
  onSearch?: (search: string) => void;
  invalid?: boolean;
}

/** Things chosen by their names, each of which can be taken out again. */
export function NamedList(props: NamedListProps) {
  const { label, value, onChange, options, nameOf, placeholder, onSearch, invalid = false } = props;
  const id = useId();
  return (
    <div className="flex flex-col gap-1.5">
      <span id={`${id}-label`} className="text-faint text-xs">
        {label}
      </span>
      {value.length > 0 && (
        <ul aria-label={label} className="flex flex-wrap gap-1.5">
          {value.map((each) => (
            <li
              key={each}
              className="inline-flex max-w-full items-center gap-1 rounded-md border border-line bg-sunken py-0.5 pr-0.5 pl-2 text-sm"
            >
              <span className="truncate">{nameOf(each)}</span>
              <button
                type="button"
                aria-label={`Remove ${nameOf(each)}`}
                className="rounded-sm p-0.5 text-faint hover:bg-hover hover:text-text"
                onClick={() => onChange(value.filter((other) => other !== each))}
              >
                <X className="size-3.5" aria-hidden="true" />
              </button>
            </li>
          ))}
        </ul>
      )}
      <Combobox
        control={{ id, labelId: `${id}-label`, invalid, describedBy: undefined }}
        label={label}
        options={options}
        chosen={value}
        onChoose={(chosen) =>
          onChange(value.includes(chosen) ? value.filter((each) => each !== chosen) : [...value, chosen])
        }
        searchPlaceholder="Find by name"
        empty="Nothing has such a name."
        {...(onSearch === undefined ? {} : { onSearch })}
      >
        <span className="text-faint">{placeholder}</span>
      </Combobox>
    </div>
  );
}
