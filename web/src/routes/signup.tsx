import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { AuthFrame } from '@/features/auth/auth-frame.tsx';
import { SignupForm } from '@/features/auth/signup-form.tsx';
import { usePageTitle } from '@/lib/page-title.ts';
import { safeRedirect } from '@/lib/safe-redirect.ts';

const route = getRouteApi('/signup');

export function SignupPage() {
  usePageTitle('Sign up');
  const search = route.useSearch();
  const navigate = useNavigate();
  return (
    <AuthFrame
      title="Create your account"
      description="An organization for your agents, with you as its owner."
      footer={
        <>
          Have an account?{' '}
          <Link to="/login" search={search} className="font-medium text-accent-text underline underline-offset-4">
            Log in
          </Link>
        </>
      }
    >
      <SignupForm onSignedIn={() => void navigate({ to: safeRedirect(search.redirect) })} />
    </AuthFrame>
  );
}
