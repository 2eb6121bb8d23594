import type { Invocation, LineageGraph } from '@agentflow/contracts';
import { queryOptions } from '@tanstack/react-query';
import { api } from '@/lib/api.ts';

const WATCHING_MS = 2_000;

/** What a lineage hangs on. */
export type LineageOf = { readonly invocation: string } | { readonly execution: string };

function isGoingOn({ nodes }: LineageGraph): boolean {
  // What has just begun is not projected yet.
  return nodes.length === 0 || nodes.some(({ status }) => status === 'running' || status === 'waiting');
}

/** Read again while something of it goes on. */
export function lineageQuery(of: LineageOf) {
  const path = 'invocation' in of ? `/invocations/${of.invocation}` : `/executions/${of.execution}`;
  return queryOptions({
    queryKey: ['lineage', path],
    queryFn: ({ signal }) => api<LineageGraph>(`${path}/lineage`, { signal }),
    refetchInterval: ({ state }) => (state.data !== undefined && isGoingOn(state.data) ? WATCHING_MS : false),
  });
}

export function invocationQuery(id: string) {
  return queryOptions({
    queryKey: ['invocations', id, 'invocation'],
    queryFn: ({ signal }) => api<Invocation>(`/invocations/${id}`, { signal }),
    refetchInterval: ({ state }) => (state.data?.status === 'running' ? WATCHING_MS : false),
  });
}
