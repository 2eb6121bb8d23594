import { Check, CloudOff, LoaderCircle, PencilLine, RotateCw, TriangleAlert } from 'lucide-react';
import { useStore } from 'zustand';
import { Button } from '@/components/ui/button.tsx';
import { useBuilderServices } from './builder-context.ts';
import { type BuilderStore, hasUnread } from './builder-store.ts';

interface SaveIndicatorProps {
  onRetry: () => void;
  onResolve: () => void;
}

/** Whether what one sees in the builder is stored. */
export function SaveIndicator(ways: SaveIndicatorProps) {
  return <SaveStateOf store={useBuilderServices().store} {...ways} />;
}

/** Whether what one sees of a draft is stored. */
export function SaveStateOf({ store, onRetry, onResolve }: SaveIndicatorProps & { store: BuilderStore }) {
  const save = useStore(store, (builder) => builder.save);
  const unread = useStore(store, hasUnread);
  const readOnly = useStore(store, (builder) => builder.readOnly);
  if (readOnly) return <span className="text-faint text-xs">Read only</span>;
  if (unread) {
    return (
      <span className={TROUBLE} role="status">
        <PencilLine className="size-3.5" aria-hidden="true" /> Not saved: the text is not a draft yet
      </span>
    );
  }
  switch (save.kind) {
    case 'saved':
      return (
        <span className={QUIET}>
          <Check className="size-3.5 text-completed" aria-hidden="true" />
          <span className="max-sm:sr-only">Saved</span>
        </span>
      );
    case 'unsaved':
    case 'saving':
      return (
        <span className={QUIET}>
          <LoaderCircle className="size-3.5 animate-spin" aria-hidden="true" />
          <span className="max-sm:sr-only">Saving…</span>
        </span>
      );
    case 'unreachable':
      return (
        <span className={TROUBLE} role="status">
          <CloudOff className="size-3.5 shrink-0" aria-hidden="true" />
          {save.offline ? 'Not saved: offline' : 'Not saved: the server is busy'}
          <Button size="sm" variant="ghost" onClick={onRetry}>
            <RotateCw aria-hidden="true" /> Try again
          </Button>
        </span>
      );
    case 'refused':
      return (
        <span className={TROUBLE} role="status" title={save.error.message}>
          <TriangleAlert className="size-3.5 shrink-0" aria-hidden="true" />
          <span className="max-w-72 truncate">Not saved: {save.error.message}</span>
          <Button size="sm" variant="ghost" onClick={onRetry}>
            <RotateCw aria-hidden="true" /> Try again
          </Button>
        </span>
      );
    case 'conflict':
      return (
        <span className={TROUBLE} role="status">
          <TriangleAlert className="size-3.5 shrink-0" aria-hidden="true" /> Someone else saved
          <Button size="sm" onClick={onResolve}>
            Compare…
          </Button>
        </span>
      );
  }
}

const QUIET = 'flex items-center gap-1.5 whitespace-nowrap text-faint text-xs';
const TROUBLE = 'flex items-center gap-1.5 whitespace-nowrap text-waiting text-xs';
