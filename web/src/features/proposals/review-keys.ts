import { useEffect, useRef } from 'react';
import type { ShortcutGroup } from '@/lib/shortcuts.ts';

export const REVIEW_SHORTCUTS: readonly ShortcutGroup[] = [
  {
    title: 'Proposal',
    keys: [
      ['J K', 'Next file, the one before'],
      ['Space', 'Take the file or leave it out'],
      ['A', 'Approve what is chosen'],
    ],
  },
];

interface ReviewActions {
  readonly next: (by: 1 | -1) => void;
  readonly toggle: (() => void) | null;
  readonly approve: (() => void) | null;
}

/** What has keys of its own, and writing, come first. */
function isTaken(target: EventTarget | null, key: string): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.closest('input, textarea, select, [contenteditable="true"], [role="dialog"]') !== null) return true;
  return key === ' ' && target.closest('button, a, [role="checkbox"], [role="tab"]') !== null;
}

/** Keys of the page: they work wherever the focus is, but not where somebody writes or a dialog is open. */
export function useReviewKeys(actions: ReviewActions): void {
  const current = useRef(actions);
  current.current = actions;
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.altKey || event.ctrlKey || event.metaKey || event.defaultPrevented) return;
      if (isTaken(event.target, event.key) || document.querySelector('[role="dialog"]') !== null) return;
      const { next, toggle, approve } = current.current;
      const act = { j: () => next(1), k: () => next(-1), ' ': toggle, a: approve }[event.key];
      if (act == null) return;
      event.preventDefault();
      act();
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, []);
}
