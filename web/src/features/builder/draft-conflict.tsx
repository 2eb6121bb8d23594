import type { AgentDefinition } from '@agentflow/contracts';
import { useEffect, useState } from 'react';
import { toast } from 'sonner';
import { useStore } from 'zustand';
import { DraftConflictDialog } from '@/features/agents/draft-conflict-dialog.tsx';
import type { Tagged } from '@/lib/tagged.ts';
import type { BuilderStore } from './builder-store.ts';

interface DraftConflictProps {
  agentId: string;
  store: BuilderStore;
  comparing: boolean;
  onComparing: (comparing: boolean) => void;
  onKeepMine: (etag: string | null) => Promise<boolean>;
  onTakeTheirs: (theirs: Tagged<AgentDefinition>) => void;
}

/** Asks as soon as somebody else has saved; who closes the dialog goes on, unsaved, and can come back to it. */
export function DraftConflict({
  agentId,
  store,
  comparing,
  onComparing,
  onKeepMine,
  onTakeTheirs,
}: DraftConflictProps) {
  const conflict = useStore(store, (builder) => builder.save.kind === 'conflict');
  const definition = useStore(store, (builder) => builder.definition);
  const [busy, setBusy] = useState(false);
  useEffect(() => onComparing(conflict), [conflict, onComparing]);
  if (!conflict || !comparing) return null;
  return (
    <DraftConflictDialog
      agentId={agentId}
      mine={JSON.stringify(definition, null, 2)}
      busy={busy}
      onKeepMine={(etag) => {
        setBusy(true);
        void onKeepMine(etag)
          .then((saved) => saved && toast.success('Draft saved'))
          .finally(() => setBusy(false));
      }}
      onTakeTheirs={(theirs) => {
        onTakeTheirs(theirs);
        toast.success('Their draft is open now', {
          action: { label: 'Undo', onClick: () => store.getState().undo() },
        });
      }}
      onClose={() => onComparing(false)}
    />
  );
}
