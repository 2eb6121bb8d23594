import { type LucideIcon, Minus, PencilLine, Plus, Tag } from 'lucide-react';
import type { Mark } from './diff-graph.ts';

interface MarkLook {
  readonly word: string;
  readonly icon: LucideIcon;
  /** Of a chip that stands on the page. */
  readonly chip: string;
}

/** How a difference looks, everywhere: colour, icon and word. */
export const MARKS: Readonly<Record<Mark, MarkLook>> = {
  added: { word: 'Added', icon: Plus, chip: 'bg-completed-soft text-completed' },
  removed: { word: 'Removed', icon: Minus, chip: 'bg-failed-soft text-failed' },
  renamed: { word: 'Renamed', icon: Tag, chip: 'bg-running-soft text-running' },
  changed: { word: 'Changed', icon: PencilLine, chip: 'bg-waiting-soft text-waiting' },
};
