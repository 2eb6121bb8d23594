import type { DeliveryAttempt } from '@agentflow/contracts';
import { ChevronRight } from 'lucide-react';
import { useId, useState } from 'react';
import { CodeBlock } from '@/components/code-block.tsx';
import { JsonView } from '@/components/json-view.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { cn } from '@/lib/class-names.ts';
import { formatDuration, formatExactTime } from '@/lib/format.ts';
import { parsedJson } from './body.ts';

const OUTCOMES: Record<
  DeliveryAttempt['outcome'],
  { readonly word: string; readonly text: string; readonly bar: string }
> = {
  sending: { word: 'Sending', text: 'text-running', bar: 'bg-running-solid' },
  delivered: { word: 'Delivered', text: 'text-completed', bar: 'bg-completed-solid' },
  failed: { word: 'Failed', text: 'text-failed', bar: 'bg-failed-solid' },
  rate_limited: { word: 'Asked to wait', text: 'text-waiting', bar: 'bg-waiting-solid' },
  interrupted: { word: 'Interrupted', text: 'text-idle', bar: 'bg-idle-solid' },
};

/** Every attempt with its answer and how long it took; the last one is open. */
export function AttemptList({ attempts }: { attempts: readonly DeliveryAttempt[] }) {
  const longest = Math.max(1, ...attempts.map(({ duration_ms }) => duration_ms ?? 0));
  const newestFirst = [...attempts].reverse();
  return (
    <ol aria-label="Attempts" className="divide-y divide-line overflow-hidden rounded-lg border border-line">
      {newestFirst.map((attempt, index) => (
        <Attempt key={attempt.number} attempt={attempt} longest={longest} opened={index === 0} />
      ))}
    </ol>
  );
}

interface AttemptProps {
  attempt: DeliveryAttempt;
  /** Of all attempts, in ms. */
  longest: number;
  opened: boolean;
}

function Attempt({ attempt, longest, opened }: AttemptProps) {
  const [open, setOpen] = useState(opened);
  const id = useId();
  const { word, text, bar } = OUTCOMES[attempt.outcome];
  return (
    <li>
      <button
        type="button"
        aria-expanded={open}
        aria-controls={id}
        onClick={() => setOpen(!open)}
        className="flex w-full items-center gap-2.5 px-3 py-2 text-left text-sm hover:bg-hover focus-visible:outline-offset-[-2px]"
      >
        <ChevronRight
          className={cn('size-3.5 shrink-0 text-faint transition-transform duration-100', open && 'rotate-90')}
          aria-hidden="true"
        />
        <span className="tabular shrink-0 text-faint">{attempt.number}.</span>
        <span className={cn('shrink-0 font-medium', text)}>{word}</span>
        {attempt.status !== null && <span className="tabular shrink-0 text-soft">{attempt.status}</span>}
        <span className="flex min-w-0 flex-1 items-center justify-end gap-2" aria-hidden="true">
          <span className="h-1.5 w-24 overflow-hidden rounded-full bg-sunken max-sm:hidden dark:bg-hover">
            <span
              className={cn('block h-full rounded-full', bar)}
              style={{ width: `${Math.max(3, ((attempt.duration_ms ?? 0) / longest) * 100)}%` }}
            />
          </span>
        </span>
        <span className="tabular w-16 shrink-0 text-right text-soft text-xs">
          {attempt.duration_ms === null ? '…' : formatDuration(attempt.duration_ms)}
        </span>
        <span className="w-24 shrink-0 text-right text-faint text-xs max-sm:hidden">
          <RelativeTime iso={attempt.at} />
        </span>
      </button>
      <div id={id} hidden={!open} className={cn('flex flex-col gap-3 px-3 pb-3', !open && 'hidden')}>
        {open && <Answer attempt={attempt} />}
      </div>
    </li>
  );
}

function Answer({ attempt }: { attempt: DeliveryAttempt }) {
  const { response_body: body, response_truncated } = attempt;
  const json = parsedJson(body);
  return (
    <>
      <p className="text-faint text-xs">{formatExactTime(attempt.at)}</p>
      {attempt.error !== null && (
        <p className="break-words rounded-lg border border-failed-solid/35 bg-failed-soft px-3 py-2 text-sm">
          {attempt.error}
        </p>
      )}
      {Object.keys(attempt.response_headers).length > 0 && (
        <CodeBlock label="Headers of the answer" code={headerLines(attempt.response_headers)} />
      )}
      {body !== null &&
        body !== '' &&
        (json === undefined ? (
          <CodeBlock label={response_truncated ? 'The beginning of the answer' : 'Answer'} code={body} />
        ) : (
          <JsonView value={json} label="Answer" compact />
        ))}
      {body === '' && attempt.status !== null && <p className="text-faint text-xs">The answer had no body.</p>}
    </>
  );
}

export function headerLines(headers: Readonly<Record<string, string>>): string {
  return Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}`)
    .join('\n');
}
