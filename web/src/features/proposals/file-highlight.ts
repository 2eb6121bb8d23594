import type { Extension } from '@codemirror/state';
import {
  Decoration,
  type DecorationSet,
  type EditorView,
  MatchDecorator,
  ViewPlugin,
  type ViewUpdate,
} from '@codemirror/view';

/** What stands out in a file, by the first group that fits. */
const DATA =
  /(\{\{[^}]*\}\})|("(?:[^"\\]|\\.)*"(?=\s*:)|^\s*(?:- )?[\w.-]+(?=:(?:\s|$)))|("(?:[^"\\]|\\.)*"|'(?:[^']|'')*')|(?<=[\s:[,])(-?\d+(?:\.\d+)?)(?=[\s,\]}]|$)/g;
const DATA_CLASSES = ['expression', 'key', 'text', 'number'] as const;
const PROSE = /(\{\{[^}]*\}\})|(^#{1,6} .*$)/g;
const PROSE_CLASSES = ['expression', 'heading'] as const;

function matcher(regexp: RegExp, classes: readonly string[]): MatchDecorator {
  return new MatchDecorator({
    regexp,
    decoration: (match) => {
      const at = match.slice(1).findIndex((group) => group !== undefined);
      return at === -1 ? null : Decoration.mark({ class: `cm-af-${classes[at]}` });
    },
  });
}

/** Keys, texts, numbers and expressions of a draft's file. */
export function highlightFile(path: string): Extension {
  const decorator = path.endsWith('.md') ? matcher(PROSE, PROSE_CLASSES) : matcher(DATA, DATA_CLASSES);
  return ViewPlugin.fromClass(
    class {
      decorations: DecorationSet;
      constructor(view: EditorView) {
        this.decorations = decorator.createDeco(view);
      }
      update(update: ViewUpdate) {
        this.decorations = decorator.updateDeco(update, this.decorations);
      }
    },
    { decorations: (plugin) => plugin.decorations },
  );
}
