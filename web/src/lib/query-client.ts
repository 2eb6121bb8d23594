import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';
import { RequestFailure } from './api.ts';
import { currentSession, subscribeToSession, whoAndWhere } from './session.ts';

/** Refusals are final; only failures of network or server are worth another try. */
function worthRetrying(failures: number, error: Error): boolean {
  if (failures >= 2) return false;
  if (!(error instanceof RequestFailure) || error.code === 'session_moved') return false;
  return error.status === 0 || error.status >= 500;
}

/** Who lacks a permission that the page thought they had has another role since: what it offers is read anew. */
function readRoleAgain(error: Error): void {
  if (error instanceof RequestFailure && error.code === 'forbidden') {
    void queryClient.invalidateQueries({ queryKey: ['me'] });
  }
}

export const queryClient = new QueryClient({
  queryCache: new QueryCache({ onError: (error, { queryKey }) => queryKey[0] !== 'me' && readRoleAgain(error) }),
  mutationCache: new MutationCache({ onError: readRoleAgain }),
  defaultOptions: {
    queries: { staleTime: 5_000, retry: worthRetrying, refetchOnWindowFocus: true },
    mutations: { retry: false },
  },
});

/*
 * Nothing that was read for one person in one organization is ever shown to another. Cleared in the same turn in which
 * the session changes, which is before anything is drawn for the new one; answers that are still under way go nowhere.
 */
let shownTo = whoAndWhere(currentSession());
subscribeToSession(() => {
  const now = whoAndWhere(currentSession());
  if (now === shownTo) return;
  shownTo = now;
  void queryClient.cancelQueries();
  queryClient.clear();
});
