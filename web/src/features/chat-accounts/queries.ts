import type { ChatAccount, ChatAccountLink } from '@agentflow/contracts';
import { queryOptions } from '@tanstack/react-query';
import { api, queryString } from '@/lib/api.ts';

export const chatAccountsQuery = queryOptions({
  queryKey: ['chat-accounts', 'list'],
  queryFn: ({ signal }) => api<{ readonly data: readonly ChatAccount[] }>('/chat-accounts', { signal }),
});

/** Whose account a link from a chat is about. */
export function linkedAccountQuery(token: string) {
  return queryOptions({
    queryKey: ['chat-accounts', 'link', token],
    queryFn: ({ signal }) => api<ChatAccountLink>(`/chat-accounts/link${queryString({ token })}`, { signal }),
    retry: false,
  });
}
