import { Plus } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Button } from '@/components/ui/button.tsx';
import { Sheet } from '@/components/ui/sheet.tsx';
import { useBuilder, useBuilderServices, useRuns } from './builder-context.ts';
import { nodeAt } from './draft/keys.ts';
import { nodeLabel } from './draft/node-facts.ts';
import { NodeCards } from './node-cards.tsx';
import { NodeEditor } from './node-panel.tsx';

/** The draft on a phone: its nodes in the order in which they run, each a tap from its form. */
export function NodeList() {
  const { openAdd, store, readOnly } = useBuilderServices();
  const definition = useBuilder((builder) => builder.definition);
  const problems = useBuilder((builder) => builder.problems);
  const [selected] = useBuilder((builder) => builder.selection.nodes);
  const jump = useBuilder((builder) => builder.jump);
  const runs = useRuns((run) => run.nodes);
  const [open, setOpen] = useState(false);
  useEffect(() => {
    if (jump !== null) setOpen(true);
  }, [jump]);
  const node = selected === undefined ? undefined : nodeAt(definition, selected);
  return (
    <div className="min-w-0 flex-1 overflow-y-auto bg-canvas p-3">
      {definition.nodes.length === 0 ? (
        <p className="rounded-lg border border-line-strong border-dashed p-6 text-center text-sm text-soft">
          No nodes yet. An agent starts with a trigger, such as “Manual start”.
        </p>
      ) : (
        <NodeCards
          definition={definition}
          problems={problems}
          runs={runs}
          onSelect={(id) => {
            store.getState().select({ nodes: new Set([id]) });
            setOpen(true);
          }}
        />
      )}
      {!readOnly && (
        <Button
          className="mt-3 w-full"
          onClick={(event) => {
            const box = event.currentTarget.getBoundingClientRect();
            openAdd({
              anchor: { x: box.left, y: box.top },
              link: selected === undefined ? undefined : { kind: 'after', node: selected },
            });
          }}
        >
          <Plus aria-hidden="true" /> {node === undefined ? 'Add a node' : `Add after ${nodeLabel(node)}`}
        </Button>
      )}
      {selected !== undefined && node !== undefined && (
        <Sheet open={open} onOpenChange={setOpen} title={nodeLabel(node)} side="right">
          <NodeEditor key={selected} node={selected} onClose={() => setOpen(false)} />
        </Sheet>
      )}
    </div>
  );
}
