import { type RefObject, useEffect } from 'react';
import type { BuilderStore } from './builder-store.ts';
import { isOurs } from './is-ours.ts';

/** Undo and redo. In a text field the browser's own undo stays. */
export function useHistoryKeys(root: RefObject<HTMLElement | null>, store: BuilderStore): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (!isOurs(event, root.current)) return;
      const modified = (event.ctrlKey || event.metaKey) && !event.altKey;
      const key = event.key.toLowerCase();
      if (modified && key === 'z' && !event.shiftKey) store.getState().undo();
      else if (modified && (key === 'z' || key === 'y')) store.getState().redo();
      else return;
      event.preventDefault();
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, [root, store]);
}
