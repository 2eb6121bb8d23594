import type { Organization } from '@agentflow/contracts';
import { useQuery } from '@tanstack/react-query';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Dialog, DialogBody, DialogFooter } from '@/components/ui/dialog.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { readTagged, type Tagged } from '@/features/agents/queries.ts';
import { fetchApi } from '@/lib/api.ts';

interface OrganizationConflictDialogProps {
  /** The name that could not be saved. */
  mine: string;
  busy: boolean;
  onKeepMine: (etag: string | null) => void;
  onTakeTheirs: (theirs: Tagged<Organization>) => void;
  onClose: () => void;
}

/** Somebody else saved first: shows both names, and lets the person choose. */
export function OrganizationConflictDialog(props: OrganizationConflictDialogProps) {
  const { mine, busy, onKeepMine, onTakeTheirs, onClose } = props;
  const theirs = useQuery({
    queryKey: ['organization', 'theirs', mine],
    queryFn: async ({ signal }) => readTagged<Organization>(await fetchApi('/org', { signal })),
    staleTime: 0,
    gcTime: 0,
  });
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title="Somebody else changed it"
      description="The organization has changed since you opened this page. Your name is not saved yet."
      className="max-w-md"
    >
      <DialogBody>
        {theirs.error && <ProblemCallout error={theirs.error} onRetry={() => void theirs.refetch()} />}
        {theirs.data === undefined && !theirs.error && <Skeleton className="h-12 w-full" />}
        {theirs.data !== undefined && (
          <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1.5 text-sm">
            <dt className="text-soft">Now</dt>
            <dd className="break-words font-medium text-text">{theirs.data.value.name}</dd>
            <dt className="text-soft">Yours</dt>
            <dd className="break-words font-medium text-text">{mine}</dd>
          </dl>
        )}
      </DialogBody>
      <DialogFooter>
        <Button disabled={theirs.data === undefined} onClick={() => theirs.data && onTakeTheirs(theirs.data)}>
          Reload, drop mine
        </Button>
        <Button
          variant="primary"
          busy={busy}
          disabled={theirs.data === undefined}
          onClick={() => theirs.data && onKeepMine(theirs.data.etag)}
        >
          Keep mine
        </Button>
      </DialogFooter>
    </Dialog>
  );
}
