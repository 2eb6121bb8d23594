import { useReactFlow } from '@xyflow/react';
import type { KeyboardEvent } from 'react';
import { type BuilderServices, useBuilderServices } from '../builder-context.ts';
import { nodeAt } from '../draft/keys.ts';
import { GRID, nodeLabel } from '../draft/node-facts.ts';
import { FIT_VIEW } from './fit-view.ts';

const ARROWS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-GRID, 0],
  ArrowRight: [GRID, 0],
  ArrowUp: [0, -GRID],
  ArrowDown: [0, GRID],
};

type Needed = Pick<BuilderServices, 'openAdd' | 'openConnections' | 'goToForm' | 'announce' | 'readOnly'>;

/** What the keys do while the canvas has the focus. Undo and copying work in the whole builder, and are not here. */
export function useCanvasKeys({ openAdd, openConnections, goToForm, announce, readOnly }: Needed) {
  const { store } = useBuilderServices();
  const flow = useReactFlow();

  const removeSelection = () => {
    const { selection, definition, remove } = store.getState();
    const [first] = selection.nodes;
    const count = selection.nodes.size + selection.edges.size;
    if (count === 0) return;
    const node = first === undefined ? undefined : nodeAt(definition, first);
    announce(count === 1 && node !== undefined ? `${nodeLabel(node)} deleted` : `${count} things deleted`);
    remove(selection);
  };
  const addFromKeyboard = () => {
    const [selected] = store.getState().selection.nodes;
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
    const { selection, select, selectAll, nudge, duplicate } = store.getState();
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
      if (event.altKey) return false;
      if (arrow !== undefined) {
        if (selection.nodes.size === 0) return false;
        const times = event.shiftKey ? 5 : 1;
        if (!readOnly) nudge({ x: arrow[0] * times, y: arrow[1] * times });
        return true;
      }
      switch (event.key) {
        case 'Enter':
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
