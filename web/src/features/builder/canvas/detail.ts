import { type ReactFlowState, useNodesInitialized, useStore } from '@xyflow/react';
import { createContext, startTransition, useEffect, useState } from 'react';

/** Where no word of a node can be read any more. */
const FAR = 0.3;
/** From so many nodes on, opening draws what they hold only once it can be seen. */
const MANY = 100;

function isFar({ transform }: ReactFlowState): boolean {
  return transform[2] < FAR;
}

/** Whether nodes and edges draw what can only be seen from near; their size and their handles are there in any case. */
export const DetailContext = createContext(true);

/**
 * Whether the canvas is seen from far away, and whether details are drawn: once they are they stay, and are only hidden,
 * so that zooming in and out draws nothing anew.
 */
export function useDetail(count: number): { readonly far: boolean; readonly detailed: boolean } {
  const far = useStore(isFar);
  const [detailed, setDetailed] = useState(count < MANY);
  const measured = useNodesInitialized();
  // Before it is fitted into view the canvas stands at 100 %, which tells nothing.
  const [fitted, setFitted] = useState(false);
  useEffect(() => {
    if (!measured || fitted) return;
    let frame = requestAnimationFrame(() => {
      frame = requestAnimationFrame(() => setFitted(true));
    });
    return () => cancelAnimationFrame(frame);
  }, [measured, fitted]);
  useEffect(() => {
    if (fitted && !far && !detailed) startTransition(() => setDetailed(true));
  }, [fitted, far, detailed]);
  return { far, detailed };
}
