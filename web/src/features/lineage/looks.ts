import type { LineageNode, LineageType } from '@agentflow/contracts';
import { Bot, Component, ExternalLink, type LucideIcon, Send, Sparkles, Wrench } from 'lucide-react';
import { formatCount, formatDuration, formatUsd } from '@/lib/format.ts';

interface TypeLook {
  readonly word: string;
  readonly icon: LucideIcon;
  /** Classes of the tile with the icon. */
  readonly tile: string;
  readonly edge: string;
  /** The colour as a custom property, for pictures. */
  readonly colour: string;
}

const NEUTRAL = { tile: 'bg-hover text-soft', edge: 'border-line-strong', colour: '--idle' };

export const TYPES: Record<LineageType, TypeLook> = {
  external: {
    word: 'External agent',
    icon: ExternalLink,
    tile: 'bg-lineage-external-soft text-lineage-external',
    edge: 'border-lineage-external/45',
    colour: '--lineage-external',
  },
  agent: {
    word: 'Agent',
    icon: Bot,
    tile: 'bg-lineage-agent-soft text-lineage-agent',
    edge: 'border-lineage-agent/45',
    colour: '--lineage-agent',
  },
  sub_agent: {
    word: 'Sub-agent',
    icon: Component,
    tile: 'bg-lineage-sub-agent-soft text-lineage-sub-agent',
    edge: 'border-lineage-sub-agent/45',
    colour: '--lineage-sub-agent',
  },
  model: { word: 'Model', icon: Sparkles, ...NEUTRAL },
  tool: { word: 'Tool', icon: Wrench, ...NEUTRAL },
  delivery: { word: 'Delivery', icon: Send, ...NEUTRAL },
};

/** The statuses of lineage in the vocabulary of executions, whose looks they have. */
export const STATUS = {
  running: 'running',
  waiting: 'waiting',
  success: 'completed',
  error: 'failed',
  cancelled: 'cancelled',
} as const satisfies Record<LineageNode['status'], string>;

/** `1.24 s · $0.0031`: what is known of these. */
export function figures({ duration_ms, cost_usd }: Pick<LineageNode, 'duration_ms' | 'cost_usd'>): string {
  return [duration_ms === null ? null : formatDuration(duration_ms), cost_usd > 0 ? formatUsd(cost_usd) : null]
    .filter((each) => each !== null)
    .join(' · ');
}

/** `3 calls`; empty for one. */
export function callsInWords(count: number): string {
  return count > 1 ? `${formatCount(count)} calls` : '';
}
