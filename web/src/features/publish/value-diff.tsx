import type { JsonValue } from '@agentflow/contracts';
import { cn } from '@/lib/class-names.ts';
import { diffWords, type WordRun } from '@/lib/word-diff.ts';

function textOf(value: JsonValue | undefined): string | null {
  if (value === undefined) return null;
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2);
}

interface ValueDiffProps {
  /** undefined where the value is on one side only. */
  before: JsonValue | undefined;
  after: JsonValue | undefined;
  titles?: readonly [before: string, after: string];
}

/** Two values side by side, the words that differ marked. */
export function ValueDiff({ before, after, titles = ['Before', 'After'] }: ValueDiffProps) {
  const [old, now] = [textOf(before), textOf(after)];
  const runs =
    old !== null && now !== null
      ? diffWords(old, now)
      : { before: [{ text: old ?? '', changed: false }], after: [{ text: now ?? '', changed: false }] };
  return (
    <div className="grid gap-2 sm:grid-cols-2">
      <Side title={titles[0]} runs={old === null ? null : runs.before} mark="bg-failed-soft text-failed line-through" />
      <Side title={titles[1]} runs={now === null ? null : runs.after} mark="bg-completed-soft text-completed" />
    </div>
  );
}

function Side({ title, runs, mark }: { title: string; runs: WordRun[] | null; mark: string }) {
  return (
    <div className="min-w-0 rounded-md border border-line bg-sunken px-2 py-1.5">
      <div className="text-2xs text-faint">{title}</div>
      {runs === null ? (
        <span className="text-faint text-xs">not there</span>
      ) : (
        <pre
          // Scrollable regions must be reachable by keyboard.
          // biome-ignore lint/a11y/noNoninteractiveTabindex: WCAG 2.1.1 asks for it on scrolling regions
          tabIndex={0}
          className="max-h-64 overflow-auto whitespace-pre-wrap break-words rounded-xs font-mono text-text text-xs leading-5"
        >
          {runs.map((run, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: runs have no identity but their place
            <span key={index} className={run.changed ? cn('rounded-xs px-px', mark) : undefined}>
              {run.text}
            </span>
          ))}
        </pre>
      )}
    </div>
  );
}
