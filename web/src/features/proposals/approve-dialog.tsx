import { approvalHash } from '@agentflow/agent-files';
import { type ApproveProposalRequest, type Proposal, type ProposalMerge, proposalMerge } from '@agentflow/contracts';
import { useState } from 'react';
import { toast } from 'sonner';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Dialog, DialogBody, DialogFooter } from '@/components/ui/dialog.tsx';
import { Field } from '@/components/ui/field.tsx';
import { Textarea } from '@/components/ui/input.tsx';
import { RequestFailure } from '@/lib/api.ts';
import { CHANGE_LOOKS } from './changed-files.tsx';
import { choiceWords, chosenFiles, chosenParts, type LeftOut, shareOf } from './choice.ts';
import { MergeDialog } from './merge-dialog.tsx';
import { isDecided, useApprove } from './queries.ts';

interface ApproveDialogProps {
  proposal: Proposal;
  leftOut: LeftOut;
  onClose: () => void;
}

function mergeOf(error: Error | null): ProposalMerge | null {
  if (!(error instanceof RequestFailure) || error.code !== 'draft_moved') return null;
  const merge = proposalMerge.safeParse(error.merge);
  return merge.success ? merge.data : null;
}

/** Says once more what is approved, and approves exactly these bytes. Where the draft has moved, both are brought together first. */
export function ApproveDialog({ proposal, leftOut, onClose }: ApproveDialogProps) {
  const [comment, setComment] = useState('');
  const approve = useApprove(proposal);
  const words = choiceWords(proposal.changes, leftOut);
  const parts = chosenParts(proposal.changes, leftOut);
  const send = (request: Pick<ApproveProposalRequest, 'hash' | 'onto' | 'resolved'>) =>
    approve.mutate(
      { ...parts, ...request, comment },
      {
        onSuccess: () => {
          toast.success('Approved: the draft has changed');
          onClose();
        },
        onError: (error) => isDecided(error) && onClose(),
      },
    );
  const merge = mergeOf(approve.error);
  if (merge !== null) {
    return (
      <MergeDialog
        proposal={proposal}
        leftOut={leftOut}
        merge={merge}
        busy={approve.isPending}
        onApprove={async (files, resolved) =>
          send({
            hash: await approvalHash(files, merge.draft_version),
            onto: merge.draft_version,
            ...(Object.keys(resolved).length === 0 ? {} : { resolved }),
          })
        }
        onClose={onClose}
      />
    );
  }
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={words.everything ? 'Approve all changes?' : `${words.approve}?`}
      description={`The draft of ${proposal.agent_name} changes. What is live stays as it is until somebody publishes.`}
    >
      <form
        className="flex min-h-0 flex-col"
        onSubmit={async (event) => {
          event.preventDefault();
          send({ hash: await approvalHash(chosenFiles(proposal, leftOut), proposal.base_version) });
        }}
      >
        <DialogBody>
          <ul aria-label="What is approved" className="flex flex-col gap-1.5">
            {proposal.changes.map((change) => {
              const share = shareOf(leftOut, change);
              const look = CHANGE_LOOKS[change.change];
              return (
                <li key={change.path} className={share === 'none' ? 'text-faint' : 'text-text'}>
                  <span className="flex items-center gap-2 text-sm">
                    <look.icon aria-hidden="true" className={`size-4 shrink-0 ${look.className}`} />
                    <code className="min-w-0 flex-1 truncate font-mono text-xs">{change.path}</code>
                    <span className="text-soft text-xs">
                      {share === 'all' ? look.word : share === 'some' ? 'Partly' : 'Left out'}
                    </span>
                  </span>
                </li>
              );
            })}
          </ul>
          <Field label="Comment" optional>
            {(control) => (
              <Textarea
                {...control}
                value={comment}
                maxLength={2000}
                onChange={(event) => setComment(event.target.value)}
                className="min-h-16"
              />
            )}
          </Field>
          {approve.error && <ProblemCallout error={approve.error} />}
        </DialogBody>
        <DialogFooter>
          <Button onClick={onClose}>Not yet</Button>
          <Button type="submit" variant="primary" busy={approve.isPending}>
            {words.approve}
          </Button>
        </DialogFooter>
      </form>
    </Dialog>
  );
}
