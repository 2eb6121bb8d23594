import '@xyflow/react/dist/base.css';
import './canvas.css';
import {
  applyNodeChanges,
  Background,
  BackgroundVariant,
  type Connection,
  type EdgeChange,
  type FinalConnectionState,
  MiniMap,
  type NodeChange,
  ReactFlow,
  useReactFlow,
} from '@xyflow/react';
import {
  type DragEvent,
  type MouseEvent as ReactMouseEvent,
  type RefObject,
  useCallback,
  useMemo,
  useRef,
  useState,
} from 'react';
import { cn } from '@/lib/class-names.ts';
import { useBuilder, useBuilderServices, useRuns } from '../builder-context.ts';
import { isTrigger, whyNotConnect } from '../draft/exits.ts';
import { edgeAt, nodeAt } from '../draft/keys.ts';
import { GRID, NODE_WIDTH } from '../draft/node-facts.ts';
import { useProblemsByNode } from '../use-problems.ts';
import { AlignBar } from './align-bar.tsx';
import { BuilderEdge } from './builder-edge.tsx';
import { BuilderNode } from './builder-node.tsx';
import { CanvasControls } from './canvas-controls.tsx';
import { DetailContext, useDetail } from './detail.ts';
import { FIT_VIEW } from './fit-view.ts';
import { type FlowEdge, type FlowInput, type FlowNode, flowEdges, flowNodes } from './flow-elements.ts';
import { LoopBodiesView } from './loop-bodies-view.tsx';
import { useCanvasKeys } from './use-canvas-keys.ts';
import { useReveal } from './use-reveal.ts';

const NODE_VIEWS = { node: BuilderNode };
const EDGE_VIEWS = { exit: BuilderEdge };
const SNAP: [number, number] = [GRID, GRID];
/** What a dragged entry of the palette carries. */
export const DRAGGED_TYPE = 'application/x-agentflow-node-type';

/** React Flow's nodes for the draft, with what only the canvas knows: sizes, and where a pointer holds them. */
function useFlowNodes(input: FlowInput) {
  const [seen, setSeen] = useState(input);
  const [nodes, setNodes] = useState(() => flowNodes(input, []));
  if (seen !== input) {
    setSeen(input);
    setNodes(flowNodes(input, nodes));
  }
  return [nodes, setNodes] as const;
}

/** Those of a set of keys that stay chosen after a batch of changes. */
function afterChanges(keys: ReadonlySet<string>, changes: readonly (NodeChange<FlowNode> | EdgeChange<FlowEdge>)[]) {
  const next = new Set(keys);
  for (const change of changes) {
    if (change.type !== 'select') continue;
    if (change.selected) next.add(change.id);
    else next.delete(change.id);
  }
  return next;
}

/** The edge under a point of the screen. */
function edgeUnder(x: number, y: number): string | null {
  for (const element of document.elementsFromPoint(x, y)) {
    const edge = element.closest('.react-flow__edge');
    if (edge !== null) return edge.getAttribute('data-id');
  }
  return null;
}

/** Defined once: the overview draws all its nodes again for another function. */
function overviewColour({ data: { errors, run } }: FlowNode): string {
  if (run === null || run.status === 'pending' || run.status === 'skipped') {
    return errors > 0 ? 'var(--failed-solid)' : 'var(--line-strong)';
  }
  return run.status === 'cancelled' ? 'var(--idle-solid)' : `var(--${run.status}-solid)`;
}

