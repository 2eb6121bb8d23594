import { CircleAlert } from 'lucide-react';
import { type ReactNode, useId } from 'react';

interface FieldProps {
  label: ReactNode;
  help?: ReactNode;
  error?: string | undefined;
  optional?: boolean;
  /** Gets the attributes that tie the control to its label, help and error. */
  children: (control: { id: string; 'aria-invalid': boolean; 'aria-describedby': string | undefined }) => ReactNode;
}

/** Label above, control, then help or the error in words. */
export function Field({ label, help, error, optional, children }: FieldProps) {
  const id = useId();
  const noteId = `${id}-note`;
  const hasNote = error !== undefined || help !== undefined;
  return (
    <div className="flex flex-col gap-1.5">
      <label htmlFor={id} className="flex items-baseline gap-2 font-medium text-sm text-text">
        {label}
        {optional && <span className="font-normal text-faint text-xs">optional</span>}
      </label>
      {children({ id, 'aria-invalid': error !== undefined, 'aria-describedby': hasNote ? noteId : undefined })}
      {error !== undefined ? (
        <p id={noteId} className="flex items-start gap-1.5 text-failed text-xs" role="alert">
          <CircleAlert className="mt-0.5 size-3 shrink-0" aria-hidden="true" />
          {error}
        </p>
      ) : (
        help !== undefined && (
          <p id={noteId} className="text-faint text-xs">
            {help}
          </p>
        )
      )}
    </div>
  );
}
