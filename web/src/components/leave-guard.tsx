import { useBlocker } from '@tanstack/react-router';
import { ConfirmDialog } from './ui/confirm-dialog.tsx';

interface LeaveGuardProps {
  /** Whether something typed is not saved yet. */
  dirty: boolean;
  /** What leaving loses. */
  description: string;
}

/** Asks before unsaved changes are left behind: by a link of the page, and by closing or reloading the tab. */
export function LeaveGuard({ dirty, description }: LeaveGuardProps) {
  const leave = useBlocker({ shouldBlockFn: () => dirty, enableBeforeUnload: () => dirty, withResolver: true });
  return (
    <ConfirmDialog
      open={leave.status === 'blocked'}
      onOpenChange={(open) => {
        if (!open) leave.reset?.();
      }}
      title="Leave without saving?"
      description={description}
      confirmLabel="Leave"
      danger
      onConfirm={() => leave.proceed?.()}
    />
  );
}
