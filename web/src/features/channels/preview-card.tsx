import type { MessagePreview as Preview } from '@agentflow/contracts';
import type { UseQueryResult } from '@tanstack/react-query';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Card, CardHeader } from '@/components/ui/card.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { MessagePreview } from '@/features/message-preview/message-preview.tsx';
import { KIND_WORDS } from './platforms.ts';

/** The message that an example would make. */
export function PreviewCard({ preview }: { preview: UseQueryResult<Preview> }) {
  return (
    <Card>
      <CardHeader
        title="Preview"
        description={
          preview.data === undefined ? 'Of an example' : `${KIND_WORDS[preview.data.kind].label}, of an example`
        }
      />
      <div className="p-4">
        {preview.error && preview.data === undefined ? (
          <ProblemCallout error={preview.error} onRetry={() => void preview.refetch()} />
        ) : preview.data === undefined ? (
          <Skeleton className="h-48 w-full" />
        ) : (
          <MessagePreview preview={preview.data} />
        )}
      </div>
    </Card>
  );
}
