import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { setDiagnostics } from '@codemirror/lint';
import { Compartment, EditorState, type Extension, RangeSetBuilder, Transaction } from '@codemirror/state';
import {
  Decoration,
  type DecorationSet,
  drawSelection,
  EditorView,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
  ViewPlugin,
  type ViewUpdate,
} from '@codemirror/view';
import { useEffect, useRef } from 'react';
import { editorTheme } from '@/features/node-form/expressions/editor-theme.ts';
import { stylesOf, type TextLanguage } from './text-stretches.ts';

export interface LineProblem {
  /** From 1; null for the whole text. */
  readonly line: number | null;
  readonly message: string;
  readonly severity?: 'error' | 'warning';
}

export interface TextEditorProps {
  readonly value: string;
  readonly onChange?: (value: string) => void;
  /** Name for screen readers. */
  readonly label: string;
  readonly language: TextLanguage;
  readonly readOnly?: boolean;
  readonly problems?: readonly LineProblem[];
  /** A line to go to, from 1; another object goes there again. */
  readonly goTo?: { readonly line: number } | null;
}

const fromOutside = Transaction.userEvent.of('outside');
/** Colouring longer texts would slow typing down. */
const MAX_COLOURED = 200_000;

const fullTheme = EditorView.theme({
  '&': { height: '100%', border: 'none', borderRadius: '0', boxShadow: 'none' },
  '&.cm-focused': { outline: '1px solid var(--ring)', outlineOffset: '-1px' },
  '.cm-scroller': { maxHeight: 'none', minHeight: '0', overflow: 'auto' },
  '.cm-gutters': { backgroundColor: 'transparent', border: 'none', color: 'var(--text-faint)' },
  '.cm-activeLineGutter': { backgroundColor: 'transparent', color: 'var(--text)' },
  '.cm-lineNumbers .cm-gutterElement': { minWidth: '2.5rem', padding: '0 8px 0 4px' },
  '.cm-cursor': { borderLeftColor: 'var(--text)' },
  '.cm-selectionBackground, &.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground': {
    backgroundColor: 'var(--accent-soft)',
  },
  '.cm-af-heading': { fontWeight: '600', color: 'var(--code-key)' },
  '.cm-af-comment': { color: 'var(--text-faint)' },
});

function colours(language: TextLanguage): Extension {
  const build = ({ state }: EditorView): DecorationSet => {
    const ranges = new RangeSetBuilder<Decoration>();
    if (state.doc.length > MAX_COLOURED) return ranges.finish();
    for (const { from, to, style } of stylesOf(state.doc.toString(), language)) {
      ranges.add(from, to, Decoration.mark({ class: `cm-af-${style}` }));
    }
    return ranges.finish();
  };
  return ViewPlugin.fromClass(
    class {
      decorations: DecorationSet;
      constructor(view: EditorView) {
        this.decorations = build(view);
      }
      update(update: ViewUpdate) {
        if (update.docChanged) this.decorations = build(update.view);
      }
    },
    { decorations: (plugin) => plugin.decorations },
  );
}

/**
 * A file's text, with line numbers, in all the room it is given. Tab indents; Escape, then Tab, leaves it. One editor is
 * for one text: another one gets another `key`.
 */
export default function TextEditor(props: TextEditorProps) {
  const { value, label, readOnly = false, problems = [], goTo = null } = props;
  const host = useRef<HTMLDivElement>(null);
  const editor = useRef<EditorView | null>(null);
  const changing = useRef(new Compartment());
  const latest = useRef(props);
  latest.current = props;

  useEffect(() => {
    const parent = host.current;
    if (parent === null) return;
    const view = new EditorView({
      parent,
      state: EditorState.create({
        doc: latest.current.value,
        extensions: [
          lineNumbers(),
          highlightActiveLineGutter(),
          drawSelection(),
          history(),
          keymap.of([...historyKeymap, ...defaultKeymap, indentWithTab]),
          EditorView.lineWrapping,
          colours(latest.current.language),
          // The first one wins.
          fullTheme,
          editorTheme,
          changing.current.of([]),
          EditorView.updateListener.of((update) => {
            const outside = update.transactions.some((each) => each.annotation(Transaction.userEvent) === 'outside');
            if (update.docChanged && !outside) latest.current.onChange?.(update.state.doc.toString());
          }),
        ],
      }),
    });
    editor.current = view;
    return () => {
      view.destroy();
      editor.current = null;
    };
  }, []);

  useEffect(() => {
    editor.current?.dispatch({
      effects: changing.current.reconfigure([
        EditorState.readOnly.of(readOnly),
        EditorView.editable.of(!readOnly),
        EditorView.contentAttributes.of({
          'aria-label': label,
          'aria-multiline': 'true',
          spellcheck: 'false',
          autocapitalize: 'off',
          // Also where nothing can be edited: long texts have to be scrolled by keyboard.
          tabindex: '0',
          ...(readOnly ? { 'aria-readonly': 'true', role: 'textbox' } : {}),
        }),
      ]),
    });
  }, [label, readOnly]);

  useEffect(() => {
    const view = editor.current;
    if (view === null || view.state.doc.toString() === value) return;
    view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: value }, annotations: fromOutside });
  }, [value]);

  const told = JSON.stringify(problems);
  useEffect(() => {
    const view = editor.current;
    if (view === null) return;
    const { doc } = view.state;
    const diagnostics = (JSON.parse(told) as LineProblem[]).map(({ line, message, severity = 'error' }) => {
      const place = doc.line(Math.min(Math.max(line ?? 1, 1), doc.lines));
      return { from: place.from, to: place.to, severity, message };
    });
    view.dispatch(setDiagnostics(view.state, diagnostics));
  }, [told]);

  useEffect(() => {
    const view = editor.current;
    if (view === null || goTo === null) return;
    const { from } = view.state.doc.line(Math.min(Math.max(goTo.line, 1), view.state.doc.lines));
    view.focus();
    view.dispatch({ selection: { anchor: from }, effects: EditorView.scrollIntoView(from, { y: 'center' }) });
  }, [goTo]);

  return <div ref={host} className="cm-af h-full min-h-0 w-full min-w-0" data-invalid={problems.length > 0} />;
}
