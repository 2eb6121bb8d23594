import { Panel, useReactFlow, useStore } from '@xyflow/react';
import { Maximize, Minus, Plus } from 'lucide-react';
import { Button } from '@/components/ui/button.tsx';
import { FIT_VIEW } from './fit-view.ts';

export function CanvasControls() {
  const flow = useReactFlow();
  // Not the place, which changes with every frame of a move.
  const percent = useStore((state) => Math.round(state.transform[2] * 100));
  return (
    <Panel
      position="bottom-left"
      className="flex items-center rounded-lg border border-line bg-surface p-0.5 shadow-card"
    >
      <Button variant="ghost" size="icon-sm" aria-label="Zoom out" onClick={() => void flow.zoomOut()}>
        <Minus aria-hidden="true" />
      </Button>
      <Button
        variant="ghost"
        size="sm"
        className="tabular w-12 px-0!"
        aria-label={`Zoom ${percent} percent, back to 100`}
        onClick={() => void flow.zoomTo(1)}
      >
        {percent}%
      </Button>
      <Button variant="ghost" size="icon-sm" aria-label="Zoom in" onClick={() => void flow.zoomIn()}>
        <Plus aria-hidden="true" />
      </Button>
      <Button
        variant="ghost"
        size="icon-sm"
        aria-label="Show everything"
        title="Show everything (1)"
        onClick={() => void flow.fitView(FIT_VIEW)}
      >
        <Maximize aria-hidden="true" />
      </Button>
    </Panel>
  );
}
