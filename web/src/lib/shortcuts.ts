import { useEffect } from 'react';

export interface ShortcutGroup {
  readonly title: string;
  /** The keys, and what they do. */
  readonly keys: readonly (readonly [string, string])[];
}

/** How the key is called that goes with letters on this machine. */
export const CONTROL = /Mac|iPhone|iPad/.test(navigator.userAgent) ? '⌘' : 'Ctrl';

const offered = new Set<readonly ShortcutGroup[]>();
let open: (() => void) | null = null;

/** Adds a page's shortcuts to the list for as long as the page is shown. The groups must not change between renders. */
export function useShortcuts(groups: readonly ShortcutGroup[]): void {
  useEffect(() => {
    offered.add(groups);
    return () => void offered.delete(groups);
  }, [groups]);
}

/** What the shown page offers. */
export function offeredShortcuts(): readonly ShortcutGroup[] {
  return [...offered].flat();
}

/** Shows the list of shortcuts. */
export function openShortcuts(): void {
  open?.();
}

/** Who shows the list, from now until what this gives back is called. */
export function onOpenShortcuts(show: () => void): () => void {
  open = show;
  return () => {
    if (open === show) open = null;
  };
}
