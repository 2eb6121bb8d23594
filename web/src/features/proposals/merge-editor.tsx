import type { Hunk } from '@agentflow/agent-files';
import { Change, MergeView, presentableDiff, unifiedMergeView } from '@codemirror/merge';
import { Compartment, EditorState, type Extension, type Range } from '@codemirror/state';
import { Decoration, type DecorationSet, EditorView, lineNumbers, WidgetType } from '@codemirror/view';
import { useEffect, useRef } from 'react';
import { lineStarts, stretchesOfHunks } from './diff-lines.ts';
import { highlightFile } from './file-highlight.ts';
import { mergeTheme } from './merge-theme.ts';

export interface MergeEditorProps {
  readonly path: string;
  readonly before: string;
  readonly after: string;
  /** Empty where there is nothing to choose. */
  readonly hunks: readonly Hunk[];
  readonly isChosen: (hunk: number) => boolean;
  /** Left out where the choice is made. */
  readonly onToggle?: ((hunk: number) => void) | undefined;
  /** One column, the old lines above the new ones. */
  readonly unified: boolean;
  /** Lines of the new text that have comments. */
  readonly commented: readonly number[];
  /** A line number of the new text was clicked. */
  readonly onLine?: ((line: number) => void) | undefined;
  readonly titles: { readonly before: string; readonly after: string };
}

const BAR_HEIGHT = 28;

/** Names a hunk above its lines, with whether it is taken. */
class HunkBar extends WidgetType {
  constructor(
    private readonly hunk: number,
    private readonly total: number,
    private readonly chosen: boolean,
    private readonly toggle: (() => void) | null,
  ) {
    super();
  }
  override eq(other: HunkBar): boolean {
    return other.hunk === this.hunk && other.total === this.total && other.chosen === this.chosen;
  }
  override get estimatedHeight(): number {
    return BAR_HEIGHT;
  }
  override ignoreEvent(): boolean {
    return true;
  }
  toDOM(): HTMLElement {
    const bar = document.createElement('div');
    bar.className = `cm-af-hunk${this.chosen ? '' : ' cm-af-left-out'}`;
    const name = `Change ${this.hunk + 1} of ${this.total}`;
    if (this.toggle === null) {
      bar.textContent = this.chosen ? name : `${name} · not taken`;
      return bar;
    }
    const button = document.createElement('button');
    button.type = 'button';
    button.dataset.hunk = String(this.hunk);
    button.setAttribute('role', 'checkbox');
    button.setAttribute('aria-checked', String(this.chosen));
    button.setAttribute('aria-label', name);
    const box = document.createElement('span');
    box.className = 'cm-af-box';
    box.setAttribute('aria-hidden', 'true');
    box.textContent = this.chosen ? '✓' : '';
    button.append(box, this.chosen ? name : `${name} · left out`);
    button.onclick = this.toggle;
    bar.append(button);
    return bar;
  }
}

/** As high as a bar, so that the first lines of both sides stay level. */
class BarSpace extends WidgetType {
  override eq(): boolean {
    return true;
  }
  override get estimatedHeight(): number {
    return BAR_HEIGHT;
  }
  toDOM(): HTMLElement {
    const space = document.createElement('div');
    space.className = 'cm-af-hunk-space';
    return space;
  }
}

function above(position: number, widget: WidgetType): Range<Decoration> {
  return Decoration.widget({ widget, block: true, side: -5 }).range(position);
}

interface Marks {
  readonly a: Range<Decoration>[];
  readonly b: Range<Decoration>[];
}

function markedLines(className: string, text: string, from: number, to: number): Range<Decoration>[] {
  const lines: Range<Decoration>[] = [];
  for (let at = from; at < to; ) {
    lines.push(Decoration.line({ class: className }).range(at));
    const next = text.indexOf('\n', at);
    if (next === -1) break;
    at = next + 1;
  }
  return lines;
}

