import { cronInWords, cronProblem, nextCronTimes } from '@agentflow/contracts';
import { Input } from '@/components/ui/input.tsx';
import { Select } from '@/components/ui/select.tsx';
import type { ControlIds } from '../field-frame.tsx';

const USUAL = [
  { value: '*/15 * * * *', label: 'Every 15 minutes' },
  { value: '0 * * * *', label: 'Every hour' },
  { value: '0 9 * * *', label: 'Every day at 09:00' },
  { value: '0 9 * * mon-fri', label: 'Monday to Friday at 09:00' },
  { value: '0 9 * * mon', label: 'Every Monday at 09:00' },
  { value: '0 9 1 * *', label: 'On the first of the month at 09:00' },
];
const OWN = ' own';

interface CronFieldProps {
  value: string;
  onChange: (value: string) => void;
  control: ControlIds;
  timeZone: string;
}

/** A cron expression, what it means, and when it next holds. */
export function CronField({ value, onChange, control, timeZone }: CronFieldProps) {
  const isUsual = USUAL.some((each) => each.value === value);
  return (
    <div className="flex flex-col gap-2">
      <Select
        label="Usual times"
        value={isUsual ? value : OWN}
        options={[...USUAL, { value: OWN, label: 'Own times' }]}
        onValueChange={(next) => next !== OWN && onChange(next)}
        className="w-full"
      />
      <Input
        id={control.id}
        aria-invalid={control.invalid}
        aria-describedby={control.describedBy}
        className="font-mono"
        autoComplete="off"
        spellCheck={false}
        placeholder="0 9 * * mon-fri"
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
      {cronProblem(value) === null && <NextTimes cron={value} timeZone={timeZone} />}
    </div>
  );
}

function NextTimes({ cron, timeZone }: { cron: string; timeZone: string }) {
  const format = formatIn(timeZone);
  if (format === null) return null;
  const times = nextCronTimes(cron, timeZone, Date.now(), 3);
  return (
    <div className="rounded-md border border-line border-dashed px-2.5 py-1.5 text-xs" aria-live="polite">
      <p className="text-text">{cronInWords(cron)}.</p>
      {times.length === 0 ? (
        <p className="text-waiting">There is no such time within the next eight years.</p>
      ) : (
        <ul className="tabular text-soft" aria-label="Next times">
          {times.map((at) => (
            <li key={at}>{format.format(at)}</li>
          ))}
        </ul>
      )}
    </div>
  );
}

/** Null for a name that is no time zone. */
function formatIn(timeZone: string): Intl.DateTimeFormat | null {
  try {
    return new Intl.DateTimeFormat('en', {
      timeZone,
      weekday: 'short',
      ...{ year: 'numeric', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' },
      hourCycle: 'h23',
      timeZoneName: 'short',
    });
  } catch {
    return null;
  }
}
