import type { Execution, RetryRequest } from '@agentflow/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { toast } from 'sonner';
import { useCan } from '@/features/shell/queries.ts';
import { api, newIdempotencyKey } from '@/lib/api.ts';

/** Whether the signed-in person may run again what has run: tests need what editing needs. */
export function useMayRetry(execution: Pick<Execution, 'mode'>): boolean {
  const [live, test] = [useCan('agents:execute'), useCan('agents:write')];
  return execution.mode === 'test' ? test : live;
}

/** Starts a new execution from this one and opens it. */
export function useRetry(execution: Execution) {
  const navigate = useNavigate();
  const queries = useQueryClient();
  // One for the intent: another try after a lost answer starts nothing twice.
  const [key, setKey] = useState(newIdempotencyKey);
  return useMutation({
    mutationFn: (request: RetryRequest) =>
      api<Execution>(`/executions/${execution.id}/retry`, {
        method: 'POST',
        body: request,
        headers: { 'Idempotency-Key': key },
      }),
    onSuccess: async (started) => {
      void queries.invalidateQueries({ queryKey: ['executions', 'list'] });
      toast.success('A new execution goes on from there');
      await navigate({ to: '/dashboard/executions/$executionId', params: { executionId: started.id } });
    },
    onError: () => setKey(newIdempotencyKey()),
  });
}
