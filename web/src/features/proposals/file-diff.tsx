import { hunksOf } from '@agentflow/agent-files';
import type { Proposal } from '@agentflow/contracts';
import { lazy, Suspense, useMemo } from 'react';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { useMediaQuery } from '@/lib/use-media-query.ts';
import { CHANGE_LOOKS } from './changed-files.tsx';
import { type FileChange, isChosen, type LeftOut } from './choice.ts';

const MergeEditor = lazy(() => import('./merge-editor.tsx'));

interface FileDiffProps {
  proposal: Proposal;
  change: FileChange;
  leftOut: LeftOut;
  /** Null where nothing is to be decided. */
  onToggle: ((hunk: number) => void) | null;
  commented: readonly number[];
  onLine: (line: number) => void;
}

/** One file as it was and as it would be; a checkbox for each change where there are several. */
export function FileDiff({ proposal, change, leftOut, onToggle, commented, onLine }: FileDiffProps) {
  const { path } = change;
  const isNarrow = useMediaQuery('(max-width: 1023px)');
  const before = proposal.base_files[path] ?? null;
  const after = proposal.generated_files[path] ?? null;
  const hunks = useMemo(() => hunksOf(before, after), [before, after]);
  const look = CHANGE_LOOKS[change.change];
  const titles = useMemo(() => ({ before: `${path} as it is in the draft`, after: `${path} as proposed` }), [path]);
  return (
    <section aria-label={`Changes of ${path}`} className="min-w-0">
      <div className="flex min-h-10 items-center gap-2 border-line border-b px-4 py-2">
        <look.icon aria-hidden="true" className={`size-4 shrink-0 ${look.className}`} />
        <h3 className="wrap-anywhere min-w-0 flex-1 font-mono text-sm">{path}</h3>
        <span className="text-faint text-xs">{look.word}</span>
      </div>
      <Suspense fallback={<Skeleton className="m-4 h-64" />}>
        <MergeEditor
          path={path}
          before={before ?? ''}
          after={after ?? ''}
          hunks={hunks}
          isChosen={(hunk) => isChosen(leftOut, path, hunk)}
          onToggle={onToggle ?? undefined}
          unified={isNarrow || before === null || after === null}
          commented={commented}
          onLine={onLine}
          titles={titles}
        />
      </Suspense>
    </section>
  );
}
