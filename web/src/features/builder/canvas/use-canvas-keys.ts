import { useReactFlow } from '@xyflow/react';
import type { KeyboardEvent } from 'react';
import { type BuilderServices, useBuilderServices } from '../builder-context.ts';
import { ALIGNMENTS } from '../draft/align.ts';
import { edgeKeys, nodeAt } from '../draft/keys.ts';
import { GRID, nodeLabel } from '../draft/node-facts.ts';
import { FIT_VIEW } from './fit-view.ts';

const ARROWS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-GRID, 0],
  ArrowRight: [GRID, 0],
  ArrowUp: [0, -GRID],
  ArrowDown: [0, GRID],
};

type Needed = Pick<BuilderServices, 'openAdd' | 'openConnections' | 'openMenu' | 'goToForm' | 'announce' | 'readOnly'>;

/** Keys that mean the edge that has the focus. */
const ACTS_ON_EDGE: readonly string[] = ['Delete', 'Backspace', 'Enter', 'a'];

/** What the keys do while the canvas has the focus. Undo and copying work in the whole builder, and are not here. */
export function useCanvasKeys({ openAdd, openConnections, openMenu, goToForm, announce, readOnly }: Needed) {
  const { store } = useBuilderServices();
  const flow = useReactFlow();

  const removeSelection = () => {
    const { selection, definition, remove } = store.getState();
    const [first] = selection.nodes;
    const count = selection.nodes.size + selection.edges.size;
    if (count === 0) return;
    const node = first === undefined ? undefined : nodeAt(definition, first);
    const what = node === undefined ? 'Edge' : nodeLabel(node);
    announce(count === 1 ? `${what} deleted` : `${count} things deleted`);
    remove(selection);
  };
  /** The nodes and, behind each, the edges that leave it: in the order in which they run. */
  const moveFocus = (from: Element, backwards: boolean): boolean => {
    const canvas = from.closest('.builder-canvas');
    const here = from.closest<HTMLElement | SVGElement>('.react-flow__node, .react-flow__edge');
    if (canvas === null || here === null) return false;
    const { definition } = store.getState();
    const keys = edgeKeys(definition);
    const nodes = [...canvas.querySelectorAll<HTMLElement>('.react-flow__node')];
    const edges = new Map(
      [...canvas.querySelectorAll<SVGElement>('.react-flow__edge')].map((each) => [each.dataset.id, each]),
    );
    const leaving = new Map<string, SVGElement[]>();
    for (const [index, { source }] of definition.edges.entries()) {
      const drawn = edges.get(keys[index]);
      if (drawn !== undefined) leaving.set(source, [...(leaving.get(source) ?? []), drawn]);
    }
    const stops: (HTMLElement | SVGElement)[] = nodes.flatMap((node) => {
      const id = nodeAt(definition, node.dataset.id ?? '')?.id ?? '';
      return [node, ...(leaving.get(id) ?? [])];
    });
    const next = stops[stops.indexOf(here) + (backwards ? -1 : 1)];
    if (next !== undefined) next.focus();
    // What comes after the canvas is reached from its last node.
    else if (!backwards) nodes.at(-1)?.focus();
    return next !== undefined;
  };
  const openMenuOf = (node: string) => {
    const box = document.querySelector(`.react-flow__node[data-id="${CSS.escape(node)}"]`)?.getBoundingClientRect();
    if (box !== undefined) openMenu({ at: { x: box.left + 24, y: box.top + 24 }, node });
  };
  const addFromKeyboard = () => {
    const {
      selection: {
        nodes: [selected],
        edges: [edge],
      },
    } = store.getState();
    if (edge !== undefined && selected === undefined) {
      const box = document.querySelector(`.react-flow__edge[data-id="${CSS.escape(edge)}"]`)?.getBoundingClientRect();
      const at = { x: (box?.left ?? 0) + (box?.width ?? 0) / 2, y: (box?.top ?? 0) + (box?.height ?? 0) / 2 };
      openAdd({ anchor: at, link: { kind: 'edge', edge } });
      return;
    }
    const element = selected === undefined ? null : document.querySelector(`[data-id="${CSS.escape(selected)}"]`);
    const box = (element ?? document.querySelector('.builder-canvas'))?.getBoundingClientRect();
    if (box === undefined) return;
    if (element !== null && selected !== undefined) {
      openAdd({ anchor: { x: box.right, y: box.top }, link: { kind: 'after', node: selected } });
      return;
    }
    const anchor = { x: box.left + box.width / 2, y: box.top + box.height / 3 };
    openAdd({ anchor, at: flow.screenToFlowPosition(anchor) });
  };

  return (event: KeyboardEvent<HTMLElement>) => {
    const { target } = event;
    if (!(target instanceof Element) || !event.currentTarget.contains(target)) return;
    if (target.closest('button, input, textarea') !== null && event.key !== 'Escape') return;
    const modified = event.ctrlKey || event.metaKey;
    const focused = target.closest('.react-flow__node')?.getAttribute('data-id') ?? null;
    // The keys mean the node that has the focus, however it came there.
    if (focused !== null && !['Tab', 'Shift', 'Escape', ' '].includes(event.key) && !modified) {
      const { selection: chosen, select: choose } = store.getState();
      if (!chosen.nodes.has(focused)) choose({ nodes: new Set([focused]) });
    }
    const edge = target.closest('.react-flow__edge')?.getAttribute('data-id') ?? null;
    if (edge !== null && !store.getState().selection.edges.has(edge) && ACTS_ON_EDGE.includes(event.key)) {
      store.getState().select({ edges: new Set([edge]) });
    }
    const { selection, select, selectAll, nudge, duplicate, align } = store.getState();
    const [only, ...further] = selection.nodes;
    const arrow = ARROWS[event.key];
    const act = (): boolean => {
      if (modified) {
        if (event.altKey) return false;
        if (event.key === 'a') selectAll();
        else if (event.key === 'd' && !readOnly) duplicate();
        else return false;
        return true;
      }
      if (event.altKey) {
        const alignment = ALIGNMENTS.find(({ code, shift = false }) => code === event.code && shift === event.shiftKey);
        if (alignment === undefined || readOnly || selection.nodes.size < 2) return false;
        align(alignment.how);
        announce(`${alignment.title}: ${selection.nodes.size} nodes`);
        return true;
      }
      if (arrow !== undefined) {
        if (selection.nodes.size === 0) return false;
        const times = event.shiftKey ? 5 : 1;
        if (!readOnly) nudge({ x: arrow[0] * times, y: arrow[1] * times });
        return true;
      }
      switch (event.key) {
        case 'Tab':
          return moveFocus(target, event.shiftKey);
        case 'ContextMenu':
        case 'F10':
          if (focused === null || (event.key === 'F10' && !event.shiftKey)) return false;
          openMenuOf(focused);
          return true;
        case 'Enter':
          if (edge !== null && !readOnly) {
            addFromKeyboard();
            return true;
          }
          if (only === undefined || further.length > 0) return false;
          goToForm();
          return true;
        case ' ': {
          if (focused === null) return false;
          const nodes = new Set(selection.nodes);
          if (!nodes.delete(focused)) nodes.add(focused);
          select({ nodes, edges: selection.edges });
          return true;
        }
        case 'Escape':
          select({});
          return true;
        case 'Delete':
        case 'Backspace':
          if (!readOnly) removeSelection();
          // What had the focus is gone.
          event.currentTarget.focus({ preventScroll: true });
          return true;
        case 'c':
          if (only === undefined || further.length > 0) return false;
          openConnections(only);
          return true;
        case 'a':
          if (!readOnly) addFromKeyboard();
          return true;
        case '1':
          void flow.fitView(FIT_VIEW);
          return true;
        case '+':
          void flow.zoomIn();
          return true;
        case '-':
          void flow.zoomOut();
          return true;
        default:
          return false;
      }
    };
    if (act()) event.preventDefault();
  };
}
