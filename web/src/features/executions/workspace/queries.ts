import type { WorkspaceFile } from '@agentflow/contracts';
import { queryOptions } from '@tanstack/react-query';
import { api, queryString } from '@/lib/api.ts';

/**
 * Every version of every file that deep agents of an execution wrote, in the order in which they were written. `seen` is
 * the last event about it.
 */
export function workspaceFilesQuery(id: string, seen: number) {
  return queryOptions({
    queryKey: ['executions', id, 'files', seen],
    queryFn: async ({ signal }) => (await api<{ data: WorkspaceFile[] }>(`/executions/${id}/files`, { signal })).data,
    placeholderData: (known) => known,
    // The next event takes its place.
    gcTime: 0,
  });
}

/** A version of a file never changes. */
export function fileVersionQuery(id: string, path: string, version: number) {
  return queryOptions({
    queryKey: ['executions', id, 'file', path, version],
    queryFn: ({ signal }) =>
      api<WorkspaceFile & { content: string }>(
        `/executions/${id}/files/${path.split('/').map(encodeURIComponent).join('/')}${queryString({ version })}`,
        { signal },
      ),
    staleTime: Number.POSITIVE_INFINITY,
  });
}
