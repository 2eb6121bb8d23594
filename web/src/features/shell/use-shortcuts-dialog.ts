import { useEffect, useState } from 'react';
import { onOpenShortcuts } from '@/lib/shortcuts.ts';

/** Whether a question mark is meant as text, or something is open that takes the keys. */
function isTaken({ target }: KeyboardEvent): boolean {
  return (
    (target instanceof HTMLElement && target.closest('input, textarea, [contenteditable="true"]') !== null) ||
    document.querySelector('[role="dialog"]') !== null
  );
}

/** Whether the list of shortcuts is shown: `?` opens it, and whatever calls `openShortcuts`. */
export function useShortcutsDialog(): [shown: boolean, close: () => void] {
  const [shown, setShown] = useState(false);
  useEffect(() => {
    const show = () => setShown(true);
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key !== '?' || event.ctrlKey || event.metaKey || event.altKey || isTaken(event)) return;
      event.preventDefault();
      show();
    };
    const forget = onOpenShortcuts(show);
    addEventListener('keydown', onKeyDown);
    return () => {
      forget();
      removeEventListener('keydown', onKeyDown);
    };
  }, []);
  return [shown, () => setShown(false)];
}
