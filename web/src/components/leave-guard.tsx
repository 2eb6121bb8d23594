import { useBlocker } from '@tanstack/react-router';
import { ConfirmDialog } from './ui/confirm-dialog.tsx';

interface LeaveGuardProps {
  /** Whether something typed is not saved yet. */
  dirty: boolean | (() => boolean);
  /** Saves it, where leaving may do so by itself, and tells whether everything is saved now. */
  save?: () => Promise<boolean>;
  /** What leaving loses. */
  description: string;
  /** Another tab of the same page loses nothing. */
  keptWithinPage?: boolean;
}

/** Asks before unsaved changes are left behind: by a link of the page, and by closing or reloading the tab. */
export function LeaveGuard({ dirty, save, description, keptWithinPage = false }: LeaveGuardProps) {
  const isDirty = () => (typeof dirty === 'function' ? dirty() : dirty);
  const leave = useBlocker({
    shouldBlockFn: async ({ current, next }) =>
      !(keptWithinPage && current.pathname === next.pathname) && isDirty() && !((await save?.()) ?? false),
    enableBeforeUnload: isDirty,
    withResolver: true,
  });
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
