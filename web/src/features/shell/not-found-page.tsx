import { Link } from '@tanstack/react-router';
import { Compass } from 'lucide-react';
import { EmptyState } from '@/components/empty-state.tsx';
import { Button } from '@/components/ui/button.tsx';
import { usePageTitle } from '@/lib/page-title.ts';

export function NotFoundPage() {
  usePageTitle('Not found');
  return (
    <main className="mx-auto w-full max-w-xl p-6 pt-16">
      <h1 className="sr-only">Page not found</h1>
      <EmptyState
        icon={Compass}
        title="There is nothing at this address"
        description="It may have been moved, or the link may be incomplete."
      >
        <Button asChild variant="primary">
          <Link to="/dashboard">Go to the overview</Link>
        </Button>
      </EmptyState>
    </main>
  );
}
