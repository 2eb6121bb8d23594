import { BaseEdge, EdgeLabelRenderer, type EdgeProps, getBezierPath, getSmoothStepPath } from '@xyflow/react';
import { memo, useContext } from 'react';
import { cn } from '@/lib/class-names.ts';
import { useBuilderServices } from '../builder-context.ts';
import { DetailContext } from './detail.ts';
import type { FlowEdge } from './flow-elements.ts';

const RUN_CLASSES = { running: 'is-running', taken: 'is-taken', failed: 'is-failed' } as const;

/** Flat to the sides; one that leads back goes around. */
export const BuilderEdge = memo(function BuilderEdge(props: EdgeProps<FlowEdge>) {
  const { id, sourceX, sourceY, targetX, targetY, sourcePosition, targetPosition, data, selected } = props;
  const { openAdd, readOnly } = useBuilderServices();
  const detailed = useContext(DetailContext);
  const ends = { sourceX, sourceY, targetX, targetY, sourcePosition, targetPosition };
  const [path, labelX, labelY] =
    targetX < sourceX + 8 ? getSmoothStepPath({ ...ends, borderRadius: 12, offset: 24 }) : getBezierPath(ends);
  const label = data?.label ?? null;
  // Between close nodes the exit itself says it, and the label would cover the edges.
  const roomy = label !== null && targetX - sourceX > label.length * 6 + 60;
  return (
    <g
      className={cn(
        'builder-edge',
        data?.run && RUN_CLASSES[data.run],
        selected && 'is-selected',
        data?.broken && 'is-broken',
      )}
    >
      <BaseEdge id={id} path={path} interactionWidth={24} />
      {detailed && roomy && (
        <EdgeLabelRenderer>
          <span
            className={cn(
              'pointer-events-none absolute max-w-28 truncate rounded-full border border-line bg-surface px-1.5 text-2xs text-soft dark:bg-raised',
              selected && 'border-accent text-accent-text',
              data?.broken && 'border-failed-solid/50 text-failed',
            )}
            style={{ transform: `translate(-50%, -50%) translate(${labelX}px, ${labelY}px)` }}
          >
            {label}
          </span>
        </EdgeLabelRenderer>
      )}
      {detailed && !readOnly && (
        // The keyboard inserts with A.
        // biome-ignore lint/a11y/noStaticElementInteractions: see above
        <g
          className="builder-edge-plus nodrag nopan"
          transform={`translate(${labelX}, ${roomy ? labelY + 20 : labelY})`}
          onClick={(event) => {
            event.stopPropagation();
            openAdd({ anchor: { x: event.clientX, y: event.clientY }, link: { kind: 'edge', edge: id } });
          }}
        >
          <title>Insert a node here</title>
          <circle r={9} />
          <path d="M-4 0H4M0 -4V4" />
        </g>
      )}
    </g>
  );
});
