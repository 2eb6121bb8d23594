import type { ExternalAgent } from '@agentflow/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { CirclePlay, CircleSlash } from 'lucide-react';
import { useState } from 'react';
import { toast } from 'sonner';
import { Button } from '@/components/ui/button.tsx';
import { ConfirmDialog } from '@/components/ui/confirm-dialog.tsx';
import { useCan } from '@/features/shell/queries.ts';
import { fetchApi } from '@/lib/api.ts';
import { readTagged } from '@/lib/tagged.ts';
import { externalAgentQuery } from './queries.ts';

/** Lets its calls in, or keeps them out, from one moment to the next. */
export function ActiveSwitch({ agent }: { agent: ExternalAgent }) {
  const queries = useQueryClient();
  const mayWrite = useCan('external_agents:write');
  const [asking, setAsking] = useState(false);
  const set = useMutation({
    mutationFn: async (is_active: boolean) =>
      readTagged<ExternalAgent>(await fetchApi(`/external-agents/${agent.id}`, { method: 'PUT', body: { is_active } })),
    onSuccess: (saved) => {
      queries.setQueryData(externalAgentQuery(agent.id).queryKey, saved);
      void queries.invalidateQueries({ queryKey: ['external-agents', 'list'] });
      toast.success(saved.value.is_active ? `${agent.name} is active` : `${agent.name} is deactivated`);
      setAsking(false);
    },
    onError: (error) => {
      if (!asking) toast.error(error.message);
    },
  });
  if (!mayWrite) return null;
  if (!agent.is_active) {
    return (
      <Button variant="primary" busy={set.isPending} onClick={() => set.mutate(true)}>
        <CirclePlay aria-hidden="true" /> Activate
      </Button>
    );
  }
  return (
    <>
      <Button
        onClick={() => {
          set.reset();
          setAsking(true);
        }}
      >
        <CircleSlash aria-hidden="true" /> Deactivate…
      </Button>
      <ConfirmDialog
        open={asking}
        onOpenChange={setAsking}
        title={`Deactivate ${agent.name}?`}
        description={
          <>
            <p>Every call with any of its keys is refused from this moment on, through every door.</p>
            <p className="mt-2">Its keys, limits and history stay: it can be activated again.</p>
          </>
        }
        confirmLabel="Deactivate"
        danger
        busy={set.isPending}
        error={set.error}
        onConfirm={() => set.mutate(false)}
      />
    </>
  );
}
