import type {
  ContextEntry,
  ContextEntrySummary,
  JsonValue,
  Project,
  ProjectAgents,
  ProjectCosts,
  ProjectFilter,
  ProjectSummary,
} from '@agentflow/contracts';
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { api, fetchApi, type Page, queryString } from '@/lib/api.ts';
import { readTagged } from '@/lib/tagged.ts';

/** Agents write values and run without this page knowing. */
const WATCHING_MS = 5_000;

export function projectsQuery(
  filter: { [K in keyof ProjectFilter]?: ProjectFilter[K] | undefined } & {
    cursor?: string | undefined;
    limit?: number;
  },
) {
  return queryOptions({
    queryKey: ['projects', 'list', filter],
    queryFn: ({ signal }) => api<Page<ProjectSummary>>(`/projects${queryString(filter)}`, { signal }),
  });
}

export function projectQuery(id: string) {
  return queryOptions({
    queryKey: ['projects', id, 'project'],
    queryFn: async ({ signal }) => readTagged<Project>(await fetchApi(`/projects/${id}`, { signal })),
  });
}

export function projectAgentsQuery(id: string) {
  return queryOptions({
    queryKey: ['projects', id, 'agents'],
    queryFn: ({ signal }) => api<ProjectAgents>(`/projects/${id}/agents`, { signal }),
    staleTime: 0,
    refetchInterval: WATCHING_MS,
  });
}

const DAY_MS = 86_400_000;

/** Of the last days, today included; days are those of UTC. */
export function projectCostsQuery(id: string, days: number) {
  return queryOptions({
    queryKey: ['projects', id, 'costs', days],
    queryFn: ({ signal }) => {
      const from = new Date(Date.now() - (days - 1) * DAY_MS).toISOString().slice(0, 10);
      return api<ProjectCosts>(`/projects/${id}/costs${queryString({ from })}`, { signal });
    },
    refetchInterval: 60_000,
  });
}

/** Everything that was read of a project's shared context. */
export function contextKey(projectId: string) {
  return ['projects', projectId, 'context'];
}

export function contextQuery(projectId: string, search: string) {
  return infiniteQueryOptions({
    queryKey: [...contextKey(projectId), 'list', search],
    queryFn: ({ pageParam, signal }) =>
      api<Page<ContextEntrySummary>>(
        `/context/${projectId}${queryString({ search: search.trim(), cursor: pageParam, limit: 50 })}`,
        { signal },
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    refetchInterval: WATCHING_MS,
  });
}

/** As many keys as expressions are shown values of. */
const VALUES_AT_ONCE = 50;

/** The values of a project's shared context, by key, as they are now; lists give short ones whole. */
export function contextValuesQuery(projectId: string) {
  return queryOptions({
    queryKey: [...contextKey(projectId), 'values'],
    queryFn: async ({ signal }) => {
      const page = await api<Page<ContextEntrySummary>>(`/context/${projectId}?limit=${VALUES_AT_ONCE}`, { signal });
      const values = await Promise.all(
        page.data.map(async ({ key, preview, characters }): Promise<[string, JsonValue]> => {
          if (preview.length === characters) return [key, JSON.parse(preview) as JsonValue];
          return [key, (await api<ContextEntry>(entryPath(projectId, key), { signal })).value];
        }),
      );
      return Object.fromEntries(values);
    },
  });
}

export function entryPath(projectId: string, key: string): string {
  return `/context/${projectId}/${encodeURIComponent(key)}`;
}

export function contextEntryQuery(projectId: string, key: string) {
  return queryOptions({
    queryKey: [...contextKey(projectId), 'entry', key],
    queryFn: ({ signal }) => api<ContextEntry>(entryPath(projectId, key), { signal }),
    refetchInterval: WATCHING_MS,
  });
}
