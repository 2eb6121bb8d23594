import { useReactFlow, useStoreApi } from '@xyflow/react';
import { type FocusEvent, type RefObject, useCallback } from 'react';
import { useBuilderServices } from '../builder-context.ts';
import { edgeAt, nodeAt } from '../draft/keys.ts';
import { nodeSize } from '../draft/node-facts.ts';

const MARGIN = 24;
/** The plus of an exit stands out on the right. */
const OUTSTANDING = 48;

/** Moves the canvas so far that a node can be seen whole, and no further. */
export function useBringIntoView(frame: RefObject<HTMLElement | null>): (key: string) => void {
  const flow = useReactFlow();
  const { getState } = useStoreApi();
  const { store } = useBuilderServices();
  return useCallback(
    (key: string) => {
      const node = nodeAt(store.getState().definition, key);
      const box = frame.current?.getBoundingClientRect();
      if (node?.position === undefined || box === undefined) return;
      const [x, y, zoom] = getState().transform;
      const { width, height } = nodeSize(node);
      const [left, top] = [node.position.x * zoom + x, node.position.y * zoom + y];
      const [right, bottom] = [left + (width + OUTSTANDING) * zoom, top + height * zoom];
      const move = (low: number, high: number, size: number) =>
        low < MARGIN ? MARGIN - low : high > size - MARGIN ? Math.max(size - MARGIN - high, MARGIN - low) : 0;
      const [dx, dy] = [move(left, right, box.width), move(top, bottom, box.height)];
      if (dx !== 0 || dy !== 0) void flow.setViewport({ x: x + dx, y: y + dy, zoom });
    },
    [flow, getState, store, frame],
  );
}

/** A node or an edge that the keyboard reaches is chosen and can be seen. */
export function useReveal(frame: RefObject<HTMLElement | null>) {
  const { store } = useBuilderServices();
  const bringIntoView = useBringIntoView(frame);
  return useCallback(
    (event: FocusEvent) => {
      const { target } = event;
      if (target instanceof SVGElement && target.matches('.react-flow__edge:focus-visible')) {
        const key = target.getAttribute('data-id') ?? '';
        const edge = edgeAt(store.getState().definition, key);
        store.getState().select({ edges: new Set([key]) });
        if (edge !== undefined) bringIntoView(edge.target);
        return;
      }
      if (!(target instanceof HTMLElement) || !target.matches('.react-flow__node:focus-visible')) return;
      const key = target.getAttribute('data-id');
      if (key === null) return;
      const { selection, select } = store.getState();
      if (!selection.nodes.has(key)) select({ nodes: new Set([key]) });
      bringIntoView(key);
    },
    [store, bringIntoView],
  );
}
