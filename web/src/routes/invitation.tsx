import { getRouteApi } from '@tanstack/react-router';
import { InvitationView } from '@/features/invitations/invitation-view.tsx';
import { usePageTitle } from '@/lib/page-title.ts';

const route = getRouteApi('/invitations/$token');

export function InvitationPage() {
  usePageTitle('Invitation');
  const { token } = route.useParams();
  return <InvitationView key={token} token={token} />;
}
