import { CircleAlert, TriangleAlert } from 'lucide-react';
import { type ReactNode, useId } from 'react';
import { cn } from '@/lib/class-names.ts';

export interface Message {
  readonly severity: 'error' | 'warning';
  readonly message: string;
}

/** What ties a control to its label, help and problems. */
export interface ControlIds {
  readonly id: string;
  readonly labelId: string;
  readonly invalid: boolean;
  readonly describedBy: string | undefined;
}

interface FieldFrameProps {
  label: ReactNode;
  help?: ReactNode;
  messages?: readonly Message[];
  optional?: boolean;
  /** Right of the label: a switch between ways to edit. */
  action?: ReactNode;
  /** The label names several controls rather than one. */
  group?: boolean;
  className?: string;
  children: (control: ControlIds) => ReactNode;
}

/** Label above, control, problems, then help: as every field of the product, with room for warnings and for groups. */
export function FieldFrame({
  label,
  help,
  messages = [],
  optional,
  action,
  group,
  className,
  children,
}: FieldFrameProps) {
  const id = useId();
  const labelId = `${id}-label`;
  const invalid = messages.some(({ severity }) => severity === 'error');
  const described = [messages.length > 0 && `${id}-problems`, help !== undefined && `${id}-help`].filter(Boolean);
  const describedBy = described.length === 0 ? undefined : described.join(' ');
  const labelClass = 'min-w-0 font-medium text-sm text-text';
  // Outside of the label, so that the control is called by its name alone.
  const note = optional && <span className="ml-2 text-faint text-xs">optional</span>;
  const content = (
    <>
      <div className="flex min-h-6 items-end justify-between gap-3">
        <div className="min-w-0">
          {group ? (
            <span id={labelId} className={labelClass}>
              {label}
            </span>
          ) : (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the keyboard reaches the control itself
            <label
              id={labelId}
              htmlFor={id}
              className={labelClass}
              onClick={() => document.getElementById(id)?.focus()}
            >
              {label}
            </label>
          )}
          {note}
        </div>
        {action}
      </div>
      {children({ id, labelId, invalid, describedBy })}
      <Messages id={`${id}-problems`} messages={messages} />
      {help !== undefined && (
        <p id={`${id}-help`} className="text-faint text-xs">
          {help}
        </p>
      )}
    </>
  );
  const frame = cn('flex min-w-0 flex-col gap-1.5', className);
  // A fieldset would be as wide as its widest content.
  return group ? (
    // biome-ignore lint/a11y/useSemanticElements: see above
    <div role="group" aria-labelledby={labelId} aria-describedby={describedBy} className={frame}>
      {content}
    </div>
  ) : (
    <div className={frame}>{content}</div>
  );
}

/** Problems in words, errors and warnings told apart by icon and colour. */
export function Messages({ id, messages }: { id?: string; messages: readonly Message[] }) {
  if (messages.length === 0) return null;
  const once = [...new Map(messages.map((each) => [each.message, each])).values()];
  return (
    <ul id={id} aria-live="polite" className="flex flex-col gap-1">
      {once.map(({ severity, message }) => (
        <li
          key={message}
          className={cn('flex items-start gap-1.5 text-xs', severity === 'error' ? 'text-failed' : 'text-waiting')}
        >
          {severity === 'error' ? (
            <CircleAlert className="mt-0.5 size-3 shrink-0" aria-label="Error" />
          ) : (
            <TriangleAlert className="mt-0.5 size-3 shrink-0" aria-label="Warning" />
          )}
          <span className="min-w-0 break-words">{message}</span>
        </li>
      ))}
    </ul>
  );
}
