import type { Member, Team, TeamMember } from '@agentflow/contracts';
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { allPages } from '@/lib/all-pages.ts';
import { api, type Page, queryString } from '@/lib/api.ts';

/** Every reading of teams is below this key: a change to one touches its members and the counts in the list. */
export const TEAMS_KEY = ['teams'];

export const teamsQuery = infiniteQueryOptions({
  queryKey: [...TEAMS_KEY, 'list'],
  queryFn: ({ pageParam, signal }) =>
    api<Page<Team>>(`/org/teams${queryString({ cursor: pageParam, limit: 50 })}`, { signal }),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page) => page.next_cursor ?? undefined,
});

/** One team, or null where the organization has none of this id. The API lists teams and reads no single one. */
export function teamQuery(teamId: string) {
  return queryOptions({
    queryKey: [...TEAMS_KEY, 'one', teamId],
    queryFn: async ({ signal }) => {
      const teams = await allPages((cursor) =>
        api<Page<Team>>(`/org/teams${queryString({ cursor, limit: 100 })}`, { signal }),
      );
      return teams.find((team) => team.id === teamId) ?? null;
    },
  });
}

export function teamMembersQuery(teamId: string) {
  return queryOptions({
    queryKey: [...TEAMS_KEY, 'members', teamId],
    queryFn: ({ signal }) =>
      allPages((cursor) =>
        api<Page<TeamMember>>(`/org/teams/${teamId}/members${queryString({ cursor, limit: 100 })}`, { signal }),
      ),
  });
}

/** Everybody in the organization, to pick from. Under the key of the members, so that it is read anew with their list. */
export const everyMemberQuery = queryOptions({
  queryKey: ['members', 'all'],
  queryFn: ({ signal }) =>
    allPages((cursor) => api<Page<Member>>(`/org/members${queryString({ cursor, limit: 100 })}`, { signal })),
});
