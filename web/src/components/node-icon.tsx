import { nodeType } from '@agentflow/contracts';
import {
  AlignLeft,
  Box,
  Braces,
  GitBranch,
  Globe,
  type LucideIcon,
  Merge,
  MessageSquare,
  OctagonX,
  Play,
  ScanText,
  Split,
  Tags,
  Wrench,
} from 'lucide-react';
import { cn } from '@/lib/class-names.ts';

/** The Lucide icons that the node registry names. */
const ICONS: Record<string, LucideIcon> = {
  'align-left': AlignLeft,
  braces: Braces,
  'git-branch': GitBranch,
  globe: Globe,
  merge: Merge,
  'message-square': MessageSquare,
  'octagon-x': OctagonX,
  play: Play,
  'scan-text': ScanText,
  split: Split,
  tags: Tags,
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
