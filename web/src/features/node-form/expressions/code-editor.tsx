import type { TextProblem } from '@agentflow/engine';
import {
  acceptCompletion,
  autocompletion,
  type Completion,
  type CompletionContext,
  type CompletionResult,
  closeCompletion,
  completionStatus,
  startCompletion,
} from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { setDiagnostics } from '@codemirror/lint';
import { Compartment, EditorState, type Extension, Prec, RangeSetBuilder, Transaction } from '@codemirror/state';
import {
  Decoration,
  type DecorationSet,
  EditorView,
  keymap,
  placeholder as placeholderOf,
  ViewPlugin,
  type ViewUpdate,
} from '@codemirror/view';
import { useEffect, useRef } from 'react';
import { editorTheme } from './editor-theme.ts';
import { stretchesOf } from './highlight.ts';
import { shortValue, type TextKind } from './preview-scope.ts';
import { openBraces, openExpression, type Suggestion } from './suggestions.ts';

export interface CodeEditorProps {
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly onFocusChange: (focused: boolean) => void;
  readonly kind: TextKind;
  readonly multiline: boolean;
  readonly id: string;
  /** Ids of the elements that name and describe the editor; `label` where nothing on the page names it. */
  readonly labelledBy?: string | undefined;
  readonly label?: string | undefined;
  readonly describedBy?: string | undefined;
  readonly invalid: boolean;
  readonly readOnly: boolean;
  readonly placeholder?: string | undefined;
  readonly minLines?: number | undefined;
  readonly suggestions: readonly Suggestion[];
  readonly problems: readonly TextProblem[];
}

/** Code that changes the text from outside, so that it is not told back as typed. */
const fromOutside = Transaction.userEvent.of('outside');

function highlighting(kind: TextKind): Extension {
  const build = (view: EditorView): DecorationSet => {
    const ranges = new RangeSetBuilder<Decoration>();
    for (const { from, to, style } of stretchesOf(view.state.doc.toString(), kind)) {
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

/** Typing the second `{` brings its `}}` with it; typing a `}` that is there already steps over it. */
const bracePairs = EditorView.inputHandler.of((view, from, to, text) => {
  const before = view.state.sliceDoc(0, from);
  const after = view.state.sliceDoc(to, to + 2);
  if (text === '{' && before.endsWith('{') && !before.endsWith('{{') && !before.endsWith('\\{')) {
    if (openExpression(before.slice(0, -1)) >= 0 || after === '}}') return false;
    view.dispatch({ changes: { from, to, insert: '{}}' }, selection: { anchor: from + 1 }, userEvent: 'input.type' });
    startCompletion(view);
    return true;
  }
  if (text !== '}' || from !== to || !after.startsWith('}')) return false;
  const start = openExpression(before);
  const closed = before.endsWith('}') && start < 0;
  if (!closed && (start < 0 || openBraces(before.slice(start)) !== 0)) return false;
  view.dispatch({ selection: { anchor: from + 1 }, userEvent: 'input.type' });
  return true;
});

/** A single line takes no line break, however it comes in. */
const oneLine: Extension = [
  EditorState.transactionFilter.of((transaction) => {
    if (!transaction.docChanged || transaction.newDoc.lines <= 1) return transaction;
    const text = transaction.newDoc.toString().replace(/\s*\n\s*/g, ' ');
    return {
      changes: { from: 0, to: transaction.startState.doc.length, insert: text },
      selection: { anchor: text.length },
    };
  }),
  keymap.of([{ key: 'Enter', run: () => true }]),
];

const WORD = /[\p{L}\p{N}_$.`]*$/u;

function infoOf({ description, value }: Suggestion): (() => HTMLElement) | undefined {
  if (description === undefined && value === undefined) return undefined;
  return () => {
    const box = document.createElement('div');
    if (description !== undefined) box.append(Object.assign(document.createElement('p'), { textContent: description }));
    if (value !== undefined) {
      const shown = JSON.stringify(value, null, 2).slice(0, 600);
      box.append(Object.assign(document.createElement('pre'), { textContent: shown }));
    }
    return box;
  };
}

function optionOf(suggestion: Suggestion, kind: TextKind, rank: number): Completion {
  const { path, section, value, type } = suggestion;
  const info = infoOf(suggestion);
  const apply = (view: EditorView, completion: Completion, from: number, to: number) => {
    const isCall = path.startsWith('$');
    const rest = view.state.sliceDoc(to, view.state.doc.lineAt(to).to);
    const close = kind === 'expression' || /^[^{]*\}\}/.test(rest) ? '' : '}}';
    // In a JSON document the expression stands in quotes, where backticks are as they are.
    const insert = `${completion.label}${isCall ? '(' : ''}`;
    const steps = close === '' && /^\s*\}\}/.test(rest) && !isCall ? rest.indexOf('}}') + 2 : 0;
    const anchor = from + insert.length + (close === '' ? steps : close.length);
    view.dispatch({
      changes: { from, to, insert: insert + close },
      selection: { anchor: isCall ? from + insert.length : anchor },
      userEvent: 'input.complete',
      scrollIntoView: true,
    });
  };
  const detail = value === undefined ? type : shortValue(value);
  return {
    label: path,
    section: { name: section, rank },
    apply,
    ...(detail === undefined ? {} : { detail }),
    ...(info === undefined ? {} : { info }),
  };
}

function completionSource(kind: TextKind, suggestions: () => readonly Suggestion[]) {
  return (context: CompletionContext): CompletionResult | null => {
    const before = context.state.sliceDoc(0, context.pos);
    const word = WORD.exec(before)?.[0] ?? '';
    if (kind === 'expression') {
      if (word === '' && !context.explicit) return null;
    } else {
      const start = openExpression(before);
      if (start < 0) return null;
      const typed = before.slice(start);
      if (word === '' && !context.explicit && typed.trim() !== '') return null;
    }
    const sections: string[] = [];
    const options = suggestions().map((suggestion) => {
      if (!sections.includes(suggestion.section)) sections.push(suggestion.section);
      return optionOf(suggestion, kind, sections.indexOf(suggestion.section));
    });
    return { from: context.pos - word.length, options, validFor: /^[\p{L}\p{N}_$.`]*$/u };
  };
}