export function Canvas({ frame }: { frame: RefObject<HTMLElement | null> }) {
  const { store, openAdd, openConnections, openMenu, announce, goToForm, readOnly } = useBuilderServices();
  const definition = useBuilder((builder) => builder.definition);
  const selection = useBuilder((builder) => builder.selection);
  const problems = useProblemsByNode();
  const runs = useRuns((run) => run.nodes);
  const pins = useRuns((run) => run.pins);
  const input = useMemo(
    () => ({ definition, selection, problems, readOnly, runs, pins }),
    [definition, selection, problems, readOnly, runs, pins],
  );
  const [nodes, setNodes] = useFlowNodes(input);
  const drawnEdges = useRef<FlowEdge[]>([]);
  const edges = useMemo(() => {
    drawnEdges.current = flowEdges({ definition, selection, runs }, drawnEdges.current);
    return drawnEdges.current;
  }, [definition, selection, runs]);
  const flow = useReactFlow<FlowNode, FlowEdge>();
  const { far, detailed } = useDetail(definition.nodes.length);
  const [dropEdge, setDropEdge] = useState<string | null>(null);
  const reveal = useReveal(frame);
  const onKeyDown = useCanvasKeys({ openAdd, openConnections, openMenu, goToForm, announce, readOnly });

  const onNodesChange = useCallback(
    (changes: NodeChange<FlowNode>[]) => {
      const { selection: chosen, select } = store.getState();
      if (changes.some((change) => change.type === 'select')) {
        select({ nodes: afterChanges(chosen.nodes, changes), edges: chosen.edges });
      }
      const own = changes.filter((change) => change.type === 'position' || change.type === 'dimensions');
      if (own.length > 0) setNodes((before) => applyNodeChanges(own, before));
    },
    [store, setNodes],
  );
  const onEdgesChange = useCallback(
    (changes: EdgeChange<FlowEdge>[]) => {
      const { selection: chosen, select } = store.getState();
      if (changes.some((change) => change.type === 'select')) {
        select({ nodes: chosen.nodes, edges: afterChanges(chosen.edges, changes) });
      }
    },
    [store],
  );
  const onDragStop = useCallback(
    (_event: unknown, _node: unknown, dragged: FlowNode[]) =>
      store.getState().moveNodes(new Map(dragged.map(({ id, position }) => [id, position]))),
    [store],
  );

  const isValidConnection = useCallback(
    ({ source, target, sourceHandle }: Connection | FlowEdge) => {
      const { definition: draft } = store.getState();
      const [from, to] = [nodeAt(draft, source), nodeAt(draft, target)];
      if (from === undefined || to === undefined) return false;
      return whyNotConnect(draft, { node: from, exit: sourceHandle ?? 'out' }, to) === null;
    },
    [store],
  );
  const onConnect = useCallback(
    ({ source, target, sourceHandle }: Connection) => store.getState().connect(source, sourceHandle ?? 'out', target),
    [store],
  );
  const onReconnect = useCallback(
    ({ id }: FlowEdge, { source, target, sourceHandle }: Connection) =>
      store.getState().reconnect(id, { source, exit: sourceHandle ?? 'out', target }),
    [store],
  );
  /** A connection that ends on nothing asks what should stand there; one that can't be made says why. */
  const onConnectEnd = useCallback(
    (event: MouseEvent | TouchEvent, connection: FinalConnectionState) => {
      if (connection.isValid === true || connection.fromNode === null || connection.fromHandle?.type !== 'source')
        return;
      const point = 'changedTouches' in event ? event.changedTouches[0] : event;
      if (point === undefined) return;
      const { definition: draft } = store.getState();
      const exit = connection.fromHandle.id ?? 'out';
      const over = document.elementFromPoint(point.clientX, point.clientY)?.closest('.react-flow__node');
      const key = connection.toNode?.id ?? over?.getAttribute('data-id') ?? null;
      const [from, to] = [nodeAt(draft, connection.fromNode.id), key === null ? undefined : nodeAt(draft, key)];
      if (from !== undefined && to !== undefined && key !== null) {
        // Dropped on a node rather than on its entry.
        const why = whyNotConnect(draft, { node: from, exit }, to);
        if (why === null) store.getState().connect(connection.fromNode.id, exit, key);
        else if (from !== to) announce(why);
        return;
      }
      const at = flow.screenToFlowPosition({ x: point.clientX, y: point.clientY });
      openAdd({
        anchor: { x: point.clientX, y: point.clientY },
        at: { x: at.x, y: at.y - 28 },
        link: { kind: 'after', node: connection.fromNode.id, exit },
      });
    },
    [store, flow, openAdd, announce],
  );

  const onDragOver = (event: DragEvent) => {
    if (readOnly || !event.dataTransfer.types.includes(DRAGGED_TYPE)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = 'copy';
    const under = edgeUnder(event.clientX, event.clientY);
    if (under !== dropEdge) setDropEdge(under);
  };
  const onDrop = (event: DragEvent) => {
    const type = event.dataTransfer.getData(DRAGGED_TYPE);
    setDropEdge(null);
    if (readOnly || type === '') return;
    event.preventDefault();
    const point = flow.screenToFlowPosition({ x: event.clientX, y: event.clientY });
    const at = { x: point.x - NODE_WIDTH / 2, y: point.y - 28 };
    const under = edgeUnder(event.clientX, event.clientY);
    const onEdge = under !== null && !isTrigger(type) && edgeAt(definition, under) !== undefined;
    store.getState().addNode(type, onEdge ? { at, link: { kind: 'edge', edge: under } } : { at });
    frame.current?.focus();
  };

  const onContextMenu = useCallback(
    (event: ReactMouseEvent, { id }: FlowNode) => {
      event.preventDefault();
      openMenu({ at: { x: event.clientX, y: event.clientY }, node: id });
    },
    [openMenu],
  );

  const shownEdges = useMemo(
    () =>
      dropEdge === null
        ? edges
        : edges.map((edge) => (edge.id === dropEdge ? { ...edge, className: 'is-drop-target' } : edge)),
    [edges, dropEdge],
  );
  return (
    <section
      ref={frame}
      aria-label="Canvas"
      tabIndex={-1}
      className={cn('builder-canvas relative min-w-0 flex-1 outline-none', far && 'is-far')}
      onKeyDown={onKeyDown}
      onFocus={reveal}
      onDragOver={onDragOver}
      onDragLeave={() => setDropEdge(null)}
      onDrop={onDrop}
    >
      <DetailContext value={detailed}>
        <ReactFlow<FlowNode, FlowEdge>
          nodes={nodes}
          edges={shownEdges}
          nodeTypes={NODE_VIEWS}
          edgeTypes={EDGE_VIEWS}
          onNodesChange={onNodesChange}
          onEdgesChange={onEdgesChange}
          onNodeDragStop={onDragStop}
          onSelectionDragStop={(event, dragged) => onDragStop(event, null, dragged)}
          onNodeDoubleClick={goToForm}
          onMoveStart={() => frame.current?.classList.add('is-moving')}
          onMoveEnd={() => frame.current?.classList.remove('is-moving')}
          onNodeContextMenu={onContextMenu}
          onConnect={onConnect}
          onConnectEnd={onConnectEnd}
          onReconnect={onReconnect}
          edgesReconnectable={!readOnly}
          isValidConnection={isValidConnection}
          connectOnClick={false}
          connectionRadius={28}
          nodesConnectable={!readOnly}
          nodesDraggable={!readOnly}
          edgesFocusable={false}
          disableKeyboardA11y
          deleteKeyCode={null}
          selectionKeyCode="Shift"
          multiSelectionKeyCode={['Shift', 'Meta', 'Control']}
          zoomActivationKeyCode={['Meta', 'Control']}
          panOnScroll
          snapToGrid
          snapGrid={SNAP}
          minZoom={0.05}
          maxZoom={2}
          fitView
          fitViewOptions={FIT_VIEW}
          proOptions={{ hideAttribution: true }}
        >
          {!far && <Background variant={BackgroundVariant.Dots} gap={GRID} size={1.5} />}
          <LoopBodiesView definition={definition} nodes={nodes} />
          <CanvasControls />
          <AlignBar />
          {nodes.length > 4 && (
            <MiniMap<FlowNode>
              pannable
              zoomable
              ariaLabel="Overview of the canvas"
              className="overflow-hidden rounded-lg border border-line shadow-card max-sm:hidden"
              style={{ width: 144, height: 90 }}
              nodeBorderRadius={16}
              nodeColor={overviewColour}
            />
          )}
        </ReactFlow>
      </DetailContext>
    </section>
  );
}
