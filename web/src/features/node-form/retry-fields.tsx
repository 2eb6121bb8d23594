import type { RetryPolicy } from '@agentflow/contracts';
import { DurationInput } from './controls/duration-input.tsx';
import { NumberInput } from './controls/number-input.tsx';
import { unitFor, unitMs } from './durations.ts';
import { FieldFrame, type Message } from './field-frame.tsx';

export const FIRST_RETRY: RetryPolicy = { max_attempts: 3, initial_ms: 1000, factor: 2, max_ms: 60_000 };
const MOST_MS = 3_600_000;

interface RetryFieldsProps {
  retry: RetryPolicy;
  mistakes: (key: keyof RetryPolicy) => Message[];
  onChange: (retry: RetryPolicy) => void;
}

/** How often a step is tried, and how long it waits in between. */
export function RetryFields({ retry, mistakes, onChange }: RetryFieldsProps) {
  const change = (key: keyof RetryPolicy) => (value: number | undefined) =>
    onChange({ ...retry, [key]: value ?? FIRST_RETRY[key] });
  return (
    <div className="grid gap-3 pl-6 sm:grid-cols-2">
      <FieldFrame label="Attempts in all" messages={mistakes('max_attempts')}>
        {(control) => (
          <NumberInput
            control={control}
            value={retry.max_attempts}
            onChange={change('max_attempts')}
            min={1}
            max={10}
          />
        )}
      </FieldFrame>
      <FieldFrame label="Factor" messages={mistakes('factor')}>
        {(control) => (
          <NumberInput control={control} value={retry.factor} onChange={change('factor')} min={1} max={10} step={0.5} />
        )}
      </FieldFrame>
      <FieldFrame label="First wait" messages={mistakes('initial_ms')}>
        {(control) => (
          <DurationInput control={control} value={retry.initial_ms} onChange={change('initial_ms')} maxMs={MOST_MS} />
        )}
      </FieldFrame>
      <FieldFrame label="Longest wait" messages={mistakes('max_ms')}>
        {(control) => (
          <DurationInput control={control} value={retry.max_ms} onChange={change('max_ms')} maxMs={MOST_MS} />
        )}
      </FieldFrame>
    </div>
  );
}

const UNIT_SIGNS = { seconds: 's', minutes: 'min', hours: 'h', days: 'd' } as const;

function inWords(ms: number): string {
  const unit = unitFor(ms);
  return `${ms / unitMs(unit)} ${UNIT_SIGNS[unit]}`;
}

export function waitsInWords({ max_attempts, initial_ms, factor, max_ms }: RetryPolicy): string {
  const waits = Array.from({ length: Math.min(Math.max(max_attempts - 1, 0), 9) }, (_, index) =>
    inWords(Math.min(initial_ms * factor ** index, max_ms)),
  );
  return waits.length === 0 ? 'Tried once.' : `Waits at most ${waits.join(', ')} between attempts, half of it random.`;
}
