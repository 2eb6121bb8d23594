import type { Delivery, DeliveryDetail, DeliveryQuery } from '@agentflow/contracts';
import { queryOptions } from '@tanstack/react-query';
import { api, type Page, queryString } from '@/lib/api.ts';

const WATCHING_MS = 2_000;
const RESTING_MS = 15_000;

export type DeliveryFilter = { [K in keyof DeliveryQuery]?: DeliveryQuery[K] | undefined };

/** Deliveries of a target, newest first; `path` is where its list is. */
export function deliveriesQuery(path: string, filter: DeliveryFilter) {
  return queryOptions({
    queryKey: ['deliveries', 'list', path, filter],
    queryFn: ({ signal }) => api<Page<Delivery>>(`${path}${queryString(filter)}`, { signal }),
    refetchInterval: ({ state }) =>
      state.data?.data.some(({ status }) => status === 'pending') ? WATCHING_MS : RESTING_MS,
  });
}

export function deliveryQuery(id: string) {
  return queryOptions({
    queryKey: ['deliveries', 'one', id],
    queryFn: ({ signal }) => api<DeliveryDetail>(`/deliveries/${id}`, { signal }),
    refetchInterval: ({ state }) => (state.data?.status === 'pending' ? WATCHING_MS : false),
  });
}
