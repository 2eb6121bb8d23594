import type { FeedEvent } from '@agentflow/contracts';

/** What has happened in a few seconds, as one sentence for those who listen; null where it is not worth one. */
export function feedWords(events: readonly FeedEvent[]): string | null {
  const ended = new Map<string, string[]>();
  const asked: string[] = [];
  for (const event of events) {
    if (event.type === 'approval.requested' && 'approval' in event.data) asked.push(event.data.approval.agent_name);
    if (!('execution' in event.data)) continue;
    const [, how = ''] = event.type.split('.');
    if (how === 'completed' || how === 'failed' || how === 'cancelled') {
      ended.set(how, [...(ended.get(how) ?? []), event.data.execution.agent_name ?? 'An agent']);
    }
  }
  const parts = [
    ...[...ended].map(([how, names]) =>
      names.length === 1 ? `${names[0]} ${how}` : `${names.length} executions ${how}`,
    ),
    ...(asked.length === 0
      ? []
      : [asked.length === 1 ? `${asked[0]} asks for a decision` : `${asked.length} decisions are asked for`]),
  ];
  return parts.length === 0 ? null : `${parts.join(', ')}.`;
}
