import { Dialog } from '@/components/ui/dialog.tsx';
import { LineageView } from './lineage-view.tsx';
import { NodeDetails } from './node-details.tsx';

interface LineageDialogProps {
  executionId: string;
  agentName: string;
  onClose: () => void;
}

/** What an execution came from and what it reached. */
export default function LineageDialog({ executionId, agentName, onClose }: LineageDialogProps) {
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={`Lineage of ${agentName}`}
      description={<p className="pb-3">Who called, what ran, what it reached, and what it cost.</p>}
      className="top-[4vh] h-[92vh] max-h-[92vh] max-w-[84rem]"
    >
      <div className="flex min-h-0 flex-1 flex-col overflow-hidden rounded-b-xl border-line border-t">
        <LineageView
          of={{ execution: executionId }}
          name={executionId}
          details={(node) => <NodeDetails node={node} />}
        />
      </div>
    </Dialog>
  );
}
