import type { ExternalAgent, ExternalAgentKey, Stop } from '@agentflow/contracts';
import { useQueryClient } from '@tanstack/react-query';
import { toast } from 'sonner';
import { api, queryString } from '@/lib/api.ts';
import { KillDialog } from './kill-dialog.tsx';

interface RevokeKeyDialogProps {
  agent: ExternalAgent;
  apiKey: ExternalAgentKey;
  onClose: () => void;
}

export function RevokeKeyDialog({ agent, apiKey, onClose }: RevokeKeyDialogProps) {
  const queries = useQueryClient();
  return (
    <KillDialog
      title={`Revoke ${apiKey.masked}?`}
      description={`${agent.name} is refused with this key from this moment on, through every door. A revoked key cannot be brought back.`}
      running="what was started with this key"
      confirmLabel="Revoke key"
      onConfirm={async (stopRunning) => {
        const query = queryString({ stop_running: String(stopRunning) });
        const path = `/external-agents/${agent.id}/keys/${apiKey.id}${query}`;
        const stop = await api<Stop | undefined>(path, { method: 'DELETE' });
        void queries.invalidateQueries({ queryKey: ['external-agents'] });
        toast.success(`${apiKey.masked} is revoked`);
        return stop ?? null;
      }}
      onClose={onClose}
    />
  );
}
