import { type RefObject, useEffect } from 'react';
import type { BuilderServices } from './builder-context.ts';
import { pieceFromText, pieceToText } from './draft/clipboard.ts';
import { pieceOf } from './draft/commands.ts';
import type { Position } from './draft/layout.ts';
import { isOurs } from './is-ours.ts';

type Needed = Pick<BuilderServices, 'store' | 'announce' | 'readOnly'>;

/**
 * Copy, cut and paste of nodes as JSON text, through the browser's own clipboard events: no permission is needed, and
 * what was copied can be pasted into any builder or editor. Works while the canvas has the focus, or nothing has.
 */
export function useClipboard(
  root: RefObject<HTMLElement | null>,
  { store, announce, readOnly }: Needed,
  placeForPaste: (size: number) => Position | undefined,
): void {
  useEffect(() => {
    const concernsNodes = (event: ClipboardEvent) => isOurs(event, root.current);
    const copy = (event: ClipboardEvent): boolean => {
      const { definition, selection } = store.getState();
      const marked = document.getSelection()?.isCollapsed === false;
      if (!concernsNodes(event) || marked || selection.nodes.size === 0) return false;
      event.clipboardData?.setData('text/plain', pieceToText(pieceOf(definition, selection.nodes)));
      event.preventDefault();
      announce(`${selection.nodes.size} ${selection.nodes.size === 1 ? 'node' : 'nodes'} copied`);
      return true;
    };
    const onCopy = (event: ClipboardEvent) => void copy(event);
    const onCut = (event: ClipboardEvent) => {
      if (!readOnly && copy(event)) store.getState().remove({ nodes: store.getState().selection.nodes });
    };
    const onPaste = (event: ClipboardEvent) => {
      if (readOnly || !concernsNodes(event)) return;
      const piece = pieceFromText(event.clipboardData?.getData('text/plain') ?? '');
      if (piece === null) return;
      event.preventDefault();
      store.getState().insertPiece(piece, placeForPaste(piece.nodes.length));
      announce(`${piece.nodes.length} ${piece.nodes.length === 1 ? 'node' : 'nodes'} pasted`);
    };
    document.addEventListener('copy', onCopy);
    document.addEventListener('cut', onCut);
    document.addEventListener('paste', onPaste);
    return () => {
      document.removeEventListener('copy', onCopy);
      document.removeEventListener('cut', onCut);
      document.removeEventListener('paste', onPaste);
    };
  }, [root, store, announce, readOnly, placeForPaste]);
}
