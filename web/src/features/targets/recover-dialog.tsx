import type { recovered } from '@agentflow/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { toast } from 'sonner';
import type { z } from 'zod';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Dialog, DialogBody, DialogFooter } from '@/components/ui/dialog.tsx';
import { Field } from '@/components/ui/field.tsx';
import { Select } from '@/components/ui/select.tsx';
import { api } from '@/lib/api.ts';
import { formatCount } from '@/lib/format.ts';

const HOUR_MS = 3_600_000;
const SINCE = [
  { value: '1', label: 'The last hour' },
  { value: '24', label: 'The last 24 hours' },
  { value: '168', label: 'The last 7 days' },
  { value: '720', label: 'The last 30 days: all that is kept' },
];

interface RecoverDialogProps {
  /** Of the target. */
  path: string;
  failed: number;
  onClose: () => void;
}

/** Sends again what has failed since a time. */
export function RecoverDialog({ path, failed, onClose }: RecoverDialogProps) {
  const queries = useQueryClient();
  const [hours, setHours] = useState('24');
  const recover = useMutation({
    mutationFn: () =>
      api<z.infer<typeof recovered>>(`${path}/recover`, {
        method: 'POST',
        body: { since: new Date(Date.now() - Number(hours) * HOUR_MS).toISOString() },
      }),
    onSuccess: async ({ deliveries }) => {
      onClose();
      toast.success(
        deliveries === 0
          ? 'Nothing has failed in this time'
          : `${formatCount(deliveries)} ${deliveries === 1 ? 'delivery is' : 'deliveries are'} sent again`,
      );
      await queries.invalidateQueries({ queryKey: ['deliveries'] });
    },
  });
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title="Recover failed deliveries"
      description={`Each is sent again with the webhook-id that it had. ${formatCount(failed)} ${failed === 1 ? 'has' : 'have'} failed of all that is kept.`}
      className="max-w-md"
    >
      <form
        className="flex min-h-0 flex-col"
        onSubmit={(event) => {
          event.preventDefault();
          recover.mutate();
        }}
      >
        <DialogBody>
          <Field label="Failed in">
            {(control) => <Select id={control.id} value={hours} options={SINCE} onValueChange={setHours} />}
          </Field>
          {recover.error && <ProblemCallout error={recover.error} />}
        </DialogBody>
        <DialogFooter>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" busy={recover.isPending}>
            Send them again
          </Button>
        </DialogFooter>
      </form>
    </Dialog>
  );
}
