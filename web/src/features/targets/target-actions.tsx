import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { CirclePause, CirclePlay, EllipsisVertical, History, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { toast } from 'sonner';
import { Button } from '@/components/ui/button.tsx';
import { ConfirmDialog } from '@/components/ui/confirm-dialog.tsx';
import {
  DropdownMenu,
  DropdownMenuContent,
  DropdownMenuItem,
  DropdownMenuSeparator,
  DropdownMenuTrigger,
} from '@/components/ui/dropdown-menu.tsx';
import { api } from '@/lib/api.ts';
import { RecoverDialog } from './recover-dialog.tsx';

interface ManagedTarget {
  /** As in "webhook". */
  readonly noun: string;
  readonly name: string;
  /** Of its routes. */
  readonly path: string;
  /** First part of the keys of its queries. */
  readonly queryKey: string;
  readonly list: '/dashboard/webhooks' | '/dashboard/webhooks/channels';
  readonly is_active: boolean;
  /** How many deliveries have failed; null where they are not recovered all at once. */
  readonly failed: number | null;
}

/** Switches a target on or off. */
export function useActivation({ path, noun, queryKey }: Pick<ManagedTarget, 'path' | 'noun' | 'queryKey'>) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (is_active: boolean) => api(path, { method: 'PUT', body: { is_active } }),
    onSuccess: async (_, is_active) => {
      await queries.invalidateQueries({ queryKey: [queryKey] });
      toast.success(is_active ? `The ${noun} is active` : `The ${noun} is off`);
    },
    onError: (error) => toast.error(error.message),
  });
}

/** What can be done with a target besides editing it. */
export function TargetMenu({ target }: { target: ManagedTarget }) {
  const [open, setOpen] = useState<'recover' | 'delete' | null>(null);
  const activation = useActivation(target);
  return (
    <>
      <DropdownMenu>
        <DropdownMenuTrigger asChild>
          <Button size="icon" aria-label={`More for this ${target.noun}`}>
            <EllipsisVertical aria-hidden="true" />
          </Button>
        </DropdownMenuTrigger>
        <DropdownMenuContent align="end" className="w-60">
          <DropdownMenuItem onSelect={() => activation.mutate(!target.is_active)}>
            {target.is_active ? <CirclePause aria-hidden="true" /> : <CirclePlay aria-hidden="true" />}
            {target.is_active ? 'Switch off' : 'Activate'}
          </DropdownMenuItem>
          {target.failed !== null && (
            <DropdownMenuItem onSelect={() => setOpen('recover')}>
              <History aria-hidden="true" /> Recover failed deliveries…
            </DropdownMenuItem>
          )}
          <DropdownMenuSeparator />
          <DropdownMenuItem danger onSelect={() => setOpen('delete')}>
            <Trash2 aria-hidden="true" /> Delete…
          </DropdownMenuItem>
        </DropdownMenuContent>
      </DropdownMenu>
      {open === 'recover' && target.failed !== null && (
        <RecoverDialog path={target.path} failed={target.failed} onClose={() => setOpen(null)} />
      )}
      {open === 'delete' && <DeleteDialog target={target} onClose={() => setOpen(null)} />}
    </>
  );
}

function DeleteDialog({ target, onClose }: { target: ManagedTarget; onClose: () => void }) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const remove = useMutation({
    mutationFn: () => api(target.path, { method: 'DELETE' }),
    onSuccess: async () => {
      await navigate({ to: target.list, ignoreBlocker: true });
      await queries.invalidateQueries({ queryKey: [target.queryKey, 'list'] });
      toast.success(`${target.name} is deleted`);
    },
  });
  return (
    <ConfirmDialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={`Delete this ${target.noun}?`}
      description={
        <>
          <p className="break-all font-medium text-text">{target.name}</p>
          <p className="mt-1">Nothing is sent to it any more, and the log of its deliveries goes with it.</p>
        </>
      }
      confirmLabel={`Delete ${target.noun}`}
      danger
      busy={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate()}
    />
  );
}
