import { QueryClient } from '@tanstack/react-query';
import { RequestFailure } from './api.ts';

/** Refusals are final; only failures of network or server are worth another try. */
function worthRetrying(failures: number, error: Error): boolean {
  if (failures >= 2) return false;
  return error instanceof RequestFailure ? error.status === 0 || error.status >= 500 : false;
}

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: { staleTime: 5_000, retry: worthRetrying, refetchOnWindowFocus: true },
    mutations: { retry: false },
  },
});
