import { useInfiniteQuery } from '@tanstack/react-query';
import { useCan } from '@/features/shell/queries.ts';
import { shortResource } from '@/lib/format.ts';
import { apiKeysQuery, membersQuery } from './queries.ts';

/** Gives the name of a person or key by its id, as far as the reader may know them; else the short id. */
export function useActorName(): (id: string) => string {
  const mayReadKeys = useCan('api_keys:read');
  const members = useInfiniteQuery(membersQuery).data?.pages.flatMap((page) => page.data) ?? [];
  const keys =
    useInfiniteQuery({ ...apiKeysQuery, enabled: mayReadKeys }).data?.pages.flatMap((page) => page.data) ?? [];
  return (id) => {
    const user = members.find((each) => each.user.id === id)?.user;
    if (user !== undefined) return user.name || user.email;
    return keys.find((each) => each.id === id)?.name ?? shortResource(id);
  };
}
