import '@xyflow/react/dist/base.css';
import './graph-view.css';
import type { AgentDefinition, AgentNode } from '@agentflow/contracts';
import {
  Background,
  BackgroundVariant,
  BaseEdge,
  EdgeLabelRenderer,
  type EdgeProps,
  getBezierPath,
  getSmoothStepPath,
  Panel,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
} from '@xyflow/react';
import { Maximize, Minus, Plus } from 'lucide-react';
import { memo, useMemo, useRef } from 'react';
import { statusWord } from '@/components/status-badge.tsx';
import { Button } from '@/components/ui/button.tsx';
import { nodeKind, nodeLabel } from '@/features/builder/draft/node-facts.ts';
import { cn } from '@/lib/class-names.ts';
import { useShownTheme } from '@/lib/theme.ts';
import { type GraphEdge, type GraphNode, graphEdges, graphNodes, placed } from './graph-elements.ts';
import { GraphNodeCard } from './graph-node.tsx';
import type { NodeMark } from './node-mark.ts';

interface GraphViewProps {
  definition: AgentDefinition;
  /** By node id; without it the graph is shown as it is. */
  marks?: ReadonlyMap<string, NodeMark>;
  selected?: string | undefined;
  onSelect?: (nodeId: string) => void;
  label: string;
}

const NODE_VIEWS = { node: GraphNodeCard };
const EDGE_VIEWS = { exit: memo(GraphEdgePath) };
const FIT_VIEW = { padding: 0.1, maxZoom: 1 };

/** A definition on a canvas that is only read: moved and zoomed, chosen from by click, Tab and Enter. */
export default function GraphView(props: GraphViewProps) {
  return (
    <ReactFlowProvider>
      <Graph {...props} />
    </ReactFlowProvider>
  );
}

function Graph({ definition, marks, selected, onSelect, label }: GraphViewProps) {
  const shown = placed(definition);
  const before = useRef<GraphNode[]>([]);
  const nodes = useMemo(() => {
    before.current = graphNodes(shown, marks, selected, spokenName, before.current);
    return before.current;
  }, [shown, marks, selected]);
  const edges = useMemo(() => graphEdges(shown, marks), [shown, marks]);
  const theme = useShownTheme();
  const select = (id: string) => {
    const node = nodes.find((each) => each.id === id);
    if (node !== undefined) onSelect?.(node.data.node.id);
  };
  return (
    <ReactFlow
      aria-label={label}
      className="graph-view"
      nodes={nodes}
      edges={edges}
      nodeTypes={NODE_VIEWS}
      edgeTypes={EDGE_VIEWS}
      colorMode={theme}
      fitView
      fitViewOptions={FIT_VIEW}
      minZoom={0.1}
      maxZoom={1.5}
      nodesDraggable={false}
      nodesConnectable={false}
      edgesFocusable={false}
      nodesFocusable
      elementsSelectable
      deleteKeyCode={null}
      selectionKeyCode={null}
      multiSelectionKeyCode={null}
      zoomOnScroll={false}
      preventScrolling={false}
      zoomOnDoubleClick={false}
      disableKeyboardA11y
      onNodeClick={(_event, node) => select(node.id)}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' && event.key !== ' ') return;
        const id = (event.target as HTMLElement).closest<HTMLElement>('.react-flow__node')?.dataset.id;
        if (id === undefined) return;
        event.preventDefault();
        select(id);
      }}
      proOptions={{ hideAttribution: true }}
    >
      <Background variant={BackgroundVariant.Dots} gap={20} size={1} />
      <GraphControls />
    </ReactFlow>
  );
}

function GraphControls() {
  const flow = useReactFlow();
  return (
    <Panel position="bottom-left" className="flex rounded-lg border border-line bg-surface p-0.5 shadow-card">
      <Button variant="ghost" size="icon-sm" aria-label="Zoom out" onClick={() => void flow.zoomOut()}>
        <Minus aria-hidden="true" />
      </Button>
      <Button variant="ghost" size="icon-sm" aria-label="Zoom in" onClick={() => void flow.zoomIn()}>
        <Plus aria-hidden="true" />
      </Button>
      <Button
        variant="ghost"
        size="icon-sm"
        aria-label="Show the whole graph"
        onClick={() => void flow.fitView(FIT_VIEW)}
      >
        <Maximize aria-hidden="true" />
      </Button>
    </Panel>
  );
}

/** "Classify, AI classify, Completed, 1.2 s": what a node is when it can't be seen. */
function spokenName(node: AgentNode, mark: NodeMark | null): string {
  return [nodeLabel(node), nodeKind(node), mark === null ? null : statusWord(mark.status), mark?.note]
    .filter(Boolean)
    .join(', ');
}

function GraphEdgePath(props: EdgeProps<GraphEdge>) {
  const { id, sourceX, sourceY, targetX, targetY, sourcePosition, targetPosition, data } = props;
  const ends = { sourceX, sourceY, targetX, targetY, sourcePosition, targetPosition };
  const [path, labelX, labelY] =
    targetX < sourceX + 8 ? getSmoothStepPath({ ...ends, borderRadius: 12, offset: 24 }) : getBezierPath(ends);
  const label = data?.label ?? null;
  const roomy = label !== null && targetX - sourceX > label.length * 6 + 60;
  return (
    <g className={cn('graph-edge', `is-${data?.state ?? 'plain'}`)}>
      <BaseEdge id={id} path={path} interactionWidth={0} />
      {roomy && (
        <EdgeLabelRenderer>
          <span
            className="pointer-events-none absolute max-w-28 truncate rounded-full border border-line bg-surface px-1.5 text-2xs text-soft dark:bg-raised"
            style={{ transform: `translate(-50%, -50%) translate(${labelX}px, ${labelY}px)` }}
          >
            {label}
          </span>
        </EdgeLabelRenderer>
      )}
    </g>
  );
}
