import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { MemberInvitations } from '@/features/settings/member-invitations.tsx';
import { MemberList } from '@/features/settings/member-list.tsx';
import { useBreadcrumbs } from '@/features/shell/breadcrumbs.tsx';
import { meQuery, useCan } from '@/features/shell/queries.ts';
import { usePageTitle } from '@/lib/page-title.ts';

const route = getRouteApi('/dashboard/settings/members');

export function MembersPage() {
  usePageTitle('Members');
  useBreadcrumbs(
    [{ label: 'Settings', link: { to: '/dashboard/settings/general' } }, { label: 'Members' }],
    'settings:members',
  );
  const { invite } = route.useSearch();
  const navigate = useNavigate({ from: '/dashboard/settings/members' });
  const ownRole = useQuery(meQuery).data?.role ?? null;
  const mayManage = useCan('members:manage');
  const setInviting = (inviting: boolean) =>
    void navigate({ search: inviting ? { invite: 'new' } : {}, replace: !inviting });
  return (
    <>
      <MemberList onInvite={() => setInviting(true)} />
      {mayManage && ownRole !== null && (
        <MemberInvitations ownRole={ownRole} inviting={invite === 'new'} onInviting={setInviting} />
      )}
    </>
  );
}
