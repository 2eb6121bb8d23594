import { type RefObject, useEffect } from 'react';

/** Whether a key press is meant for what is being typed in, or for something that is open above the page. */
function isTaken(event: KeyboardEvent): boolean {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return true;
  const { target } = event;
  return (
    (target instanceof HTMLElement &&
      target.closest('input, textarea, select, [contenteditable="true"], [role="menu"], [role="listbox"]') !== null) ||
    document.querySelector('[role="dialog"]') !== null
  );
}

/** How far an arrow leads: sideways by one, up and down by a row of cards. */
function stepOf(key: string, columns: number): number {
  return { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns, j: columns, k: -columns }[key] ?? 0;
}

/** Cards of the first row stand at one height. */
function columnsOf(items: readonly HTMLElement[]): number {
  const top = items[0]?.getBoundingClientRect().top ?? 0;
  const inFirstRow = items.findIndex((item) => Math.abs(item.getBoundingClientRect().top - top) > 1);
  return Math.max(1, inFirstRow === -1 ? items.length : inFirstRow);
}

/** Arrows, J and K move between the items of a list (`data-list-item`), `/` goes to the search, N makes a new one. */
export function useListKeys(list: RefObject<HTMLElement | null>, onNew: (() => void) | undefined): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (isTaken(event)) return;
      if (event.key === '/') {
        event.preventDefault();
        list.current?.querySelector<HTMLElement>('input[type="search"]')?.focus();
      } else if (event.key === 'n' && onNew !== undefined) {
        event.preventDefault();
        onNew();
      } else {
        const items = [...(list.current?.querySelectorAll<HTMLElement>('[data-list-item]') ?? [])];
        const at = items.indexOf(document.activeElement as HTMLElement);
        const isArrow = event.key.startsWith('Arrow');
        const step = stepOf(event.key, columnsOf(items));
        // An arrow scrolls the page until somebody is in the list.
        if (step === 0 || (at === -1 && isArrow)) return;
        const next = at === -1 ? 0 : at + step;
        if (items[next] === undefined) return;
        event.preventDefault();
        items[next].focus();
      }
    };
    addEventListener('keydown', onKeyDown);
    return () => removeEventListener('keydown', onKeyDown);
  }, [list, onNew]);
}
