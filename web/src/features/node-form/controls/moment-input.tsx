import { Input } from '@/components/ui/input.tsx';
import type { ControlIds } from '../field-frame.tsx';

/** Whether a text is a moment that the clock below can show: with its time zone. */
export function isMoment(text: string): boolean {
  return (
    /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/.test(text) && !Number.isNaN(Date.parse(text))
  );
}

/** As `datetime-local` has it: the clock of whoever looks. */
function localClock(text: string): string {
  const at = new Date(text);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

interface MomentInputProps {
  value: string;
  onChange: (value: string | undefined) => void;
  control: ControlIds;
}

/** A date and time on the clock of whoever edits; stored with its time zone, as UTC. */
export function MomentInput({ value, onChange, control }: MomentInputProps) {
  return (
    <div className="flex flex-col gap-1">
      <Input
        id={control.id}
        type="datetime-local"
        aria-invalid={control.invalid}
        aria-describedby={control.describedBy}
        value={isMoment(value) ? localClock(value) : ''}
        onChange={(event) => {
          const at = new Date(event.target.value);
          onChange(Number.isNaN(at.getTime()) ? undefined : at.toISOString().replace('.000Z', 'Z'));
        }}
      />
      {isMoment(value) && <p className="tabular text-faint text-xs">{value}</p>}
    </div>
  );
}
