import type { Todo, WorkspaceFile } from '@agentflow/contracts';
import { queryOptions } from '@tanstack/react-query';
import { api, queryString } from '@/lib/api.ts';

export interface Workspace {
  /** Every version of every file, in the order in which they were written. */
  readonly data: readonly WorkspaceFile[];
  readonly todos: readonly Todo[];
}

/** What the deep agents of an execution have planned and written; `seen` is the last event about it. */
export function workspaceQuery(id: string, seen: number) {
  return queryOptions({
    queryKey: ['executions', id, 'files', seen],
    queryFn: ({ signal }) => api<Workspace>(`/executions/${id}/files`, { signal }),
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
