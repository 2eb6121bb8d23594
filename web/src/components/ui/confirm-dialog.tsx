import { type ReactNode, useId, useState } from 'react';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Button } from './button.tsx';
import { Dialog, DialogBody, DialogFooter } from './dialog.tsx';
import { Input } from './input.tsx';

interface ConfirmDialogProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  /** What will be lost. */
  description: ReactNode;
  confirmLabel: string;
  danger?: boolean;
  /** For grave acts: what must be typed first. */
  typedName?: string;
  busy?: boolean;
  error?: Error | null;
  onConfirm: () => void;
}

export function ConfirmDialog(props: ConfirmDialogProps) {
  const { open, onOpenChange, title, description, confirmLabel, danger, typedName, busy, error, onConfirm } = props;
  const [typed, setTyped] = useState('');
  const id = useId();
  const ready = typedName === undefined || typed.trim() === typedName.trim();
  return (
    <Dialog
      open={open}
      onOpenChange={(next) => {
        setTyped('');
        onOpenChange(next);
      }}
      title={title}
      description={description}
      className="max-w-md"
    >
      <form
        className="flex min-h-0 flex-col"
        onSubmit={(event) => {
          event.preventDefault();
          if (ready) onConfirm();
        }}
      >
        {typedName !== undefined || error ? (
          <DialogBody>
            {typedName !== undefined && (
              <div className="flex flex-col gap-1.5">
                <label htmlFor={id} className="text-sm text-soft">
                  Type <strong className="break-all font-semibold text-text">{typedName}</strong> to confirm
                </label>
                <Input id={id} value={typed} onChange={(event) => setTyped(event.target.value)} autoComplete="off" />
              </div>
            )}
            {error && <ProblemCallout error={error} />}
          </DialogBody>
        ) : (
          <div className="h-4" />
        )}
        <DialogFooter>
          <Button onClick={() => onOpenChange(false)}>Keep it</Button>
          <Button type="submit" variant={danger ? 'danger' : 'primary'} disabled={!ready} busy={busy ?? false}>
            {confirmLabel}
          </Button>
        </DialogFooter>
      </form>
    </Dialog>
  );
}
