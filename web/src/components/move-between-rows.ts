import type { KeyboardEvent } from 'react';

/** Up and down, or k and j, go from one `data-row` link of a table to the next, as Tab does. */
export function moveBetweenRows(event: KeyboardEvent<HTMLElement>): void {
  const step = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key];
  if (step === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
  const links = [...event.currentTarget.querySelectorAll<HTMLElement>('a[data-row]')];
  const at = links.indexOf(document.activeElement as HTMLElement);
  const target = links[at < 0 ? 0 : at + step];
  if (target === undefined) return;
  event.preventDefault();
  target.focus();
}
