import { useEffect, useRef } from 'react';
import type { BuilderServices } from '../builder-context.ts';

/** Control or Command with Enter tests the draft, also from within a form; not where a dialog is open. */
export function useTestKey(test: BuilderServices['test']): void {
  const current = useRef(test);
  current.current = test;
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
      if (event.defaultPrevented || current.current === null || document.querySelector('[role="dialog"]') !== null)
        return;
      event.preventDefault();
      current.current({ kind: 'all' });
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, []);
}
