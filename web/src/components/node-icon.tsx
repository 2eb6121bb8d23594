import { nodeType } from '@agentflow/contracts';
import {
  AlignLeft,
  Bot,
  Box,
  Braces,
  CalendarClock,
  ClipboardList,
  Forward,
  GitBranch,
  Globe,
  type LucideIcon,
  Merge,
  MessageSquare,
  OctagonX,
  Play,
  Radio,
  Repeat,
  ScanText,
  Split,
  Tags,
  Timer,
  UserCheck,
  Webhook,
  Wrench,
} from 'lucide-react';

import { cn } from '@/lib/class-names.ts';

/** The Lucide icons that the node registry names. */
const ICONS: Record<string, LucideIcon> = {
  'align-left': AlignLeft,
  bot: Bot,
  braces: Braces,
  'calendar-clock': CalendarClock,
  forward: Forward,
  'clipboard-list': ClipboardList,
  'git-branch': GitBranch,
  globe: Globe,
  merge: Merge,
  'message-square': MessageSquare,
  'octagon-x': OctagonX,
  play: Play,
  radio: Radio,
  repeat: Repeat,
  'scan-text': ScanText,
  split: Split,
  tags: Tags,
  timer: Timer,
  webhook: Webhook,
  'user-check': UserCheck,
  wrench: Wrench,
};

export function NodeIcon({ type, className }: { type: string; className?: string }) {
  const Icon = ICONS[nodeType(type)?.icon ?? ''] ?? Box;
  return (
    <span
      aria-hidden="true"
      className={cn(
        'inline-flex size-7 shrink-0 items-center justify-center rounded-md border border-line bg-sunken text-soft',
        className,
      )}
    >
      <Icon className="size-3.5" />
    </span>
  );
}

/** The title of a node type in words; an unknown type is told by its own name. */
export function nodeTypeTitle(type: string): string {
  return nodeType(type)?.title ?? type;
}
