import { changesOf } from '@agentflow/agent-files';
import { FileDiff, FileMinus, FilePlus, type LucideIcon } from 'lucide-react';
import { useMemo } from 'react';
import type { FileChange } from './choice.ts';

/** How each kind of change looks and is called. */
export const CHANGE_LOOKS: Readonly<
  Record<FileChange['change'], { icon: LucideIcon; word: string; className: string }>
> = {
  added: { icon: FilePlus, word: 'Added', className: 'text-completed' },
  changed: { icon: FileDiff, word: 'Changed', className: 'text-waiting' },
  deleted: { icon: FileMinus, word: 'Deleted', className: 'text-failed' },
};

interface ChangedFilesProps {
  base: Readonly<Record<string, string>>;
  files: Readonly<Record<string, string>>;
}

/** What a run has changed so far. */
export function ChangedFiles({ base, files }: ChangedFilesProps) {
  // Before the first state there are none at all, which does not mean that they are gone.
  const changes = useMemo(() => (Object.keys(files).length === 0 ? [] : changesOf(base, files)), [base, files]);
  if (changes.length === 0) return <p className="text-faint text-sm">Nothing has changed yet.</p>;
  return (
    <ul aria-label="Changed files" className="flex flex-col gap-1.5">
      {changes.map(({ path, change, hunks }) => {
        const look = CHANGE_LOOKS[change];
        return (
          <li key={path} className="flex items-center gap-2 text-sm">
            <look.icon aria-hidden="true" className={`size-4 shrink-0 ${look.className}`} />
            <span className="sr-only">{look.word}: </span>
            <code className="min-w-0 flex-1 truncate font-mono text-xs">{path}</code>
            {change === 'changed' && (
              <span className="tabular text-faint text-xs">
                {hunks} {hunks === 1 ? 'change' : 'changes'}
              </span>
            )}
          </li>
        );
      })}
    </ul>
  );
}
