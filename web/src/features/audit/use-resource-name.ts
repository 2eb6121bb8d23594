import type { AuditEntry } from '@agentflow/contracts';
import { useQuery } from '@tanstack/react-query';
import { agentsQuery } from '@/features/agents/queries.ts';
import { projectsQuery } from '@/features/projects/queries.ts';
import { useActorName } from '@/features/settings/use-actor-name.ts';
import { useSession } from '@/lib/session.ts';

/** Gives what a resource is called now, as far as the lists that are read anyway know it; else its short id. */
export function useResourceName(): (entry: Pick<AuditEntry, 'resource'>) => string {
  const agents = useQuery(agentsQuery({ limit: 100 })).data?.data ?? [];
  const projects = useQuery(projectsQuery({ limit: 100 })).data?.data ?? [];
  const personOrKey = useActorName();
  const session = useSession();
  return ({ resource: { type, id } }) => {
    if (type === 'organization' && session.status === 'signed_in' && session.organization.id === id) {
      return session.organization.name;
    }
    return [...agents, ...projects].find((each) => each.id === id)?.name ?? personOrKey(id);
  };
}
