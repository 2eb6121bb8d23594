import { type JsonValue, outputSchemaOf } from '@agentflow/contracts';
import { Pin } from 'lucide-react';
import { useState } from 'react';
import { toast } from 'sonner';
import { JsonEditor } from '@/components/json-editor.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Dialog, DialogBody, DialogFooter } from '@/components/ui/dialog.tsx';
import { exampleOf } from '@/lib/example-input.ts';
import { jsonMistake } from '@/lib/json-path.ts';
import { useBuilder, useBuilderServices, useRuns } from '../builder-context.ts';
import { nodeAt } from '../draft/keys.ts';
import { nodeLabel } from '../draft/node-facts.ts';
import { useNodeOutputs } from './use-node-outputs.ts';

interface PinDialogProps {
  node: string;
  onClose: () => void;
}

/** Asks for the output that stands in for running a node: its last one, or what its schema tells, to be edited. */
export function PinDialog({ node: key, onClose }: PinDialogProps) {
  const { runs } = useBuilderServices();
  const definition = useBuilder((builder) => builder.definition);
  const outputs = useNodeOutputs();
  const pinned = useRuns((run) => run.pins);
  const node = nodeAt(definition, key);
  const [typed, setTyped] = useState<string | null>(null);
  if (node === undefined) return null;
  const text = typed ?? JSON.stringify(outputs[node.id] ?? exampleOf(outputSchemaOf(node) ?? undefined), null, 2);
  const wrong = jsonMistake(text) !== null;
  const pin = () => {
    if (wrong) return;
    runs.getState().pin(node.id, JSON.parse(text) as JsonValue);
    toast.success(`The output of ${nodeLabel(node)} is pinned`);
    onClose();
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={`Pin an output of ${nodeLabel(node)}`}
      description="Tests take this for running the node. It is kept in this browser, and is no part of the draft."
      className="max-w-2xl"
    >
      <DialogBody>
        <JsonEditor label="Output as JSON" value={text} onChange={setTyped} minLines={12} onSubmit={pin} />
      </DialogBody>
      <DialogFooter>
        {Object.hasOwn(pinned, node.id) && (
          <Button
            variant="ghost"
            onClick={() => {
              runs.getState().unpin(node.id);
              onClose();
            }}
          >
            Unpin
          </Button>
        )}
        <Button onClick={onClose}>Cancel</Button>
        <Button variant="primary" disabled={wrong} onClick={pin}>
          <Pin aria-hidden="true" /> Pin this output
        </Button>
      </DialogFooter>
    </Dialog>
  );
}
