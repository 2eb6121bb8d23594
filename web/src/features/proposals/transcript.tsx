import type { JsonValue } from '@agentflow/contracts';
import { Bot, ChevronRight, CircleAlert, CircleHelp, LoaderCircle, RotateCw, User, Wrench } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { JsonView } from '@/components/json-view.tsx';
import { cn } from '@/lib/class-names.ts';
import type { ThreadEntry } from './thread-state.ts';

/** What a call is about, in a few words: its path, or its first text. */
function aboutOf(input: JsonValue): string {
  if (typeof input === 'string') return input;
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return '';
  const { path, pattern, question, description, task } = input;
  for (const each of [path, pattern, question, description, task, ...Object.values(input)]) {
    if (typeof each === 'string' && each !== '') return each;
  }
  return '';
}

/** What a run says, calls and is told, in order. */
export function Transcript({ entries }: { entries: readonly ThreadEntry[] }) {
  return (
    <ol aria-label="What happens" className="flex flex-col gap-3">
      {entries.map((entry) => (
        <Entry key={entry.key} entry={entry} />
      ))}
    </ol>
  );
}

function Entry({ entry }: { entry: ThreadEntry }) {
  switch (entry.kind) {
    case 'text':
      return (
        <Line icon={<Bot className="size-4 text-accent-text" aria-hidden="true" />} who="It says">
          <p className="wrap-anywhere whitespace-pre-wrap text-sm text-text">{entry.text}</p>
        </Line>
      );
    case 'tool':
      return <ToolCall entry={entry} />;
    case 'message':
      return (
        <Line icon={<User className="size-4 text-soft" aria-hidden="true" />} who={entry.by?.name ?? 'Somebody'}>
          <p className="wrap-anywhere whitespace-pre-wrap rounded-lg bg-accent-soft px-3 py-2 text-sm text-text">
            {entry.by !== null && <span className="block text-soft text-xs">{entry.by.name}</span>}
            {entry.text}
          </p>
        </Line>
      );
    case 'question':
      return (
        <Line icon={<CircleHelp className="size-4 text-waiting" aria-hidden="true" />} who="It asks">
          <p className="wrap-anywhere whitespace-pre-wrap rounded-lg bg-waiting-soft px-3 py-2 text-sm text-text">
            {entry.message}
            <span className="mt-1 block text-waiting text-xs">
              {entry.answered ? 'Answered' : 'It waits for an answer'}
            </span>
          </p>
        </Line>
      );
    case 'retry':
      return (
        <Line icon={<RotateCw className="size-4 text-waiting" aria-hidden="true" />} who="Began again">
          <p className="text-sm text-soft">
            The run failed{entry.why !== '' && <>: {entry.why.replace(/\.$/, '')}</>}. Attempt {entry.attempt} follows.
          </p>
        </Line>
      );
    case 'refused':
      return (
        <Line icon={<CircleAlert className="size-4 text-failed" aria-hidden="true" />} who="Not passed on">
          <p className="text-failed text-sm">{entry.message}</p>
        </Line>
      );
  }
}

function Line({
  icon,
  who,
  depth = 0,
  children,
}: {
  icon: ReactNode;
  who: string;
  depth?: number;
  children: ReactNode;
}) {
  return (
    <li className="flex gap-2.5" style={depth === 0 ? undefined : { marginLeft: `${depth * 1.25}rem` }}>
      <span className="mt-0.5 shrink-0">{icon}</span>
      <span className="sr-only">{who}: </span>
      <div className="min-w-0 flex-1">{children}</div>
    </li>
  );
}

function ToolCall({ entry }: { entry: Extract<ThreadEntry, { kind: 'tool' }> }) {
  const [open, setOpen] = useState(false);
  const { name, input, output, error, ended, depth } = entry;
  const icon = !ended ? (
    <LoaderCircle className="size-4 animate-spin text-running" aria-hidden="true" />
  ) : error !== null ? (
    <CircleAlert className="size-4 text-failed" aria-hidden="true" />
  ) : (
    <Wrench className="size-4 text-faint" aria-hidden="true" />
  );
  return (
    <Line icon={icon} depth={depth} who={ended ? (error === null ? 'Has called' : 'Call that failed') : 'Calls'}>
      <button
        type="button"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
        className="flex w-full min-w-0 items-center gap-2 rounded-sm text-left text-sm"
      >
        <code className="shrink-0 font-mono text-text text-xs">{name}</code>
        <span className="min-w-0 flex-1 truncate text-soft text-xs">{aboutOf(input)}</span>
        <ChevronRight
          aria-hidden="true"
          className={cn('size-3.5 shrink-0 text-faint transition-transform duration-100', open && 'rotate-90')}
        />
      </button>
      {error !== null && <p className="mt-1 text-failed text-xs">{error}</p>}
      {open && (
        <div className="mt-2 flex flex-col gap-2">
          <JsonView value={input} label={`Input of ${name}`} compact />
          {ended && error === null && <JsonView value={output} label={`Output of ${name}`} compact />}
        </div>
      )}
    </Line>
  );
}
