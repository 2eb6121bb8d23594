import '@xyflow/react/dist/base.css';
import '@/features/builder/canvas/canvas.css';
import './definition-graph.css';
import type { AgentNode } from '@agentflow/contracts';
import {
  Background,
  BackgroundVariant,
  type Edge,
  Handle,
  type Node,
  type NodeProps,
  Position,
  ReactFlow,
  ReactFlowProvider,
} from '@xyflow/react';
import { memo, useMemo } from 'react';
import { NodeIcon } from '@/components/node-icon.tsx';
import { CanvasControls } from '@/features/builder/canvas/canvas-controls.tsx';
import { type Exit, exitOf, exitsInUse, exitTitle, isTrigger } from '@/features/builder/draft/exits.ts';
import { edgeKeys, nodeKeys } from '@/features/builder/draft/keys.ts';
import { EXIT_ROW, GRID, modelOf, nodeKind, nodeLabel, nodeSize } from '@/features/builder/draft/node-facts.ts';
import { cn } from '@/lib/class-names.ts';
import { MarkChip } from './change-list.tsx';
import type { DiffGraph, Mark } from './diff-graph.ts';

interface GraphNodeData extends Record<string, unknown> {
  readonly node: AgentNode;
  readonly exits: readonly Exit[];
  readonly hasEntry: boolean;
  readonly mark: Mark | undefined;
}
type GraphNode = Node<GraphNodeData, 'definition'>;

const FIT = { padding: { top: '32px', left: '32px', right: '32px', bottom: '56px' }, maxZoom: 1 } as const;

function graphNodes({ definition, nodeMarks }: DiffGraph, selected: string | null): GraphNode[] {
  const entered = new Set(definition.edges.map((edge) => edge.target));
  const keys = nodeKeys(definition);
  return definition.nodes.map((node, index) => {
    const key = keys[index] ?? node.id;
    const used = definition.edges.flatMap((edge) => (edge.source === node.id ? [exitOf(edge)] : []));
    const exits = exitsInUse(node, new Set(used));
    const mark = nodeMarks.get(key);
    return {
      id: key,
      type: 'definition',
      position: node.position ?? { x: 0, y: 0 },
      data: { node, exits, hasEntry: !isTrigger(node.type) || entered.has(node.id), mark },
      selected: key === selected,
      ...nodeSize(node, exits.length),
    };
  });
}

function graphEdges({ definition, edgeMarks }: DiffGraph): Edge[] {
  const keys = edgeKeys(definition);
  const nodes = new Map(definition.nodes.map((node) => [node.id, node]));
  return definition.edges.flatMap((edge, index) => {
    const source = nodes.get(edge.source);
    const key = keys[index] ?? edge.id;
    if (source === undefined || !nodes.has(edge.target) || edge.source === edge.target) return [];
    const title = exitTitle(source, exitOf(edge));
    return [
      {
        id: key,
        source: edge.source,
        target: edge.target,
        sourceHandle: exitOf(edge),
        className: `graph-edge-${edgeMarks.get(key) ?? 'same'}`,
        ...(title === null ? {} : { ariaLabel: title }),
      },
    ];
  });
}

const GraphNodeView = memo(function GraphNodeView({ data, selected }: NodeProps<GraphNode>) {
  const { node, exits, hasEntry, mark } = data;
  const model = modelOf(node);
  const [only] = exits;
  return (
    <div className={cn('graph-node', `graph-node-${mark ?? 'same'}`, selected && 'is-selected')}>
      {mark !== undefined && (
        <span className="absolute -top-3 left-3 flex rounded-full bg-surface shadow-card">
          <MarkChip mark={mark} />
        </span>
      )}
      <div className="flex h-[54px] shrink-0 items-center gap-2.5 px-3">
        <NodeIcon type={node.type} className="size-8 dark:bg-hover [&>svg]:size-4" />
        <span className="min-w-0 flex-1">
          <span className="block truncate font-medium text-sm text-text">{nodeLabel(node)}</span>
          <span className="block truncate text-2xs text-faint">{nodeKind(node)}</span>
        </span>
      </div>
      {model !== null && (
        <div className="flex h-6 items-start px-3">
          <span className="truncate rounded-sm bg-sunken px-1.5 font-mono text-2xs text-soft dark:bg-hover">
            {model}
          </span>
        </div>
      )}
      {exits.length > 1 && (
        <div className="border-line border-t py-[3px]">
          {exits.map((exit) => (
            <div key={exit.handle} className="relative flex items-center justify-end pr-4" style={{ height: EXIT_ROW }}>
              <span className="block truncate text-soft text-xs first-letter:uppercase">{exit.title}</span>
              <Handle type="source" id={exit.handle} position={Position.Right} isConnectable={false} />
            </div>
          ))}
        </div>
      )}
      {hasEntry && <Handle type="target" position={Position.Left} isConnectable={false} style={{ top: 28 }} />}
      {exits.length === 1 && only !== undefined && (
        <Handle type="source" id={only.handle} position={Position.Right} isConnectable={false} style={{ top: 28 }} />
      )}
    </div>
  );
});

const NODE_VIEWS = { definition: GraphNodeView };

interface DefinitionGraphProps {
  graph: DiffGraph;
  /** What is drawn, in words. */
  label: string;
  selected?: string | null;
  onSelect?: (node: string | null) => void;
  className?: string;
}

/** A definition that can be looked at and not touched, with what differs marked. */
export default function DefinitionGraph({ graph, label, selected = null, onSelect, className }: DefinitionGraphProps) {
  const nodes = useMemo(() => graphNodes(graph, selected), [graph, selected]);
  const edges = useMemo(() => graphEdges(graph), [graph]);
  return (
    <ReactFlowProvider>
      <section
        aria-label={label}
        className={cn('builder-canvas relative overflow-hidden rounded-lg border border-line', className)}
      >
        <ReactFlow<GraphNode>
          nodes={nodes}
          edges={edges}
          nodeTypes={NODE_VIEWS}
          nodesDraggable={false}
          nodesConnectable={false}
          nodesFocusable={false}
          edgesFocusable={false}
          disableKeyboardA11y
          deleteKeyCode={null}
          zoomActivationKeyCode={['Meta', 'Control']}
          zoomOnScroll={false}
          preventScrolling={false}
          minZoom={0.05}
          fitView
          fitViewOptions={FIT}
          onNodeClick={(_event, node) => onSelect?.(node.id)}
          onPaneClick={() => onSelect?.(null)}
          proOptions={{ hideAttribution: true }}
        >
          <Background variant={BackgroundVariant.Dots} gap={GRID} size={1.5} />
          <CanvasControls />
        </ReactFlow>
      </section>
    </ReactFlowProvider>
  );
}
