import { typesOf } from '@agentflow/contracts';
import { useQuery } from '@tanstack/react-query';
import { Search, X } from 'lucide-react';
import { useDeferredValue, useId, useState } from 'react';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Input } from '@/components/ui/input.tsx';
import { LabelledCheckbox } from '@/components/ui/labelled-checkbox.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { Segments } from '@/features/node-form/controls/segments.tsx';
import { type EventFamily, eventTypesQuery, familiesOf } from './event-types.ts';

const EVERY = '*';

interface EventPickerProps {
  /** Types, `family.*`, or `*`. */
  value: readonly string[];
  onChange: (patterns: string[]) => void;
  problem?: string | undefined;
}

/** Which events are told: all, whole families, or single types. */
export function EventPicker({ value, onChange, problem }: EventPickerProps) {
  const every = value.includes(EVERY);
  const id = useId();
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would be as wide as its widest content
    <div role="group" aria-labelledby={`${id}-label`} className="flex min-w-0 flex-col gap-2">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1.5">
        <span id={`${id}-label`} className="font-medium text-sm text-text">
          Events
        </span>
        <Segments
          label="Which events"
          value={every ? 'every' : 'chosen'}
          options={[
            { value: 'every', label: 'Every event' },
            { value: 'chosen', label: 'Chosen events' },
          ]}
          onChange={(next) => onChange(next === 'every' ? [EVERY] : [])}
        />
        {!every && value.length > 0 && (
          <span className="tabular text-faint text-xs">
            {new Set(value.flatMap(typesOf)).size} {new Set(value.flatMap(typesOf)).size === 1 ? 'type' : 'types'}
          </span>
        )}
      </div>
      {every ? (
        <p className="text-faint text-xs">Those of today, and those that later releases add.</p>
      ) : (
        <ChosenEvents value={value} onChange={onChange} />
      )}
      {problem !== undefined && (
        <p role="alert" className="text-failed text-xs">
          {problem}
        </p>
      )}
    </div>
  );
}

function ChosenEvents({ value, onChange }: Omit<EventPickerProps, 'problem'>) {
  const [search, setSearch] = useState('');
  const wanted = useDeferredValue(search.trim().toLowerCase());
  const types = useQuery(eventTypesQuery);
  if (types.error) return <ProblemCallout error={types.error} onRetry={() => void types.refetch()} />;
  if (types.data === undefined) return <Skeleton className="h-64 w-full" />;
  const families = familiesOf(types.data.data);
  const listed = new Set<string>(
    families.flatMap(({ family, types: all }) => [`${family}.*`, ...all.map((each) => each.type)]),
  );
  const found = families
    .map((family) => ({
      ...family,
      types: family.types.filter(({ type, description }) =>
        `${family.label} ${type} ${description}`.toLowerCase().includes(wanted),
      ),
    }))
    .filter((family) => family.types.length > 0);
  return (
    <div className="overflow-hidden rounded-lg border border-line">
      <div className="relative border-line border-b">
        <Search className="absolute top-2.5 left-3 size-3.5 text-faint" aria-hidden="true" />
        <Input
          type="search"
          aria-label="Search events"
          placeholder="Search events"
          value={search}
          onChange={(event) => setSearch(event.target.value)}
          className="h-9 rounded-none border-0 bg-transparent pl-8 shadow-none focus-visible:outline-offset-[-2px]"
        />
      </div>
      <section
        // biome-ignore lint/a11y/noNoninteractiveTabindex: WCAG 2.1.1 asks for it on scrolling regions
        tabIndex={0}
        aria-label="Events to choose from"
        className="max-h-80 overflow-y-auto focus-visible:outline-offset-[-2px]"
      >
        {found.map((family) => (
          <Family key={family.family} family={family} value={value} onChange={onChange} />
        ))}
        {found.length === 0 && <p className="px-4 py-6 text-center text-sm text-soft">No event has such a name.</p>}
      </section>
      <OtherNames names={value.filter((each) => !listed.has(each))} value={value} onChange={onChange} />
    </div>
  );
}

interface FamilyProps {
  family: EventFamily;
  value: readonly string[];
  onChange: (patterns: string[]) => void;
}

function Family({ family: { family, label, types }, value, onChange }: FamilyProps) {
  const wildcard = `${family}.*`;
  const all = value.includes(wildcard);
  const set = (pattern: string, on: boolean) => {
    const without = value.filter(
      (each) => each !== pattern && (pattern !== wildcard || !each.startsWith(`${family}.`)),
    );
    onChange(on ? [...without, pattern] : without);
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would be as wide as its widest content
    <div role="group" aria-label={label} className="border-line border-b last:border-b-0">
      <div className="flex items-center bg-sunken px-3">
        <LabelledCheckbox
          label={
            <>
              <span className="font-medium">{label}</span>
              <span className="ml-2 text-faint text-xs">all, also later ones</span>
            </>
          }
          checked={all}
          onChange={(on) => set(wildcard, on)}
        />
      </div>
      <ul className="px-3 py-1 pl-9">
        {types.map(({ type, description }) => (
          <li key={type}>
            <LabelledCheckbox
              label={<code className="font-mono text-xs">{type}</code>}
              help={description}
              checked={all || value.includes(type)}
              disabled={all}
              onChange={(on) => set(type, on)}
            />
          </li>
        ))}
      </ul>
    </div>
  );
}

/** Names that the list does not offer: aliases, and types that nothing tells yet. They stay until they are taken out. */
function OtherNames({ names, value, onChange }: { names: readonly string[] } & Omit<EventPickerProps, 'problem'>) {
  if (names.length === 0) return null;
  return (
    <ul aria-label="Also" className="flex flex-wrap gap-1.5 border-line border-t bg-sunken p-2.5">
      {names.map((name) => (
        <li
          key={name}
          className="inline-flex items-center gap-1 rounded-md border border-line bg-surface py-0.5 pr-0.5 pl-2"
        >
          <code className="font-mono text-xs">{name}</code>
          <button
            type="button"
            aria-label={`Remove ${name}`}
            className="rounded-sm p-0.5 text-faint hover:bg-hover hover:text-text"
            onClick={() => onChange(value.filter((each) => each !== name))}
          >
            <X className="size-3.5" aria-hidden="true" />
          </button>
        </li>
      ))}
    </ul>
  );
}
