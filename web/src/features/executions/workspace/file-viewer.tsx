import { useQuery } from '@tanstack/react-query';
import { Download } from 'lucide-react';
import { useState } from 'react';
import { CopyButton } from '@/components/copy-button.tsx';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Select } from '@/components/ui/select.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import TextEditor from '@/features/text-editor/text-editor.tsx';
import { languageOf } from '@/features/text-editor/text-stretches.ts';
import { download } from '@/lib/download.ts';
import { formatExactTime } from '@/lib/format.ts';
import type { VersionedFile } from './files-of.ts';
import { fileVersionQuery } from './queries.ts';

interface FileViewerProps {
  executionId: string;
  file: VersionedFile;
  onStep: (stepId: string) => void;
}

const NEWEST = 'newest';

/** A file of a workspace, of any version; the newest one is followed. */
export default function FileViewer({ executionId, file: { path, newest, versions }, onStep }: FileViewerProps) {
  const [picked, pick] = useState(NEWEST);
  const version = picked === NEWEST ? newest.version : Number(picked);
  const shown = versions.find((each) => each.version === version) ?? newest;
  const content = useQuery({
    ...fileVersionQuery(executionId, path, version),
    enabled: !shown.deleted,
    placeholderData: (known) => known,
  });
  const text = content.data?.content;
  const { step_id: stepId } = shown;
  return (
    <>
      <div className="flex min-h-10 flex-wrap items-center gap-2 border-line border-b px-3 py-1">
        <Select
          label="Version"
          className="h-7 text-xs"
          value={picked}
          onValueChange={pick}
          options={[
            { value: NEWEST, label: `Newest (v${newest.version})` },
            ...versions.map((each) => ({
              value: String(each.version),
              label: `v${each.version}${each.deleted ? ', deleted' : ''}`,
            })),
          ]}
        />
        <span className="min-w-0 flex-1 truncate text-faint text-xs" title={formatExactTime(shown.written_at)}>
          {stepId === null ? (
            'there from the beginning'
          ) : (
            <button
              type="button"
              className="rounded-sm text-accent-text hover:underline"
              onClick={() => onStep(stepId)}
            >
              written by {stepId}
            </button>
          )}
        </span>
        {text !== undefined && !shown.deleted && (
          <>
            <CopyButton value={text} label={`Copy ${path}`} />
            <Button
              variant="ghost"
              size="icon-sm"
              aria-label={`Download ${path}`}
              title={`Download ${path}`}
              onClick={() => download(new Blob([text], { type: 'text/plain' }), path.split('/').at(-1) ?? path)}
            >
              <Download aria-hidden="true" />
            </Button>
          </>
        )}
      </div>
      <div className="min-h-0 flex-1">
        {shown.deleted ? (
          <p className="p-4 text-faint text-sm">It was deleted.</p>
        ) : content.error !== null && text === undefined ? (
          <ProblemCallout error={content.error} onRetry={() => void content.refetch()} className="m-3" />
        ) : text === undefined ? (
          <Skeleton className="m-3 h-32" />
        ) : (
          <TextEditor label={path} language={languageOf(path)} value={text} readOnly />
        )}
      </div>
    </>
  );
}
