import { ArrowDown, ArrowUp, ChevronRight, type LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import { Button } from '@/components/ui/button.tsx';
import { cn } from '@/lib/class-names.ts';
import { useNodeForm } from '../form-context.ts';
import { problemsAt } from '../node-changes.ts';
import { RemoveButton } from './rows.tsx';

interface ItemCardProps {
  icon: LucideIcon;
  /** What its buttons call it. */
  called: string;
  title: string;
  /** Behind the title, smaller. */
  notes: ReactNode;
  /** Where its config stands in the node's, dotted. */
  path: string;
  open: boolean;
  onOpen: (open: boolean) => void;
  /** For lists whose order counts; undefined where it can't go further. */
  move?: { readonly up: (() => void) | undefined; readonly down: (() => void) | undefined };
  onRemove: () => void;
  children: ReactNode;
}

/** One item of a list whose items have fields of their own: folded to a line, problems counted on it. */
export function ItemCard(props: ItemCardProps) {
  const { icon: Icon, called, title, notes, path, onOpen, move, onRemove, children } = props;
  const { problems, readOnly } = useNodeForm();
  const open = readOnly || props.open;
  const wrong = problemsAt(problems, path).length;
  return (
    <div className={cn('rounded-lg border border-line bg-surface', wrong > 0 && 'border-failed-solid/50')}>
      <div className="flex items-center gap-1 py-1 pr-1 pl-2">
        <button
          type="button"
          aria-expanded={open}
          onClick={() => onOpen(!open)}
          className="flex min-w-0 flex-1 items-center gap-2 rounded-sm py-1 text-left text-sm"
        >
          <ChevronRight
            className={cn('size-3.5 shrink-0 text-faint transition-transform duration-100', open && 'rotate-90')}
            aria-hidden="true"
          />
          <Icon className="size-4 shrink-0 text-soft" aria-hidden="true" />
          <span className="truncate font-medium">{title}</span>
          {notes}
          {wrong > 0 && (
            <span className="ml-auto shrink-0 text-failed text-xs">
              {wrong === 1 ? '1 problem' : `${wrong} problems`}
            </span>
          )}
        </button>
        {move !== undefined && (move.up ?? move.down) !== undefined && (
          <>
            <Button
              size="icon-sm"
              variant="ghost"
              aria-label={`Move ${called} up`}
              disabled={move.up === undefined}
              onClick={move.up}
            >
              <ArrowUp aria-hidden="true" />
            </Button>
            <Button
              size="icon-sm"
              variant="ghost"
              aria-label={`Move ${called} down`}
              disabled={move.down === undefined}
              onClick={move.down}
            >
              <ArrowDown aria-hidden="true" />
            </Button>
          </>
        )}
        <RemoveButton label={`Remove ${called}`} onClick={onRemove} />
      </div>
      {open && <div className="flex flex-col gap-4 border-line border-t p-3">{children}</div>}
    </div>
  );
}
