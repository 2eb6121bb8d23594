import { type Execution, isTerminal } from '@agentflow/contracts';
import { useQuery } from '@tanstack/react-query';
import { FolderOpen } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { Plan } from '@/components/plan.tsx';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Card, CardHeader } from '@/components/ui/card.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { useCan } from '@/features/shell/queries.ts';
import { cn } from '@/lib/class-names.ts';
import { formatCount } from '@/lib/format.ts';
import type { LiveExecution, ShownStep } from '../live-execution.ts';
import { filesOf, lastWritten, planIn, type VersionedFile } from './files-of.ts';
import { workspaceFilesQuery } from './queries.ts';
import { SayBox } from './say-box.tsx';

const FileViewer = lazy(() => import('./file-viewer.tsx'));

interface WorkspaceCardProps {
  execution: Execution;
  live: LiveExecution;
  steps: readonly ShownStep[];
  onStep: (stepId: string) => void;
}

/** What the deep agents of an execution have planned and written, as it changes. */
export function WorkspaceCard({ execution, live, steps, onStep }: WorkspaceCardProps) {
  const maySay = useCan('agents:execute');
  const ended = isTerminal(execution.status);
  const workspace = useQuery(workspaceFilesQuery(execution.id, live.workspace?.seq ?? 0));
  const [chosen, choose] = useState<string | null>(null);
  const files = filesOf(workspace.data ?? []);
  const todos = live.workspace?.todos ?? planIn(steps);
  const selected = files.find(({ path }) => path === chosen) ?? lastWritten(workspace.data ?? [], files);
  const done = todos.filter(({ status }) => status === 'completed').length;
  return (
    <Card className="mb-4" role="region" aria-label="Workspace">
      <CardHeader title="Workspace">
        <span className="tabular text-faint text-xs">
          {todos.length > 0 && `${done} of ${todos.length} done · `}
          {files.length === 1 ? '1 file' : `${files.length} files`}
        </span>
      </CardHeader>
      {workspace.error !== null && workspace.data === undefined ? (
        <ProblemCallout error={workspace.error} onRetry={() => void workspace.refetch()} className="m-4" />
      ) : workspace.data === undefined ? (
        <Skeleton className="m-4 h-28" />
      ) : (
        <div className="grid md:grid-cols-[minmax(0,2fr)_minmax(0,3fr)]">
          <div className="min-w-0 border-line max-md:border-b md:border-r">
            {todos.length > 0 && (
              <div className="border-line border-b p-4">
                <Plan todos={todos} still={ended} />
              </div>
            )}
            <FileNames files={files} selected={selected?.path} ended={ended} onSelect={choose} />
          </div>
          <div className="flex h-80 min-w-0 flex-col">
            {selected === undefined ? (
              <p className="m-auto px-4 text-center text-faint text-sm">
                {ended ? 'It wrote no files.' : 'What it writes is shown here.'}
              </p>
            ) : (
              <Suspense fallback={<Skeleton className="m-4 h-40" />}>
                <FileViewer key={selected.path} executionId={execution.id} file={selected} onStep={onStep} />
              </Suspense>
            )}
          </div>
        </div>
      )}
      {!ended && maySay && <SayBox executionId={execution.id} said={live.said} seen={live.seq} />}
    </Card>
  );
}

interface FileNamesProps {
  files: readonly VersionedFile[];
  selected: string | undefined;
  ended: boolean;
  onSelect: (path: string) => void;
}

function FileNames({ files, selected, ended, onSelect }: FileNamesProps) {
  if (files.length === 0) {
    return (
      <p className="flex items-center gap-2 p-4 text-faint text-sm">
        <FolderOpen className="size-4" aria-hidden="true" /> {ended ? 'No files' : 'No files yet'}
      </p>
    );
  }
  return (
    <ul aria-label="Files" className="max-h-64 overflow-y-auto p-1.5">
      {files.map(({ path, newest }) => (
        <li key={path}>
          <button
            type="button"
            aria-current={path === selected}
            onClick={() => onSelect(path)}
            className={cn(
              'flex h-8 w-full items-center gap-3 rounded-md px-2.5 text-left hover:bg-hover',
              path === selected && 'bg-accent-soft hover:bg-accent-soft',
            )}
          >
            <span
              className={cn('min-w-0 flex-1 truncate font-mono text-xs', newest.deleted && 'text-faint line-through')}
            >
              {path}
            </span>
            {newest.deleted ? (
              <span className="text-faint text-xs">deleted</span>
            ) : (
              <span className="tabular shrink-0 text-faint text-xs">
                v{newest.version} · {formatCount(newest.size)}
              </span>
            )}
          </button>
        </li>
      ))}
    </ul>
  );
}
