import type { Proposal } from '@agentflow/contracts';
import { useState } from 'react';
import { toast } from 'sonner';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Dialog, DialogBody, DialogFooter } from '@/components/ui/dialog.tsx';
import { Field } from '@/components/ui/field.tsx';
import { Textarea } from '@/components/ui/input.tsx';
import { isDecided, useReject } from './queries.ts';

/** Turns a proposal down, with why. */
export function RejectDialog({ proposal, onClose }: { proposal: Proposal; onClose: () => void }) {
  const [comment, setComment] = useState('');
  const reject = useReject(proposal);
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title="Reject this proposal?"
      description="The draft stays as it is. What the run has done is erased; the proposal itself can still be read."
      className="max-w-md"
      startInField
    >
      <form
        className="flex min-h-0 flex-col"
        onSubmit={(event) => {
          event.preventDefault();
          reject.mutate(comment, {
            onSuccess: () => {
              toast.success('Rejected');
              onClose();
            },
            onError: (error) => isDecided(error) && onClose(),
          });
        }}
      >
        <DialogBody>
          <Field label="Why" optional help="Whoever asked for it reads this.">
            {(control) => (
              <Textarea
                {...control}
                value={comment}
                maxLength={2000}
                onChange={(event) => setComment(event.target.value)}
              />
            )}
          </Field>
          {reject.error && <ProblemCallout error={reject.error} />}
        </DialogBody>
        <DialogFooter>
          <Button onClick={onClose}>Not yet</Button>
          <Button type="submit" variant="danger" busy={reject.isPending}>
            Reject
          </Button>
        </DialogFooter>
      </form>
    </Dialog>
  );
}
