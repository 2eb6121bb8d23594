import { useState } from 'react';
import type { Link } from './draft/commands.ts';
import type { Position } from './draft/layout.ts';

/** Where the list of node types opens, and what becomes of the one that is chosen. */
export interface AddRequest {
  /** Point of the screen. */
  readonly anchor: Position;
  /** Place on the canvas; without it the node goes beside what it follows. */
  readonly at?: Position | undefined;
  readonly link?: Link | undefined;
}

export function useAdding() {
  const [request, setRequest] = useState<AddRequest | null>(null);
  return { request, openAdd: setRequest, closeAdd: () => setRequest(null) };
}
