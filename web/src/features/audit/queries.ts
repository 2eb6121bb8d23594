import type { AuditEntry, AuditQuery } from '@agentflow/contracts';
import { queryOptions } from '@tanstack/react-query';
import { api, type Page, queryString } from '@/lib/api.ts';

type Filter = { [K in keyof AuditQuery]?: AuditQuery[K] | undefined };

export function auditQuery(filter: Filter) {
  return queryOptions({
    queryKey: ['audit', filter],
    queryFn: ({ signal }) => api<Page<AuditEntry>>(`/org/audit-logs${queryString(filter)}`, { signal }),
  });
}
