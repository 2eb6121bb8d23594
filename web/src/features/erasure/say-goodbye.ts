import { useNavigate } from '@tanstack/react-router';
import { signOut } from '@/lib/session.ts';

/** Leads to the page that says what is gone, and forgets the session that went with it. */
export function useGoodbye(): (what: 'organization' | 'account', name?: string) => Promise<void> {
  const navigate = useNavigate();
  return async (what, name) => {
    // In this order: the dashboard sends whoever is signed out to the login.
    await navigate({ to: '/goodbye', search: { what, name } });
    await signOut();
  };
}
