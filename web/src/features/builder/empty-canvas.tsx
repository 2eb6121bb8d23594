import { MousePointerClick, Sparkles } from 'lucide-react';
import { NodeIcon } from '@/components/node-icon.tsx';
import { Button } from '@/components/ui/button.tsx';
import { useBuilder, useBuilderServices } from './builder-context.ts';
import { catalog } from './node-catalog.ts';

/** What to do first. */
export function EmptyCanvas({ onAdd }: { onAdd: (type: string) => void }) {
  const { readOnly, refine } = useBuilderServices();
  const isEmpty = useBuilder((builder) => builder.definition.nodes.length === 0);
  if (!isEmpty) return null;
  const triggers = catalog()[0]?.types ?? [];
  return (
    <div className="pointer-events-none absolute inset-0 flex items-center justify-center p-6">
      <div className="pointer-events-auto max-w-sm rounded-xl border border-line bg-surface p-6 text-center shadow-pop">
        <MousePointerClick className="mx-auto mb-3 size-5 text-faint" aria-hidden="true" />
        <h2 className="font-semibold">How does it start?</h2>
        <p className="mt-1 text-pretty text-sm text-soft">
          Every agent begins with one trigger. Then add a node behind each node, with its plus or from the list.
        </p>
        {!readOnly && (
          <div className="mt-4 grid grid-cols-2 gap-2">
            {triggers.map((type) => (
              <Button key={type.type} className="justify-start" onClick={() => onAdd(type.type)}>
                <NodeIcon type={type.type} className="size-5 border-0 bg-transparent" />
                {type.title}
              </Button>
            ))}
          </div>
        )}
        {refine !== null && (
          <>
            <p className="mt-4 text-faint text-xs">or</p>
            <Button variant="ghost" className="mt-1 text-accent-text" onClick={refine}>
              <Sparkles aria-hidden="true" /> Describe it in words
            </Button>
          </>
        )}
      </div>
    </div>
  );
}
