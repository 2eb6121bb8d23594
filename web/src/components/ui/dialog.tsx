import { X } from 'lucide-react';
import { Dialog as Primitive } from 'radix-ui';
import type { ReactNode } from 'react';
import { cn } from '@/lib/class-names.ts';
import { Button } from './button.tsx';

interface DialogProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  description?: ReactNode;
  children: ReactNode;
  className?: string | undefined;
  /** No closing by Escape, click outside or the cross: for what must be answered. */
  mustAnswer?: boolean;
  /**
   * Starts in the first field, not on the cross. That field needs a help text: an error which makes the dialog grow when
   * the field is left moves the button away from under the click that left it.
   */
  startInField?: boolean;
}

function focusFirstField(event: Event): void {
  const dialog = event.currentTarget as HTMLElement;
  const field = dialog.querySelector<HTMLElement>('input:not([type="file"], [aria-hidden]), textarea');
  if (field === null) return;
  event.preventDefault();
  field.focus();
}

export function Dialog({
  open,
  onOpenChange,
  title,
  description,
  children,
  className,
  mustAnswer,
  startInField,
}: DialogProps) {
  const keepOpen = (event: Event) => {
    if (mustAnswer) event.preventDefault();
  };
  return (
    <Primitive.Root open={open} onOpenChange={onOpenChange}>
      <Primitive.Portal>
        <Primitive.Overlay className="fixed inset-0 z-50 bg-overlay" />
        <Primitive.Content
          {...(startInField ? { onOpenAutoFocus: focusFirstField } : {})}
          onEscapeKeyDown={keepOpen}
          onPointerDownOutside={keepOpen}
          onInteractOutside={keepOpen}
          {...(description === undefined ? { 'aria-describedby': undefined } : {})}
          className={cn(
            'fixed inset-x-3 top-[8vh] z-50 mx-auto flex max-h-[84vh] max-w-lg animate-appear flex-col rounded-xl border border-line bg-raised shadow-pop',
            className,
          )}
        >
          <div className="flex items-start gap-4 px-5 pt-4">
            <div className="min-w-0 flex-1">
              <Primitive.Title className="font-semibold text-lg text-text">{title}</Primitive.Title>
              {description !== undefined && (
                <Primitive.Description asChild>
                  <div className="mt-1 text-sm text-soft">{description}</div>
                </Primitive.Description>
              )}
            </div>
            {!mustAnswer && (
              <Primitive.Close asChild>
                <Button variant="ghost" size="icon-sm" aria-label="Close" className="-mr-1.5">
                  <X aria-hidden="true" />
                </Button>
              </Primitive.Close>
            )}
          </div>
          {children}
        </Primitive.Content>
      </Primitive.Portal>
    </Primitive.Root>
  );
}

export function DialogBody({ children, className }: { children: ReactNode; className?: string }) {
  return <div className={cn('flex flex-col gap-4 overflow-y-auto px-5 py-4', className)}>{children}</div>;
}

export function DialogFooter({ children }: { children: ReactNode }) {
  return (
    <div className="flex flex-wrap items-center justify-end gap-2 rounded-b-xl border-line border-t bg-sunken px-5 py-3">
      {children}
    </div>
  );
}