/** Bars and their like for both sides. What only goes away has its bar on the left: on the right there is no line for it. */
function marksOf(props: MergeEditorProps): Marks {
  const { before, after, hunks, isChosen, onToggle, unified, commented } = props;
  const a: Range<Decoration>[] = [];
  const b: Range<Decoration>[] = [];
  const stretches = stretchesOfHunks(before, after, hunks);
  for (const [index, stretch] of stretches.entries()) {
    const chosen = isChosen(index);
    const toggle = onToggle === undefined ? null : () => onToggle(index);
    const bar = new HunkBar(index, hunks.length, chosen, toggle);
    const onlyGone = stretch.fromB === stretch.toB;
    if (!unified && onlyGone) a.push(above(stretch.fromA, bar));
    else b.push(above(stretch.fromB, bar));
    if (!unified && !onlyGone && stretch.fromA !== stretch.toA) a.push(above(stretch.fromA, new BarSpace()));
    if (chosen) continue;
    a.push(...markedLines('cm-af-kept-line', before, stretch.fromA, stretch.toA));
    b.push(...markedLines('cm-af-left-out-line', after, stretch.fromB, stretch.toB));
  }
  const starts = lineStarts(after);
  for (const line of commented) {
    const at = starts[line - 1];
    if (at !== undefined) b.push(Decoration.line({ class: 'cm-af-commented' }).range(at));
  }
  return { a, b };
}

function shown(ranges: Range<Decoration>[]): Extension {
  const set: DecorationSet = Decoration.set(ranges, true);
  return EditorView.decorations.of(set);
}

/** Differences where the hunks say, told by words within each. */
function changesBy(hunks: readonly Hunk[]) {
  return (before: string, after: string) =>
    stretchesOfHunks(before, after, hunks).flatMap(({ fromA, toA, fromB, toB }) =>
      presentableDiff(before.slice(fromA, toA), after.slice(fromB, toB), { scanLimit: 500 }).map(
        (change) => new Change(change.fromA + fromA, change.toA + fromA, change.fromB + fromB, change.toB + fromB),
      ),
    );
}

function common(path: string, label: string): Extension {
  return [
    EditorState.readOnly.of(true),
    EditorView.editable.of(false),
    EditorView.lineWrapping,
    EditorView.contentAttributes.of({ 'aria-label': label, 'aria-readonly': 'true', tabindex: '0' }),
    mergeTheme,
    highlightFile(path),
  ];
}

/** Both sides of a file with what differs, and a checkbox above each change. */
export default function MergeEditor(props: MergeEditorProps) {
  const { path, before, after, hunks, unified, titles } = props;
  const root = useRef<HTMLDivElement>(null);
  const current = useRef(props);
  current.current = props;
  const update = useRef<(() => void) | null>(null);

  useEffect(() => {
    const parent = root.current;
    if (parent === null) return;
    const marks = { a: new Compartment(), b: new Compartment() };
    const first = marksOf(current.current);
    const diffConfig = { override: changesBy(hunks) };
    const collapse = { margin: 3, minSize: 6 };
    const clickable = lineNumbers({
      domEventHandlers: {
        click: (view, block) => {
          current.current.onLine?.(view.state.doc.lineAt(block.from).number);
          return true;
        },
      },
    });
    const rightSide = [clickable, common(path, titles.after), marks.b.of(shown(first.b))];
    let right: EditorView;
    let left: EditorView | null = null;
    let destroy: () => void;
    if (unified) {
      const merge = unifiedMergeView({
        original: before,
        mergeControls: false,
        diffConfig,
        collapseUnchanged: collapse,
        syntaxHighlightDeletions: false,
      });
      right = new EditorView({ doc: after, extensions: [rightSide, merge], parent });
      destroy = () => right.destroy();
    } else {
      const view = new MergeView({
        a: { doc: before, extensions: [lineNumbers(), common(path, titles.before), marks.a.of(shown(first.a))] },
        b: { doc: after, extensions: rightSide },
        collapseUnchanged: collapse,
        diffConfig,
        parent,
      });
      left = view.a;
      right = view.b;
      destroy = () => view.destroy();
    }
    update.current = () => {
      const next = marksOf(current.current);
      const focused = document.activeElement instanceof HTMLElement ? document.activeElement.dataset.hunk : undefined;
      left?.dispatch({ effects: marks.a.reconfigure(shown(next.a)) });
      right.dispatch({ effects: marks.b.reconfigure(shown(next.b)) });
      // A bar that changes is drawn anew, and would lose the focus.
      if (focused !== undefined) parent.querySelector<HTMLElement>(`[data-hunk="${focused}"]`)?.focus();
    };
    return () => {
      update.current = null;
      destroy();
    };
  }, [path, before, after, hunks, unified, titles.before, titles.after]);

  const choice = hunks.map((_, index) => props.isChosen(index)).join();
  const commented = props.commented.join();
  const mayChoose = props.onToggle !== undefined;
  // biome-ignore lint/correctness/useExhaustiveDependencies: these are what the marks are made from
  useEffect(() => update.current?.(), [choice, commented, mayChoose]);

  return <div ref={root} className="min-w-0" />;
}
