import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Card, CardHeader } from '@/components/ui/card.tsx';
import { Dialog, DialogBody } from '@/components/ui/dialog.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { meQuery, useCan } from '@/features/shell/queries.ts';
import { EraseForm } from './erase-form.tsx';
import { memberLosses, organizationLosses } from './losses.ts';
import { organizationErasureQuery } from './queries.ts';
import { useGoodbye } from './say-goodbye.ts';

/** Where an owner can erase the organization; nobody else sees it. */
export function DangerZone() {
  const mayErase = useCan('org:erase');
  const [open, setOpen] = useState(false);
  if (!mayErase) return null;
  return (
    <Card className="mt-5 border-failed-solid/35">
      <CardHeader title="Danger zone" />
      <div className="flex flex-wrap items-center gap-3 p-4">
        <div className="min-w-0 flex-1 basis-60">
          <p className="font-medium">Erase the organization</p>
          <p className="text-sm text-soft">
            Its agents, executions, keys, secrets and history, at once and for good. People keep their accounts.
          </p>
        </div>
        <Button variant="danger" onClick={() => setOpen(true)}>
          Erase organization…
        </Button>
      </div>
      {open && <EraseOrganizationDialog onClose={() => setOpen(false)} />}
    </Card>
  );
}

function EraseOrganizationDialog({ onClose }: { onClose: () => void }) {
  const name = useQuery(meQuery).data?.organization.name ?? 'the organization';
  const preview = useQuery(organizationErasureQuery);
  const sayGoodbye = useGoodbye();
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={`Erase ${name}?`}
      description="There is no way back: nothing of it can be restored, by us neither."
    >
      {preview.data === undefined ? (
        <DialogBody>
          {preview.error ? (
            <ProblemCallout error={preview.error} onRetry={() => void preview.refetch()} />
          ) : (
            <Skeleton className="h-40 w-full" />
          )}
        </DialogBody>
      ) : (
        <EraseForm
          path="/org"
          word={preview.data.confirm}
          wordName="short name"
          confirmLabel="Erase for good"
          possible
          onErased={() => void sayGoodbye('organization', name)}
          onClose={onClose}
        >
          <div className="rounded-lg border border-failed-solid/35 bg-failed-soft px-4 py-3 text-sm">
            <p className="font-medium text-text">This goes:</p>
            <ul className="tabular mt-1 list-disc pl-4 text-soft">
              {organizationLosses(preview.data).map((loss) => (
                <li key={loss}>{loss}</li>
              ))}
            </ul>
            <p className="mt-2 text-soft">{memberLosses(preview.data)}</p>
          </div>
        </EraseForm>
      )}
    </Dialog>
  );
}
