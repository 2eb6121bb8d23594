import type { AgentDefinition } from '@agentflow/contracts';
import { moveNodes } from './commands.ts';
import { nodeAt } from './keys.ts';
import type { Position } from './layout.ts';
import { GRID, nodeSize } from './node-facts.ts';

export type Alignment = 'left' | 'centre' | 'right' | 'top' | 'middle' | 'bottom' | 'across' | 'down';

/** With the codes of the keys that go with Alt, as design tools have them. */
export const ALIGNMENTS: readonly {
  readonly how: Alignment;
  readonly title: string;
  readonly keys: string;
  readonly code: string;
  readonly shift?: boolean;
}[] = [
  { how: 'left', title: 'Align left', keys: 'Alt A', code: 'KeyA' },
  { how: 'centre', title: 'Align centres', keys: 'Alt H', code: 'KeyH' },
  { how: 'right', title: 'Align right', keys: 'Alt D', code: 'KeyD' },
  { how: 'top', title: 'Align top', keys: 'Alt W', code: 'KeyW' },
  { how: 'middle', title: 'Align middles', keys: 'Alt V', code: 'KeyV' },
  { how: 'bottom', title: 'Align bottom', keys: 'Alt S', code: 'KeyS' },
  { how: 'across', title: 'Distribute across', keys: 'Alt Shift H', code: 'KeyH', shift: true },
  { how: 'down', title: 'Distribute down', keys: 'Alt Shift V', code: 'KeyV', shift: true },
];

interface Box extends Position {
  readonly key: string;
  readonly width: number;
  readonly height: number;
}

function boxesOf(definition: AgentDefinition, keys: Iterable<string>): Box[] {
  return [...keys].flatMap((key) => {
    const node = nodeAt(definition, key);
    return node?.position === undefined ? [] : [{ key, ...node.position, ...nodeSize(node) }];
  });
}

function onGrid(value: number): number {
  return Math.round(value / GRID) * GRID;
}

/** Equal gaps between the boxes, the outer two staying where they are. */
function distributed(boxes: readonly Box[], at: 'x' | 'y', size: 'width' | 'height'): Map<string, number> {
  const inOrder = boxes.toSorted((left, right) => left[at] - right[at]);
  const [first, last] = [inOrder[0], inOrder.at(-1)];
  if (first === undefined || last === undefined) return new Map();
  const taken = inOrder.reduce((sum, box) => sum + box[size], 0);
  const gap = (last[at] + last[size] - first[at] - taken) / (inOrder.length - 1);
  const places = new Map<string, number>();
  let next = first[at];
  for (const box of inOrder) {
    places.set(box.key, box === first || box === last ? box[at] : onGrid(next));
    next += box[size] + gap;
  }
  return places;
}

/** Puts nodes in line, or at equal distances. What is fewer than it takes (two, or three) stays as it is. */
export function align(definition: AgentDefinition, keys: Iterable<string>, how: Alignment): AgentDefinition {
  const boxes = boxesOf(definition, keys);
  if (boxes.length < (how === 'across' || how === 'down' ? 3 : 2)) return definition;
  const left = Math.min(...boxes.map(({ x }) => x));
  const right = Math.max(...boxes.map(({ x, width }) => x + width));
  const top = Math.min(...boxes.map(({ y }) => y));
  const bottom = Math.max(...boxes.map(({ y, height }) => y + height));
  const across = how === 'across' ? distributed(boxes, 'x', 'width') : null;
  const down = how === 'down' ? distributed(boxes, 'y', 'height') : null;
  const place = ({ key, x, y, width, height }: Box): Position => {
    switch (how) {
      case 'left':
        return { x: left, y };
      case 'centre':
        return { x: onGrid((left + right - width) / 2), y };
      case 'right':
        return { x: right - width, y };
      case 'top':
        return { x, y: top };
      case 'middle':
        return { x, y: onGrid((top + bottom - height) / 2) };
      case 'bottom':
        return { x, y: bottom - height };
      case 'across':
        return { x: across?.get(key) ?? x, y };
      case 'down':
        return { x, y: down?.get(key) ?? y };
    }
  };
  return moveNodes(definition, new Map(boxes.map((box) => [box.key, place(box)])));
}
