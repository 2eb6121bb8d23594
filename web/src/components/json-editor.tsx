import { CircleAlert, WandSparkles } from 'lucide-react';
import { type ReactNode, useDeferredValue, useImperativeHandle, useMemo, useRef } from 'react';
import { cn } from '@/lib/class-names.ts';
import { jsonMistake } from '@/lib/json-path.ts';
import { Button } from './ui/button.tsx';

const LINE_HEIGHT = 20;
const PADDING = 10;
/** Colouring longer texts would slow typing down. */
const MAX_COLOURED = 80_000;

export interface JsonEditorHandle {
  /** Puts the cursor on this stretch of the text and scrolls it into view. */
  select: (from: number, to: number) => void;
}

interface JsonEditorProps {
  value: string;
  onChange: (value: string) => void;
  label: string;
  handle?: React.Ref<JsonEditorHandle> | undefined;
  readOnly?: boolean;
  /** Lines to mark as wrong, from 1. */
  markedLines?: readonly number[];
  minLines?: number;
  maxLines?: number;
  /** Beside the format button. */
  actions?: ReactNode;
  onSubmit?: () => void;
}

/** JSON text with colours, line numbers and its mistake in words. Tab indents; Escape, then Tab, leaves the field. */
export function JsonEditor(props: JsonEditorProps) {
  const {
    value,
    onChange,
    label,
    handle,
    readOnly,
    markedLines = [],
    minLines = 8,
    maxLines = 24,
    actions,
    onSubmit,
  } = props;
  const area = useRef<HTMLTextAreaElement>(null);
  const backdrop = useRef<HTMLDivElement>(null);
  const gutter = useRef<HTMLDivElement>(null);
  const leaving = useRef(false);
  const deferred = useDeferredValue(value);
  const mistake = useMemo(() => jsonMistake(deferred), [deferred]);
  const lines = value.split('\n').length;
  const height = Math.min(Math.max(lines, minLines), maxLines) * LINE_HEIGHT + PADDING * 2;

  useImperativeHandle(handle, () => ({
    select: (from, to) => {
      const element = area.current;
      if (element === null) return;
      element.focus({ preventScroll: true });
      element.setSelectionRange(from, to);
      const line = value.slice(0, from).split('\n').length;
      element.scrollTop = Math.max(0, (line - 4) * LINE_HEIGHT);
      element.scrollIntoView({ block: 'nearest' });
    },
  }));

  const followScroll = () => {
    if (area.current === null) return;
    if (backdrop.current !== null) {
      backdrop.current.scrollTop = area.current.scrollTop;
      backdrop.current.scrollLeft = area.current.scrollLeft;
    }
    if (gutter.current !== null) gutter.current.scrollTop = area.current.scrollTop;
  };

  const onKeyDown = (event: React.KeyboardEvent<HTMLTextAreaElement>) => {
    if (event.key === 'Escape') leaving.current = true;
    else if (event.key === 'Enter' && (event.metaKey || event.ctrlKey) && onSubmit !== undefined) {
      event.preventDefault();
      onSubmit();
    } else if (event.key === 'Tab' && !event.shiftKey && !readOnly && !leaving.current) {
      event.preventDefault();
      // Typed as the browser would, so that undo still knows it.
      document.execCommand('insertText', false, '  ');
    } else if (event.key !== 'Shift') leaving.current = false;
  };

  return (
    <div className="overflow-hidden rounded-lg border border-line-strong bg-surface shadow-card focus-within:border-ring dark:bg-sunken">
      <div className="relative flex font-mono text-xs" style={{ height, lineHeight: `${LINE_HEIGHT}px` }}>
        <div
          ref={gutter}
          aria-hidden="true"
          className="tabular w-10 shrink-0 select-none overflow-hidden border-line border-r bg-sunken py-2.5 text-right text-faint dark:bg-surface"
        >
          {Array.from({ length: lines }, (_, index) => {
            const wrong = markedLines.includes(index + 1) || mistake?.line === index + 1;
            return (
              // biome-ignore lint/suspicious/noArrayIndexKey: a line is its number
              <div key={index} className={cn('pr-2', wrong && 'bg-failed-soft font-semibold text-failed')}>
                {index + 1}
              </div>
            );
          })}
        </div>
        <div className="relative min-w-0 flex-1">
          <div
            ref={backdrop}
            aria-hidden="true"
            className="pointer-events-none absolute inset-0 overflow-hidden whitespace-pre p-2.5 text-text"
          >
            {deferred === value && value.length <= MAX_COLOURED ? <Coloured text={value} /> : value}
            {'\n'}
          </div>
          <textarea
            ref={area}
            value={value}
            readOnly={readOnly}
            onChange={(event) => onChange(event.target.value)}
            onScroll={followScroll}
            onKeyDown={onKeyDown}
            aria-label={label}
            aria-invalid={mistake !== null}
            spellCheck={false}
            autoCapitalize="off"
            autoComplete="off"
            wrap="off"
            className="absolute inset-0 h-full w-full resize-none overflow-auto whitespace-pre bg-transparent p-2.5 text-transparent caret-text outline-none selection:bg-accent/25 focus-visible:outline-none"
          />
        </div>
      </div>
      {!readOnly && (
        <div className="flex min-h-9 flex-wrap items-center gap-2 border-line border-t bg-sunken px-2.5 py-1 dark:bg-surface">
          <p className="min-w-0 flex-1 text-xs" aria-live="polite">
            {mistake === null ? (
              <span className="text-faint">Valid JSON</span>
            ) : (
              <span className="flex items-start gap-1.5 text-failed">
                <CircleAlert className="mt-0.5 size-3 shrink-0" aria-hidden="true" />
                Line {mistake.line}: {mistake.message}
              </span>
            )}
          </p>
          {actions}
          <Button
            variant="ghost"
            size="sm"
            disabled={mistake !== null}
            onClick={() => onChange(JSON.stringify(JSON.parse(value), null, 2))}
          >
            <WandSparkles aria-hidden="true" /> Format
          </Button>
        </div>
      )}
    </div>
  );
}

const TOKEN = /("(?:\\.|[^"\\\n])*"?)(\s*:)?|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|\b(true|false|null)\b/g;

function Coloured({ text }: { text: string }) {
  const parts: ReactNode[] = [];
  let last = 0;
  for (const match of text.matchAll(TOKEN)) {
    if (match.index > last) parts.push(text.slice(last, match.index));
    const [whole, quoted, colon, number] = match;
    const colour =
      quoted === undefined
        ? number === undefined
          ? 'text-code-literal'
          : 'text-code-number'
        : colon === undefined
          ? 'text-code-string'
          : 'text-code-key';
    parts.push(
      <span key={match.index} className={colour}>
        {quoted ?? whole}
      </span>,
    );
    if (colon !== undefined) parts.push(colon);
    last = match.index + whole.length;
  }
  parts.push(text.slice(last));
  return <>{parts}</>;
}
