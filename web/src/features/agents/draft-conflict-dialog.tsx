import { type AgentDefinition, agentDefinition } from '@agentflow/contracts';
import { diffDefinitions } from '@agentflow/engine';
import { useQuery } from '@tanstack/react-query';
import { CopyButton } from '@/components/copy-button.tsx';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Dialog, DialogBody, DialogFooter } from '@/components/ui/dialog.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { ChangeList, summarizeChanges } from '@/features/publish/change-list.tsx';
import { fetchApi } from '@/lib/api.ts';
import { readTagged, type Tagged } from '@/lib/tagged.ts';

interface DraftConflictDialogProps {
  agentId: string;
  /** The text that could not be saved. */
  mine: string;
  busy: boolean;
  onKeepMine: (etag: string | null) => void;
  onTakeTheirs: (theirs: Tagged<AgentDefinition>) => void;
  onClose: () => void;
}

/** Somebody else saved first: shows how the two differ, and lets the person choose. Nothing is lost unasked. */
export function DraftConflictDialog({
  agentId,
  mine,
  busy,
  onKeepMine,
  onTakeTheirs,
  onClose,
}: DraftConflictDialogProps) {
  const theirs = useQuery({
    queryKey: ['agents', agentId, 'draft', 'theirs'],
    queryFn: async ({ signal }) => readTagged<AgentDefinition>(await fetchApi(`/agents/${agentId}/draft`, { signal })),
    staleTime: 0,
    gcTime: 0,
  });
  const ours = agentDefinition.safeParse(JSON.parse(mine));
  const changes = theirs.data !== undefined && ours.success ? diffDefinitions(theirs.data.value, ours.data) : undefined;
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title="The draft has changed since you opened it"
      description="Somebody saved another version meanwhile. Below is what your text would change in theirs."
      className="max-w-3xl"
    >
      <DialogBody>
        {theirs.error && <ProblemCallout error={theirs.error} onRetry={() => void theirs.refetch()} />}
        {changes === undefined && !theirs.error && <Skeleton className="h-40 w-full" />}
        {changes !== undefined && (
          <>
            <p className="text-sm text-soft">{summarizeChanges(changes)}</p>
            <ChangeList changes={changes} />
          </>
        )}
      </DialogBody>
      <DialogFooter>
        <CopyButton value={mine} label="Copy my text" className="mr-auto">
          Copy my text
        </CopyButton>
        <Button disabled={theirs.data === undefined} onClick={() => theirs.data && onTakeTheirs(theirs.data)}>
          Take theirs, drop mine
        </Button>
        <Button
          variant="danger"
          busy={busy}
          disabled={theirs.data === undefined}
          onClick={() => theirs.data && onKeepMine(theirs.data.etag)}
        >
          Save mine over theirs
        </Button>
      </DialogFooter>
    </Dialog>
  );
}
