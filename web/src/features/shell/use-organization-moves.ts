import { useLocation, useNavigate } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { toast } from 'sonner';
import { api, RequestFailure } from '@/lib/api.ts';
import { type SessionState, startSession, whoAndWhere } from '@/lib/session.ts';

declare module '@tanstack/react-router' {
  interface HistoryState {
    /** Organization to switch to on arrival: a page with unsaved changes is asked first, since it is left first. */
    switchTo?: string;
  }
}

/** Leaves this page for the overview of another organization of the person. */
export function useSwitchOrganization(): (organizationId: string) => void {
  const navigate = useNavigate();
  return (organizationId) => void navigate({ to: '/dashboard', state: { switchTo: organizationId } });
}

/**
 * Performs wanted switches, and follows those that were made elsewhere: another tab shares this one's cookie, so the
 * next refresh may find the session in another organization. True while the page still belongs to the old one.
 */
export function useOrganizationMoves(session: SessionState): boolean {
  const navigate = useNavigate();
  const wanted = useLocation({ select: (location) => location.state.switchTo });
  const here = whoAndWhere(session);
  const [shown, setShown] = useState(here);
  const asked = useRef<string | undefined>(undefined);
  const organization = session.status === 'signed_in' ? session.organization : null;

  useEffect(() => {
    if (asked.current === wanted) return;
    asked.current = wanted;
    if (wanted === undefined || wanted === organization?.id) return;
    const switchTo = async () => {
      try {
        startSession(
          await api('/auth/switch', { method: 'POST', body: { organization_id: wanted }, changesSession: true }),
        );
      } catch (error) {
        if (error instanceof RequestFailure && error.code === 'session_moved') return;
        toast.error('The organization could not be switched', {
          description: error instanceof Error ? error.message : String(error),
        });
        void navigate({ to: '/dashboard', replace: true, state: {} });
      }
    };
    void switchTo();
  }, [wanted, organization?.id, navigate]);

  useEffect(() => {
    if (here === shown || organization === null) return;
    const arrive = async () => {
      // The state would switch back on a reload.
      await navigate({ to: '/dashboard', replace: true, state: {}, ignoreBlocker: true });
      setShown(here);
      toast.success(`You are now in ${organization.name}`);
    };
    void arrive();
  }, [here, shown, organization, navigate]);

  return here !== shown || (wanted !== undefined && wanted !== organization?.id);
}