function attributesOf(props: CodeEditorProps): Record<string, string> {
  const { id, label, labelledBy, describedBy, invalid, multiline, readOnly } = props;
  return {
    id,
    spellcheck: 'false',
    autocapitalize: 'off',
    'aria-multiline': String(multiline),
    'aria-invalid': String(invalid),
    ...(label === undefined ? {} : { 'aria-label': label }),
    ...(labelledBy === undefined ? {} : { 'aria-labelledby': labelledBy }),
    ...(describedBy === undefined ? {} : { 'aria-describedby': describedBy }),
    // Nothing that can't be edited is focused by itself, and long texts still have to be scrolled by keyboard.
    ...(readOnly ? { 'aria-readonly': 'true', tabindex: '0' } : {}),
  };
}

/**
 * A text with `{{…}}`, bare JSONata, or JSON with `{{…}}` in its texts: coloured, completed over `suggestions`, with
 * `problems` underlined. Tab leaves the field unless a suggestion is open, which it takes.
 */
export function CodeEditor(props: CodeEditorProps) {
  const host = useRef<HTMLDivElement>(null);
  const editor = useRef<EditorView | null>(null);
  const changing = useRef(new Compartment());
  const latest = useRef(props);
  latest.current = props;

  // The view lives as long as the kind of text does; what changes is told to it below.
  useEffect(() => {
    const parent = host.current;
    if (parent === null) return;
    const { kind, multiline } = latest.current;
    const view = new EditorView({
      parent,
      state: EditorState.create({
        doc: latest.current.value,
        extensions: [
          Prec.highest(keymap.of([{ key: 'Tab', run: acceptCompletion }])),
          history(),
          autocompletion({
            override: [completionSource(kind, () => latest.current.suggestions)],
            icons: false,
            closeOnBlur: true,
            interactionDelay: 0,
          }),
          multiline ? [] : oneLine,
          keymap.of([...historyKeymap, ...defaultKeymap]),
          kind === 'expression' ? [] : bracePairs,
          EditorView.lineWrapping,
          highlighting(kind),
          editorTheme,
          changing.current.of([]),
          EditorView.updateListener.of((update) => {
            const outside = update.transactions.some((each) => each.annotation(Transaction.userEvent) === 'outside');
            if (update.focusChanged) latest.current.onFocusChange(update.view.hasFocus);
            if (update.docChanged && !outside) latest.current.onChange(update.state.doc.toString());
          }),
        ],
      }),
    });
    editor.current = view;
    // Caught before dialogs and panels hear it: Escape closes the suggestions first, and nothing else.
    const closeFirst = (event: KeyboardEvent) => {
      if (event.key !== 'Escape' || !view.hasFocus || completionStatus(view.state) === null) return;
      event.preventDefault();
      event.stopPropagation();
      closeCompletion(view);
    };
    window.addEventListener('keydown', closeFirst, true);
    return () => {
      window.removeEventListener('keydown', closeFirst, true);
      view.destroy();
      editor.current = null;
    };
  }, []);

  const { value, readOnly, placeholder, problems } = props;
  const attributes = JSON.stringify(attributesOf(props));
  useEffect(() => {
    editor.current?.dispatch({
      effects: changing.current.reconfigure([
        EditorState.readOnly.of(readOnly),
        EditorView.editable.of(!readOnly),
        EditorView.contentAttributes.of(JSON.parse(attributes) as Record<string, string>),
        placeholder === undefined ? [] : placeholderOf(placeholder),
      ]),
    });
  }, [attributes, readOnly, placeholder]);

  useEffect(() => {
    const view = editor.current;
    if (view === null || view.state.doc.toString() === value) return;
    view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: value }, annotations: fromOutside });
  }, [value]);

  useEffect(() => {
    const view = editor.current;
    if (view === null) return;
    const { length } = view.state.doc;
    const diagnostics = problems
      .filter(({ from }) => from <= length)
      .map(({ from, to, severity, message }) => ({ from, to: Math.min(to, length), severity, message }));
    view.dispatch(setDiagnostics(view.state, diagnostics));
  }, [problems]);

  return (
    <div
      ref={host}
      className="cm-af"
      data-multiline={props.multiline}
      data-invalid={props.invalid}
      style={{ '--af-min-lines': props.minLines ?? 1 } as React.CSSProperties}
    />
  );
}
