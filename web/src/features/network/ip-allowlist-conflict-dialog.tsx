import type { IpAllowlist } from '@agentflow/contracts';
import { useQuery } from '@tanstack/react-query';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Dialog, DialogBody, DialogFooter } from '@/components/ui/dialog.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { readTagged, type Tagged } from '@/features/agents/queries.ts';
import { fetchApi } from '@/lib/api.ts';
import { ipAllowlistQuery } from './queries.ts';

interface IpAllowlistConflictDialogProps {
  /** The entries that could not be saved. */
  mine: IpAllowlist['entries'];
  busy: boolean;
  onKeepMine: (etag: string | null) => void;
  onTakeTheirs: (theirs: Tagged<IpAllowlist>) => void;
  onClose: () => void;
}

/** Somebody else saved first: shows both lists, and lets the person choose. */
export function IpAllowlistConflictDialog(props: IpAllowlistConflictDialogProps) {
  const { mine, busy, onKeepMine, onTakeTheirs, onClose } = props;
  const theirs = useQuery({
    queryKey: [...ipAllowlistQuery.queryKey, 'theirs', mine],
    queryFn: async ({ signal }) => readTagged<IpAllowlist>(await fetchApi('/org/ip-allowlist', { signal })),
    staleTime: 0,
    gcTime: 0,
  });
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title="Somebody else changed it"
      description="The allowlist has changed since you opened this page. Your list is not saved yet."
    >
      <DialogBody>
        {theirs.error && <ProblemCallout error={theirs.error} onRetry={() => void theirs.refetch()} />}
        {theirs.data === undefined && !theirs.error && <Skeleton className="h-24 w-full" />}
        {theirs.data !== undefined && (
          <div className="grid gap-4 sm:grid-cols-2">
            <Networks title="Now" entries={theirs.data.value.entries} others={mine} />
            <Networks title="Yours" entries={mine} others={theirs.data.value.entries} />
          </div>
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

interface NetworksProps {
  title: string;
  entries: IpAllowlist['entries'];
  others: IpAllowlist['entries'];
}

/** One of the two lists; what the other one lacks is told. */
function Networks({ title, entries, others }: NetworksProps) {
  return (
    <section aria-label={title}>
      <h3 className="mb-1.5 text-sm text-soft">{title}</h3>
      {entries.length === 0 ? (
        <p className="text-sm text-text">Empty: every address is allowed</p>
      ) : (
        <ul className="flex flex-col gap-1 text-sm">
          {entries.map((entry) => {
            const alone = !others.some((other) => other.network === entry.network);
            return (
              <li key={entry.network} className={alone ? 'rounded-sm bg-waiting-soft px-1' : 'px-1'}>
                <code className="break-all font-mono text-text text-xs">{entry.network}</code>
                {alone && <span className="ml-1.5 text-waiting text-xs">only here</span>}
                {entry.description !== '' && <span className="block text-faint text-xs">{entry.description}</span>}
              </li>
            );
          })}
        </ul>
      )}
    </section>
  );
}
