import type { Proposal } from '@agentflow/contracts';
import { Check, MessageSquarePlus, X } from 'lucide-react';
import { Button } from '@/components/ui/button.tsx';
import { cn } from '@/lib/class-names.ts';
import type { ChoiceWords } from './choice.ts';

interface DecisionBarProps {
  proposal: Proposal;
  words: ChoiceWords;
  /** Why what is chosen can’t be approved. */
  broken: string | null;
  onApprove: () => void;
  onReject: () => void;
  onFollowUp: (() => void) | null;
  onChooseAll: () => void;
}

/** What is chosen, and what can be done with it: always in sight. */
export function DecisionBar(props: DecisionBarProps) {
  const { proposal, words, broken, onApprove, onReject, onFollowUp, onChooseAll } = props;
  const moved = proposal.draft_version !== proposal.base_version;
  return (
    <section
      aria-label="Decision"
      className="sticky bottom-3 z-20 mt-4 flex flex-wrap items-center gap-x-3 gap-y-2 rounded-xl border border-line-strong bg-raised px-4 py-3 shadow-pop"
    >
      <div className="min-w-0 flex-1 basis-52">
        <p className="tabular text-sm" role="status">
          <span className="font-medium text-text">{words.chosen}</span> <span className="text-soft">chosen</span>
          {!words.everything && (
            <Button variant="link" size="sm" className="ml-2" onClick={onChooseAll}>
              Choose all
            </Button>
          )}
        </p>
        <p className={cn('text-faint text-xs', broken === null && !moved && 'max-sm:hidden')}>
          {broken ??
            (moved
              ? `The draft has moved since: revision ${proposal.base_version} then, ${proposal.draft_version} now. Approving brings both together.`
              : 'Approving changes the draft. Nothing goes live until you publish it.')}
        </p>
      </div>
      {onFollowUp !== null && (
        <Button onClick={onFollowUp}>
          <MessageSquarePlus aria-hidden="true" /> <span className="max-sm:sr-only">Go on from here…</span>
        </Button>
      )}
      <Button onClick={onReject}>
        <X aria-hidden="true" /> Reject…
      </Button>
      <Button
        variant="primary"
        className="max-sm:flex-1"
        disabled={words.nothing || broken !== null}
        aria-keyshortcuts="A"
        onClick={onApprove}
      >
        <Check aria-hidden="true" /> {words.approve}
      </Button>
    </section>
  );
}
