import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { X } from 'lucide-react';
import type { KeyboardEvent } from 'react';
import { CopyableId } from '@/components/copy-button.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { ApprovalBadge } from '@/components/status-badge.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Kbd } from '@/components/ui/kbd.tsx';
import { Sheet } from '@/components/ui/sheet.tsx';
import { shortId } from '@/lib/format.ts';
import { ApprovalQuestion } from './approval-question.tsx';
import { approvalQuery } from './queries.ts';

/** One approval beside the list; `id` undefined is closed. */
interface ApprovalSheetProps {
  id: string | undefined;
  onClose: () => void;
  /** To the next one of the list, or with -1 to the one before. */
  onMove: (by: 1 | -1) => void;
}

/** Keys are for whoever does not write just now. */
function isWriting(target: EventTarget): boolean {
  return target instanceof HTMLElement && target.closest('input, textarea, select, [contenteditable]') !== null;
}

export function ApprovalSheet({ id, onClose, onMove }: ApprovalSheetProps) {
  const approval = useQuery({ ...approvalQuery(id ?? ''), enabled: id !== undefined }).data;
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    if (event.altKey || event.ctrlKey || event.metaKey || isWriting(event.target)) return;
    const press = (decision: string) =>
      event.currentTarget.querySelector<HTMLButtonElement>(`button[data-decision="${decision}"]`)?.click();
    const act = {
      j: () => onMove(1),
      k: () => onMove(-1),
      a: () => press('approve'),
      d: () => press('deny'),
    }[event.key];
    if (act === undefined) return;
    event.preventDefault();
    act();
  };
  return (
    <Sheet
      open={id !== undefined}
      onOpenChange={(open) => !open && onClose()}
      title={approval?.title ?? 'Approval'}
      side="right"
      onKeyDown={onKeyDown}
    >
      <div className="flex items-start gap-3 border-line border-b px-5 py-4">
        <div className="min-w-0 flex-1">
          <p aria-hidden="true" className="break-words font-semibold text-lg">
            {approval?.title ?? 'Approval'}
          </p>
          {approval !== undefined && (
            <p className="mt-0.5 text-sm text-soft">
              <Link
                to="/dashboard/executions/$executionId"
                params={{ executionId: approval.execution_id }}
                search={{ step: approval.step_id }}
                className="rounded-sm text-accent-text underline underline-offset-4"
              >
                {approval.agent_name}
              </Link>{' '}
              asks, started by {approval.requested_by.name}, <RelativeTime iso={approval.requested_at} />
            </p>
          )}
        </div>
        {approval !== undefined && <ApprovalBadge status={approval.status} />}
        <Button variant="ghost" size="icon-sm" aria-label="Close" onClick={onClose}>
          <X aria-hidden="true" />
        </Button>
      </div>
      <div className="flex-1 overflow-y-auto px-5 py-4">
        {id !== undefined && <ApprovalQuestion key={id} id={id} />}
      </div>
      {id !== undefined && (
        <div className="flex items-center gap-3 border-line border-t bg-sunken px-5 py-2">
          <CopyableId id={id} short={shortId(id)} />
          <p className="ml-auto flex items-center gap-1 text-faint text-xs max-sm:hidden">
            {approval?.status === 'pending' && approval.may_decide && (
              <>
                <Kbd>a</Kbd> {approval.kind === 'form' ? 'send' : 'approve'}
                {approval.kind === 'approval' && (
                  <>
                    <Kbd>d</Kbd> deny
                  </>
                )}
              </>
            )}
            <Kbd>j</Kbd> <Kbd>k</Kbd> next, previous
          </p>
        </div>
      )}
    </Sheet>
  );
}
