import { useEffect, useRef } from 'react';

/** Control or Command with a key does it, also from within a form; not where a dialog is open. */
export function useControlKey(key: string, act: (() => void) | null): void {
  const current = useRef(act);
  current.current = act;
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key !== key || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
      if (event.defaultPrevented || current.current === null || document.querySelector('[role="dialog"]') !== null)
        return;
      event.preventDefault();
      current.current();
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, [key]);
}
