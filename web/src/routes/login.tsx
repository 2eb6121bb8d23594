import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { AuthFrame } from '@/features/auth/auth-frame.tsx';
import { LoginForm } from '@/features/auth/login-form.tsx';
import { usePageTitle } from '@/lib/page-title.ts';
import { safeRedirect } from '@/lib/safe-redirect.ts';

const route = getRouteApi('/login');

export function LoginPage() {
  usePageTitle('Log in');
  const search = route.useSearch();
  const navigate = useNavigate();
  return (
    <AuthFrame
      title="Welcome back"
      description="Log in to see what your agents are doing."
      footer={
        <>
          New here?{' '}
          <Link to="/signup" search={search} className="font-medium text-accent-text underline underline-offset-4">
            Create an account
          </Link>
        </>
      }
    >
      <LoginForm onSignedIn={() => void navigate({ to: safeRedirect(search.redirect) })} />
    </AuthFrame>
  );
}
