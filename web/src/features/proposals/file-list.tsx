import { MessageSquare } from 'lucide-react';
import { Checkbox } from '@/components/ui/checkbox.tsx';
import { cn } from '@/lib/class-names.ts';
import { CHANGE_LOOKS } from './changed-files.tsx';
import { type FileChange, type LeftOut, shareOf } from './choice.ts';

interface FileListProps {
  changes: readonly FileChange[];
  selected: string;
  onSelect: (path: string) => void;
  leftOut: LeftOut;
  /** Null where nothing is to be decided. */
  onToggle: ((change: FileChange) => void) | null;
  /** How many comments each file has. */
  comments: ReadonlyMap<string, number>;
}

/** Files by their folder, what stands at the top first. */
function foldersOf(changes: readonly FileChange[]): [string, FileChange[]][] {
  const folders = new Map<string, FileChange[]>();
  for (const change of changes) {
    const folder = change.path.includes('/') ? change.path.slice(0, change.path.lastIndexOf('/')) : '';
    folders.set(folder, [...(folders.get(folder) ?? []), change]);
  }
  return [...folders].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** The files that change, in the order in which the list shows them. */
export function inListOrder(changes: readonly FileChange[]): FileChange[] {
  return foldersOf(changes).flatMap(([, files]) => files);
}

/** What changes, file by file, with what is taken of each. */
export function FileList({ changes, selected, onSelect, leftOut, onToggle, comments }: FileListProps) {
  return (
    <nav aria-label="Changed files" className="flex flex-col gap-2 p-2">
      {foldersOf(changes).map(([folder, files]) => (
        <div key={folder}>
          {folder !== '' && <p className="px-2 pt-1 pb-0.5 font-mono text-faint text-xs">{folder}/</p>}
          <ul>
            {files.map((change) => {
              const { path } = change;
              const look = CHANGE_LOOKS[change.change];
              const share = shareOf(leftOut, change);
              const count = comments.get(path) ?? 0;
              return (
                <li
                  key={path}
                  className={cn(
                    'flex items-center gap-2 rounded-md px-2 hover:bg-hover',
                    path === selected && 'bg-hover',
                  )}
                >
                  {onToggle !== null && (
                    <Checkbox
                      aria-label={`Take ${path}`}
                      checked={share === 'all' ? true : share === 'none' ? false : 'indeterminate'}
                      onCheckedChange={() => onToggle(change)}
                    />
                  )}
                  <button
                    type="button"
                    data-file={path}
                    aria-current={path === selected ? 'true' : undefined}
                    onClick={() => onSelect(path)}
                    className="flex h-8 min-w-0 flex-1 items-center gap-2 rounded-sm text-left text-sm"
                  >
                    <look.icon aria-hidden="true" className={cn('size-4 shrink-0', look.className)} />
                    <span className="sr-only">{look.word}: </span>
                    <span
                      className={cn(
                        'min-w-0 flex-1 truncate font-mono text-xs',
                        share === 'none' && 'text-faint line-through',
                      )}
                      title={path}
                    >
                      {path.slice(path.lastIndexOf('/') + 1)}
                    </span>
                    {count > 0 && (
                      <span className="tabular flex items-center gap-0.5 text-faint text-xs">
                        <MessageSquare className="size-3" aria-hidden="true" /> {count}
                        <span className="sr-only"> comments</span>
                      </span>
                    )}
                    {share === 'some' && <span className="text-waiting text-xs">partly</span>}
                  </button>
                </li>
              );
            })}
          </ul>
        </div>
      ))}
    </nav>
  );
}
