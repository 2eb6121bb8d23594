import { type TimeWindow, WEEKDAYS } from '@agentflow/contracts';
import { useId } from 'react';
import { Input } from '@/components/ui/input.tsx';
import { AddButton, RemoveButton, replaced, without } from '@/features/node-form/controls/rows.tsx';
import { TimeZonePicker } from '@/features/node-form/controls/time-zone-picker.tsx';
import { cn } from '@/lib/class-names.ts';
import { useProblem } from './policy-fields.ts';
import { DAY_WORDS } from './policy-words.ts';
import { ProblemNote } from './problem-note.tsx';

interface TimeValue {
  timezone: string;
  windows: TimeWindow[];
}

interface TimeWindowsProps {
  value: TimeValue;
  onChange: (value: TimeValue) => void;
  /** Of the condition, for names of its fields and for what is wrong with them. */
  place: string;
  path: string;
}

const NEXT: TimeWindow = { days: ['sat', 'sun'], from: '10:00', to: '16:00' };

export function TimeWindows({ value, onChange, place, path }: TimeWindowsProps) {
  const id = useId();
  const { timezone, windows } = value;
  const problem = useProblem(`${path}.value.timezone`);
  const change = (next: TimeWindow[]) => onChange({ ...value, windows: next });
  return (
    <div className="flex flex-col gap-2">
      <div className="flex flex-col gap-1">
        <span id={`${id}-zone-label`} className="text-faint text-xs">
          Timezone
        </span>
        <TimeZonePicker
          value={timezone}
          onChange={(next) => onChange({ ...value, timezone: next })}
          control={{
            id: `${id}-zone`,
            labelId: `${id}-zone-label`,
            invalid: problem !== undefined,
            describedBy: undefined,
          }}
          label={`Timezone of condition ${place}`}
        />
        <ProblemNote>{problem}</ProblemNote>
      </div>
      {windows.map((window, index) => (
        <WindowRow
          // biome-ignore lint/suspicious/noArrayIndexKey: a window is its place, all of it changes as one types
          key={index}
          window={window}
          name={`window ${index + 1} of condition ${place}`}
          path={`${path}.value.windows.${index}`}
          onChange={(next) => change(replaced(windows, index, next))}
          onRemove={windows.length > 1 ? () => change(without(windows, index)) : undefined}
        />
      ))}
      <AddButton onClick={() => change([...windows, NEXT])}>Add window</AddButton>
    </div>
  );
}

interface WindowRowProps {
  window: TimeWindow;
  name: string;
  path: string;
  onChange: (window: TimeWindow) => void;
  onRemove: (() => void) | undefined;
}

function WindowRow({ window, name, path, onChange, onRemove }: WindowRowProps) {
  const problem = useProblem(path, true);
  return (
    <div className="flex flex-col gap-1.5 rounded-md border border-line bg-sunken p-2">
      <div className="flex flex-wrap items-center gap-2">
        {/* biome-ignore lint/a11y/useSemanticElements: a fieldset would break the row that it stands in */}
        <div role="group" aria-label={`Days of ${name}`} className="flex flex-wrap gap-1">
          {WEEKDAYS.map((day) => {
            const on = window.days.includes(day);
            return (
              <button
                key={day}
                type="button"
                aria-pressed={on}
                onClick={() =>
                  onChange({
                    ...window,
                    days: WEEKDAYS.filter((each) => (each === day) !== window.days.includes(each)),
                  })
                }
                className={cn(
                  'h-7 rounded-md border border-field-line px-1.5 text-soft text-xs transition-colors duration-100 hover:bg-hover',
                  on && 'border-accent bg-accent text-on-accent hover:bg-accent-hover',
                )}
              >
                {DAY_WORDS[day]}
              </button>
            );
          })}
        </div>
        <div className="flex items-center gap-1.5">
          <Input
            aria-label={`Begin of ${name}`}
            value={window.from}
            placeholder="09:00"
            className="tabular w-18"
            onChange={(event) => onChange({ ...window, from: event.target.value })}
          />
          <span className="text-faint text-xs">to</span>
          <Input
            aria-label={`End of ${name}`}
            value={window.to}
            placeholder="18:00"
            className="tabular w-18"
            onChange={(event) => onChange({ ...window, to: event.target.value })}
          />
        </div>
        {onRemove !== undefined && <RemoveButton label={`Remove ${name}`} onClick={onRemove} />}
      </div>
      <ProblemNote>{problem}</ProblemNote>
      {problem === undefined && window.to < window.from && <p className="text-faint text-xs">Ends on the next day.</p>}
    </div>
  );
}
