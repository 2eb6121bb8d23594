import { CircleAlert, RotateCw } from 'lucide-react';
import { RequestFailure } from '@/lib/api.ts';
import { cn } from '@/lib/class-names.ts';
import { CopyButton } from './copy-button.tsx';
import { Button } from './ui/button.tsx';

interface ProblemCalloutProps {
  error: Error;
  /** Offered as "Try again". */
  onRetry?: (() => void) | undefined;
  /** Paths that are told next to their own fields already. */
  shownPaths?: readonly string[];
  className?: string;
}

/** What happened, what to do, and the request id to pass on. */
export function ProblemCallout({ error, onRetry, shownPaths = [], className }: ProblemCalloutProps) {
  const failure = error instanceof RequestFailure ? error : null;
  const errors = failure?.errors.filter((each) => !shownPaths.includes(each.path)) ?? [];
  return (
    <div
      role="alert"
      className={cn(
        'flex gap-2.5 rounded-lg border border-failed-solid/35 bg-failed-soft px-3 py-2.5 text-sm',
        className,
      )}
    >
      <CircleAlert className="mt-0.5 size-4 shrink-0 text-failed" aria-hidden="true" />
      <div className="min-w-0 flex-1">
        <p className="font-medium text-text">{failure?.title ?? 'Something went wrong'}</p>
        <p className="break-words text-soft">{error.message}</p>
        {errors.length > 0 && (
          <ul className="mt-1.5 flex flex-col gap-0.5 text-soft text-xs">
            {errors.slice(0, 12).map((each) => (
              <li key={`${each.path}:${each.message}`}>
                {each.path !== '' && <code className="mr-1.5 font-mono text-text">{each.path}</code>}
                {each.message}
              </li>
            ))}
          </ul>
        )}
        {failure?.requestId && (
          <p className="mt-1.5 flex items-center gap-1 text-faint text-xs">
            Request <code className="truncate font-mono">{failure.requestId}</code>
            <CopyButton value={failure.requestId} label="Copy request id" />
          </p>
        )}
        {onRetry && (
          <Button size="sm" className="mt-2" onClick={onRetry}>
            <RotateCw aria-hidden="true" /> Try again
          </Button>
        )}
      </div>
    </div>
  );
}
