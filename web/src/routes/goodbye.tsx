import { getRouteApi, Link } from '@tanstack/react-router';
import { Button } from '@/components/ui/button.tsx';
import { AuthFrame } from '@/features/auth/auth-frame.tsx';
import { usePageTitle } from '@/lib/page-title.ts';

const route = getRouteApi('/goodbye');

export function GoodbyePage() {
  usePageTitle('Goodbye');
  const { what, name } = route.useSearch();
  const account = what === 'account';
  return (
    <AuthFrame
      title={account ? 'Your account is deleted' : `${name ?? 'The organization'} is erased`}
      description={
        account
          ? 'You are signed out everywhere. Thank you for having been here.'
          : 'Everything in it is gone for good, and you are signed out. Your account remains: log in to go on in another organization.'
      }
      footer={
        account ? (
          <>
            Changed your mind?{' '}
            <Link to="/signup" className="font-medium text-accent-text underline underline-offset-4">
              Create an account
            </Link>
          </>
        ) : (
          'With no other organization left, ask for an invitation to one.'
        )
      }
    >
      <Button asChild size="lg" variant="primary">
        <Link to="/login">Log in</Link>
      </Button>
    </AuthFrame>
  );
}
