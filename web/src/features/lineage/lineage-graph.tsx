import '@xyflow/react/dist/base.css';
import './lineage.css';
import type { LineageGraph as Graph } from '@agentflow/contracts';
import {
  Background,
  BackgroundVariant,
  type Edge,
  Panel,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
} from '@xyflow/react';
import { Maximize, Minus, Plus } from 'lucide-react';
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from 'react';
import { Button } from '@/components/ui/button.tsx';
import { useShownTheme } from '@/lib/theme.ts';
import { NODE_HEIGHT, NODE_WIDTH, nodeAt, placeLineage } from './layout.ts';
import { LineageCard, type LineageFlowNode } from './lineage-node.tsx';

interface LineageGraphProps {
  graph: Graph;
  selected: string | undefined;
  onSelect: (nodeId: string) => void;
  /** By Enter: who chose it wants to read on in its details. */
  onOpen: (nodeId: string) => void;
}

const NODE_VIEWS = { lineage: LineageCard };
const FIT_VIEW = { padding: 0.06, maxZoom: 1.1, minZoom: 0.4 };
const WHOLE = { padding: 0.06, maxZoom: 1.1 };

/** The graph from left to right: arrow keys walk along it, Enter shows details, edges of what is pointed at flow. */
export default function LineageGraph(props: LineageGraphProps) {
  return (
    <ReactFlowProvider>
      <Canvas {...props} />
    </ReactFlowProvider>
  );
}

function Canvas({ graph, selected, onSelect, onOpen }: LineageGraphProps) {
  const theme = useShownTheme();
  const flow = useReactFlow();
  const frame = useRef<HTMLDivElement>(null);
  const places = useMemo(() => placeLineage(graph), [graph]);
  const [pointedAt, setPointedAt] = useState<string | null>(null);
  const tabStop = selected !== undefined && places.has(selected) ? selected : graph.nodes[0]?.id;
  const nodes = useMemo<LineageFlowNode[]>(() => {
    const reached = new Set(graph.edges.map(({ to }) => to));
    const reaching = new Set(graph.edges.map(({ from }) => from));
    return graph.nodes.map((node) => ({
      id: node.id,
      type: 'lineage',
      position: places.get(node.id) ?? { x: 0, y: 0 },
      width: NODE_WIDTH,
      height: NODE_HEIGHT,
      data: { node, reached: reached.has(node.id), reaches: reaching.has(node.id) },
      selected: node.id === selected,
      ariaRole: 'button',
      // One stop for Tab: arrow keys go on from there.
      domAttributes: {
        tabIndex: node.id === tabStop ? 0 : -1,
        'aria-roledescription': undefined,
        'aria-pressed': node.id === selected,
      },
    }));
  }, [graph, places, selected, tabStop]);
  const edges = useMemo<Edge[]>(() => {
    const status = new Map(graph.nodes.map((node) => [node.id, node.status]));
    return graph.edges.map(({ from, to }) => ({
      id: `${from} ${to}`,
      source: from,
      target: to,
      domAttributes: { 'aria-hidden': true },
      className:
        pointedAt === from || pointedAt === to
          ? 'is-flowing'
          : status.get(to) === 'running'
            ? 'is-running'
            : status.get(to) === 'error'
              ? 'is-error'
              : '',
    }));
  }, [graph, pointedAt]);

  // More nodes come while it runs: they are to be seen.
  const count = graph.nodes.length;
  useEffect(() => {
    if (count > 0) void flow.fitView(FIT_VIEW);
  }, [flow, count]);

  const focus = (id: string) => {
    frame.current?.querySelector<HTMLElement>(`.react-flow__node[data-id="${CSS.escape(id)}"]`)?.focus();
    const place = places.get(id);
    const bounds = frame.current?.getBoundingClientRect();
    if (place === undefined || bounds === undefined) return;
    const at = flow.flowToScreenPosition(place);
    const end = flow.flowToScreenPosition({ x: place.x + NODE_WIDTH, y: place.y + NODE_HEIGHT });
    if (at.x < bounds.left || at.y < bounds.top || end.x > bounds.right || end.y > bounds.bottom) {
      void flow.setCenter(place.x + NODE_WIDTH / 2, place.y + NODE_HEIGHT / 2, { zoom: flow.getZoom() });
    }
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const id = (event.target as HTMLElement).closest<HTMLElement>('.react-flow__node')?.dataset.id;
    if (id === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      onOpen(id);
      return;
    }
    if (!event.key.startsWith('Arrow')) return;
    event.preventDefault();
    const next = nodeAt(graph, places, id, event.key);
    if (next !== undefined) focus(next);
  };
  return (
    <div ref={frame} className="size-full">
      <ReactFlow
        aria-label="Lineage, from the caller on the left to what it reached on the right"
        className="lineage"
        nodes={nodes}
        edges={edges}
        nodeTypes={NODE_VIEWS}
        colorMode={theme}
        fitView
        fitViewOptions={FIT_VIEW}
        minZoom={0.1}
        maxZoom={1.5}
        nodesDraggable={false}
        nodesConnectable={false}
        edgesFocusable={false}
        elementsSelectable
        deleteKeyCode={null}
        selectionKeyCode={null}
        multiSelectionKeyCode={null}
        preventScrolling={false}
        zoomOnScroll={false}
        zoomOnDoubleClick={false}
        disableKeyboardA11y
        onNodeClick={(_event, node) => onSelect(node.id)}
        onNodeMouseEnter={(_event, node) => setPointedAt(node.id)}
        onNodeMouseLeave={() => setPointedAt(null)}
        onKeyDown={onKeyDown}
        proOptions={{ hideAttribution: true }}
      >
        <Background variant={BackgroundVariant.Dots} gap={20} size={1} />
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
            aria-label="Show the whole lineage"
            onClick={() => void flow.fitView(WHOLE)}
          >
            <Maximize aria-hidden="true" />
          </Button>
        </Panel>
      </ReactFlow>
    </div>
  );
}
