import type { JsonValue, ListedAgent } from '@agentflow/contracts';
import { queryOptions, useQuery } from '@tanstack/react-query';
import { versionQuery } from '@/features/agents/queries.ts';
import { allPages } from '@/lib/all-pages.ts';
import { api, type Page, queryString } from '@/lib/api.ts';
import { exampleOf } from '@/lib/example-input.ts';

/** Every agent that is not archived, by name: what an external agent can be allowed to call. */
export const callableAgentsQuery = queryOptions({
  queryKey: ['agents', 'list', 'callable'],
  queryFn: async ({ signal }) => {
    const all = await allPages((cursor) =>
      api<Page<ListedAgent>>(`/agents${queryString({ cursor, limit: 100, sort: 'name' })}`, { signal }),
    );
    return all.filter(({ status }) => status !== 'archived');
  },
});

/** An agent that it may call now, with an input that fits it; a made-up one where there is none yet. */
export function useExampleCall(allowed: readonly string[] | null): { name: string; input: JsonValue } {
  const agents = useQuery(callableAgentsQuery).data;
  const agent = agents?.find(
    ({ id, status, live_version }) => status === 'active' && live_version !== null && (allowed?.includes(id) ?? true),
  );
  const version = useQuery({
    ...versionQuery(agent?.id ?? '', agent?.live_version ?? 0),
    enabled: agent !== undefined,
  });
  if (agent === undefined) return { name: 'Name of an agent', input: {} };
  return { name: agent.name, input: exampleOf(version.data?.definition.input_schema) };
}
