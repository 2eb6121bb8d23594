import { CircleAlert, CircleCheck, CircleDashed, CircleX, LoaderCircle } from 'lucide-react';
import type { TestResult } from './test-results.ts';

/** How a test case went, in one word. */
export function resultWord(result: TestResult | undefined): string {
  if (result === undefined) return 'Not run';
  switch (result.kind) {
    case 'starting':
      return 'Starting';
    case 'running':
      return result.execution.status === 'waiting' ? 'Waiting' : 'Running';
    case 'refused':
      return 'Not run';
    case 'ended':
      return result.differences.length === 0 ? 'Passed' : 'Failed';
  }
}

export function ResultIcon({ result }: { result: TestResult | undefined }) {
  const props = { className: 'size-4 shrink-0', 'aria-label': resultWord(result), role: 'img' };
  if (result === undefined) return <CircleDashed {...props} className="size-4 shrink-0 text-faint" />;
  switch (result.kind) {
    case 'starting':
    case 'running':
      return <LoaderCircle {...props} className="size-4 shrink-0 animate-spin text-running" />;
    case 'refused':
      return <CircleAlert {...props} className="size-4 shrink-0 text-waiting" />;
    case 'ended':
      return result.differences.length === 0 ? (
        <CircleCheck {...props} className="size-4 shrink-0 text-completed" />
      ) : (
        <CircleX {...props} className="size-4 shrink-0 text-failed" />
      );
  }
}
