import { type ErrorComponentProps, Link, useRouter } from '@tanstack/react-router';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Button } from '@/components/ui/button.tsx';
import { usePageTitle } from '@/lib/page-title.ts';

/** The boundary of every page: what happened, another try, and a way back. */
export function ErrorPage({ error, reset }: ErrorComponentProps) {
  usePageTitle('Something went wrong');
  const router = useRouter();
  return (
    <div className="mx-auto flex w-full max-w-xl flex-col gap-4 p-6 pt-16">
      <h1 className="font-semibold text-xl">This page could not be shown</h1>
      <ProblemCallout error={error instanceof Error ? error : new Error(String(error))} />
      <div className="flex gap-2">
        <Button
          variant="primary"
          onClick={() => {
            reset();
            void router.invalidate();
          }}
        >
          Try again
        </Button>
        <Button asChild>
          <Link to="/dashboard">Back to the overview</Link>
        </Button>
      </div>
    </div>
  );
}
