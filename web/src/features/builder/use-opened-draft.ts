import type { AgentDefinition } from '@agentflow/contracts';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { draftQuery } from '@/features/agents/queries.ts';
import type { Tagged } from '@/lib/tagged.ts';

/** An agent's draft, read afresh; whoever opens it holds it from then on. */
export function useOpenedDraft(agentId: string) {
  const draft = useQuery({
    ...draftQuery(agentId),
    // One that was read before may be behind what others have saved.
    refetchOnMount: 'always',
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
  const [opened, setOpened] = useState<Tagged<AgentDefinition> | null>(null);
  if (opened === null && draft.isFetchedAfterMount && draft.data !== undefined) setOpened(draft.data);
  return { opened, error: draft.isFetching ? null : draft.error, retry: () => void draft.refetch() };
}
