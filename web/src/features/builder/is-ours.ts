/** Whether a key or a clipboard event is meant for the builder: it comes from inside, or from nothing that has the focus. */
export function isOurs(event: Event, root: HTMLElement | null): boolean {
  const { target } = event;
  if (event.defaultPrevented || document.querySelector('[role="dialog"]') !== null) return false;
  if (target === document.body) return true;
  if (!(target instanceof Element) || root?.contains(target) !== true) return false;
  return target.closest('input, textarea, select, [contenteditable="true"]') === null;
}
