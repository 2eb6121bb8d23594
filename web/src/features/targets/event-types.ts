import type { EventTypeInfo } from '@agentflow/contracts';
import { queryOptions } from '@tanstack/react-query';
import { api } from '@/lib/api.ts';

export const eventTypesQuery = queryOptions({
  queryKey: ['event-types'],
  queryFn: ({ signal }) => api<{ readonly data: readonly EventTypeInfo[] }>('/event-types', { signal }),
  staleTime: Number.POSITIVE_INFINITY,
});

const FAMILY_WORDS: Readonly<Record<string, string>> = {
  execution: 'Executions',
  agent: 'Agents',
  approval: 'Approvals',
  project: 'Projects',
  budget: 'Budgets',
  external_agent: 'External agents',
  proposal: 'Proposals',
  webhook: 'Webhooks',
  channel: 'Chat platforms',
  member: 'Members',
  billing: 'Billing',
};

export function familyOf(type: string): string {
  return type.split('.')[0] ?? type;
}

export function familyWord(family: string): string {
  return FAMILY_WORDS[family] ?? family;
}

export interface EventFamily {
  readonly family: string;
  readonly label: string;
  readonly types: readonly EventTypeInfo[];
}

/** Types that something tells, by their families, in the order of the catalogue. */
export function familiesOf(types: readonly EventTypeInfo[]): EventFamily[] {
  const families = new Map<string, EventTypeInfo[]>();
  for (const info of types) {
    if (info.state === 'reserved') continue;
    const family = familyOf(info.type);
    families.set(family, [...(families.get(family) ?? []), info]);
  }
  return [...families].map(([family, members]) => ({ family, label: familyWord(family), types: members }));
}

/** `Every event`, `approval.*, agent.paused`: what a target is told. */
export function eventsInWords(patterns: readonly string[]): string {
  return patterns.includes('*') ? 'Every event' : patterns.join(', ');
}

/** Types that something tells, to choose one from. */
export function typeOptions(types: readonly EventTypeInfo[]): { readonly value: string; readonly label: string }[] {
  return types.filter(({ state }) => state === 'active').map(({ type }) => ({ value: type, label: type }));
}
