import { Panel } from '@xyflow/react';
import { Button } from '@/components/ui/button.tsx';
import { useBuilder, useBuilderServices } from '../builder-context.ts';
import { ALIGNMENTS } from '../draft/align.ts';
import { ALIGNMENT_ICONS } from '../node-menu.tsx';

/** Puts several selected nodes in line. */
export function AlignBar() {
  const { store, readOnly } = useBuilderServices();
  const count = useBuilder((builder) => builder.selection.nodes.size);
  if (count < 2 || readOnly) return null;
  return (
    <Panel position="top-center" className="rounded-lg border border-line bg-surface shadow-card">
      <div role="toolbar" aria-label={`Align ${count} nodes`} className="flex items-center gap-0.5 p-0.5">
        {ALIGNMENTS.map(({ how, title, keys }) => {
          const Icon = ALIGNMENT_ICONS[how];
          const spread = how === 'across' || how === 'down';
          return (
            <Button
              key={how}
              variant="ghost"
              size="icon-sm"
              aria-label={title}
              title={`${title} (${keys})`}
              disabled={spread && count < 3}
              onClick={() => store.getState().align(how)}
            >
              <Icon aria-hidden="true" />
            </Button>
          );
        })}
      </div>
    </Panel>
  );
}
