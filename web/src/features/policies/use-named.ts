import { type ExternalAgent, externalAgentId } from '@agentflow/contracts';
import { keepPreviousData, queryOptions, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useDeferredValue, useState } from 'react';
import { agentsQuery } from '@/features/agents/queries.ts';
import type { ComboboxOption } from '@/features/node-form/controls/combobox.tsx';
import { projectsQuery } from '@/features/projects/queries.ts';
import { apiKeysQuery, membersQuery } from '@/features/settings/queries.ts';
import { useCan } from '@/features/shell/queries.ts';
import { api, type Page, queryString } from '@/lib/api.ts';
import { shortResource } from '@/lib/format.ts';

/** What can be chosen, and what things that are chosen are called. */
export interface Named {
  readonly options: readonly ComboboxOption[];
  readonly nameOf: (id: string) => string;
  readonly onSearch?: (search: string) => void;
}

function namedOf(found: readonly { id: string; name: string; note?: string }[]): Named {
  return {
    options: found.map(({ id, name, note }) => ({ value: id, title: name, ...(note === undefined ? {} : { note }) })),
    nameOf: (id) => found.find((each) => each.id === id)?.name ?? shortResource(id),
  };
}

/** Agents are searched on the server; the first hundred are known by name in any case. */
export function useNamedAgents(): Named {
  const [search, setSearch] = useState('');
  const wanted = useDeferredValue(search.trim());
  const all = useQuery(agentsQuery({ limit: 100 })).data?.data ?? [];
  const found = useQuery({
    ...agentsQuery({ ...(wanted === '' ? {} : { search: wanted }), limit: 20 }),
    placeholderData: keepPreviousData,
  }).data?.data;
  const { nameOf } = namedOf([...all, ...(found ?? [])]);
  return { options: namedOf(found ?? all).options, nameOf, onSearch: setSearch };
}

export function useNamedProjects(): Named {
  return namedOf(useQuery(projectsQuery({ limit: 100 })).data?.data ?? []);
}

export function useNamedMembers(): Named {
  const members = useInfiniteQuery(membersQuery).data?.pages.flatMap((page) => page.data) ?? [];
  return namedOf(members.map(({ user }) => ({ id: user.id, name: user.name || user.email, note: user.email })));
}

export function useNamedKeys(): Named {
  const mayRead = useCan('api_keys:read');
  const keys = useInfiniteQuery({ ...apiKeysQuery, enabled: mayRead }).data?.pages.flatMap((page) => page.data) ?? [];
  return namedOf(keys.filter(({ revoked_at }) => revoked_at === null));
}

const externalAgentNames = queryOptions({
  queryKey: ['external-agents', 'names'],
  queryFn: ({ signal }) => api<Page<ExternalAgent>>(`/external-agents${queryString({ limit: 100 })}`, { signal }),
});

export function useNamedExternalAgents(): Named {
  const mayRead = useCan('external_agents:read');
  const { data } = useQuery({ ...externalAgentNames, enabled: mayRead });
  return namedOf((data?.data ?? []).filter(({ id }) => externalAgentId.safeParse(id).success));
}
