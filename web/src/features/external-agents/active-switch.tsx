import type { ExternalAgent, Stop } from '@agentflow/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { CirclePlay, CircleSlash } from 'lucide-react';
import { useState } from 'react';
import { toast } from 'sonner';
import { Button } from '@/components/ui/button.tsx';
import { useCan } from '@/features/shell/queries.ts';
import { fetchApi, queryString } from '@/lib/api.ts';
import { readTagged } from '@/lib/tagged.ts';
import { KillDialog } from './kill-dialog.tsx';
import { externalAgentQuery } from './queries.ts';

/** An external agent, with the stop of what ran for it where that was asked for. */
type Changed = ExternalAgent & Pick<Stop, 'stop_id' | 'targeted' | 'stopped' | 'spent_usd'>;

/** Lets its calls in, or keeps them out, from one moment to the next. */
export function ActiveSwitch({ agent }: { agent: ExternalAgent }) {
  const queries = useQueryClient();
  const mayWrite = useCan('external_agents:write');
  const [asking, setAsking] = useState(false);
  const set = async (is_active: boolean, stopRunning: boolean) => {
    const query = queryString({ stop_running: String(stopRunning) });
    const answer = await fetchApi(`/external-agents/${agent.id}${query}`, { method: 'PUT', body: { is_active } });
    const saved = await readTagged<Changed>(answer);
    queries.setQueryData(externalAgentQuery(agent.id).queryKey, saved);
    void queries.invalidateQueries({ queryKey: ['external-agents', 'list'] });
    toast.success(is_active ? `${agent.name} is active` : `${agent.name} is deactivated`);
    return answer.status === 202 ? saved.value : null;
  };
  const activate = useMutation({
    mutationFn: () => set(true, false),
    onError: (error) => toast.error(error.message),
  });
  if (!mayWrite) return null;
  // The dialog stays while what runs is being stopped.
  if (!agent.is_active && !asking) {
    return (
      <Button variant="primary" busy={activate.isPending} onClick={() => activate.mutate()}>
        <CirclePlay aria-hidden="true" /> Activate
      </Button>
    );
  }
  return (
    <>
      <Button onClick={() => setAsking(true)}>
        <CircleSlash aria-hidden="true" /> Deactivate…
      </Button>
      {asking && (
        <KillDialog
          title={`Deactivate ${agent.name}?`}
          description={
            <>
              <p>Every call with any of its keys is refused from this moment on, through every door.</p>
              <p className="mt-2">Its keys, limits and history stay: it can be activated again.</p>
            </>
          }
          running="what it started"
          confirmLabel="Deactivate"
          onConfirm={(stopRunning) => set(false, stopRunning)}
          onClose={() => setAsking(false)}
        />
      )}
    </>
  );
}
