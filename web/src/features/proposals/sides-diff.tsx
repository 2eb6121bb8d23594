import { hunksOf } from '@agentflow/agent-files';
import { lazy, Suspense, useMemo } from 'react';
import { Skeleton } from '@/components/ui/skeleton.tsx';

const MergeEditor = lazy(() => import('./merge-editor.tsx'));

interface SidesDiffProps {
  path: string;
  /** Null where it is not there. */
  before: string | null;
  after: string | null;
  titles: { readonly before: string; readonly after: string };
  unified: boolean;
}

const NOTHING: readonly number[] = [];

/** Two contents of a file side by side, to look at. */
export function SidesDiff({ path, before, after, titles, unified }: SidesDiffProps) {
  const hunks = useMemo(() => hunksOf(before, after), [before, after]);
  const { before: left, after: right } = titles;
  const named = useMemo(() => ({ before: `${path}: ${left}`, after: `${path}: ${right}` }), [path, left, right]);
  return (
    <div className="max-h-96 overflow-y-auto">
      {!unified && (
        <div aria-hidden="true" className="grid grid-cols-2 border-line border-b text-faint text-xs">
          <span className="px-3 py-1.5">{left}</span>
          <span className="px-3 py-1.5">{right}</span>
        </div>
      )}
      <Suspense fallback={<Skeleton className="m-3 h-32" />}>
        <MergeEditor
          path={path}
          before={before ?? ''}
          after={after ?? ''}
          hunks={hunks}
          isChosen={() => true}
          unified={unified}
          commented={NOTHING}
          titles={named}
        />
      </Suspense>
    </div>
  );
}
