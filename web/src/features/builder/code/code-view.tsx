import { lazy, Suspense } from 'react';
import { RoutePending } from '@/components/route-pending.tsx';
import { Segments } from '@/features/node-form/controls/segments.tsx';
import { useBuilder } from '../builder-context.ts';
import { JsonView } from './json-view.tsx';

export type CodeFormat = 'files' | 'json';

// Reading YAML is larger than the rest of the builder's code view.
const FilesView = lazy(() => import('./files-view.tsx'));

interface CodeViewProps {
  format: CodeFormat;
  onFormat: (format: CodeFormat) => void;
}

/** The draft as text: as files, or as one JSON document. */
export function CodeView({ format, onFormat }: CodeViewProps) {
  const unreadable = useBuilder((builder) => builder.unreadText !== null);
  // A document that is no definition has no files.
  const shown = unreadable ? 'json' : format;
  return (
    <div className="flex min-h-0 min-w-0 flex-1 flex-col">
      <div className="flex shrink-0 items-center gap-3 border-line border-b bg-surface px-2 py-1.5">
        <Segments
          label="Draft as"
          value={shown}
          options={[
            { value: 'files', label: 'Files' },
            { value: 'json', label: 'JSON' },
          ]}
          onChange={onFormat}
        />
        <p className="min-w-0 truncate text-faint text-xs max-sm:hidden">
          The same draft as on the canvas: what you write here is there at once.
        </p>
      </div>
      {shown === 'json' ? (
        <JsonView />
      ) : (
        <Suspense fallback={<RoutePending />}>
          <FilesView />
        </Suspense>
      )}
    </div>
  );
}
