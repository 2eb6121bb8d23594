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
  /** Of an expectation, what came is wrong, not what was expected. */
  of?: keyof typeof SIDES;
}

const [GOOD, BAD] = ['bg-completed-soft text-completed', 'bg-failed-soft text-failed'];
const SIDES = {
  change: [
    { title: 'Before', mark: `${BAD} line-through` },
    { title: 'After', mark: GOOD },
  ],
  expectation: [
    { title: 'Expected', mark: GOOD },
    { title: 'Got', mark: BAD },
  ],
} as const;

/** Two values side by side, the words that differ marked. */
export function ValueDiff({ before, after, of = 'change' }: ValueDiffProps) {
  const [left, right] = SIDES[of];
  const [old, now] = [textOf(before), textOf(after)];
  const runs =
    old !== null && now !== null
      ? diffWords(old, now)
      : { before: [{ text: old ?? '', changed: false }], after: [{ text: now ?? '', changed: false }] };
  return (
    <div className="grid gap-2 sm:grid-cols-2">
      <Side {...left} runs={old === null ? null : runs.before} />
      <Side {...right} runs={now === null ? null : runs.after} />
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
