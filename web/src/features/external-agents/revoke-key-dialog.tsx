import type { ExternalAgent, ExternalAgentKey } from '@agentflow/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { toast } from 'sonner';
import { ConfirmDialog } from '@/components/ui/confirm-dialog.tsx';
import { api } from '@/lib/api.ts';

interface RevokeKeyDialogProps {
  agent: ExternalAgent;
  apiKey: ExternalAgentKey;
  onClose: () => void;
}

export function RevokeKeyDialog({ agent, apiKey, onClose }: RevokeKeyDialogProps) {
  const queries = useQueryClient();
  const revoke = useMutation({
    mutationFn: () => api(`/external-agents/${agent.id}/keys/${apiKey.id}`, { method: 'DELETE' }),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ['external-agents'] });
      toast.success(`${apiKey.masked} is revoked`);
      onClose();
    },
  });
  return (
    <ConfirmDialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={`Revoke ${apiKey.masked}?`}
      description={`${agent.name} is refused with this key from this moment on, through every door. A revoked key cannot be brought back.`}
      confirmLabel="Revoke key"
      danger
      busy={revoke.isPending}
      error={revoke.error}
      onConfirm={() => revoke.mutate()}
    />
  );
}
