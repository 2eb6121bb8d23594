import { type Member, type Role, roleAtLeast } from '@agentflow/contracts';
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { UserPlus } from 'lucide-react';
import { useState } from 'react';
import { toast } from 'sonner';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { SectionHeader } from '@/components/section-header.tsx';
import { ShowMore } from '@/components/show-more.tsx';
import { Button } from '@/components/ui/button.tsx';
import { ConfirmDialog } from '@/components/ui/confirm-dialog.tsx';
import { Select } from '@/components/ui/select.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { Table, TableCell, TableHead, TableRow } from '@/components/ui/table.tsx';
import { meQuery, useCan } from '@/features/shell/queries.ts';
import { api } from '@/lib/api.ts';
import { membersQuery } from './queries.ts';
import { roleName, rolesUpTo } from './role-name.ts';
import { TEAMS_KEY } from './team-queries.ts';

export function MemberList({ onInvite }: { onInvite: () => void }) {
  const queries = useQueryClient();
  const me = useQuery(meQuery).data;
  const members = useInfiniteQuery(membersQuery);
  const mayManage = useCan('members:manage');
  const [removing, setRemoving] = useState<Member | null>(null);
  const setRole = useMutation({
    mutationFn: ({ member, role }: { member: Member; role: Role }) =>
      api(`/org/members/${member.user.id}/role`, { method: 'PUT', body: { role } }),
    onSuccess: (_answer, { member, role }) => toast.success(`${nameOf(member)} is ${roleName(role)} now`),
    // Until the list is read again the row goes on showing the chosen role; after a refusal it falls back to the old.
    onSettled: () => queries.invalidateQueries({ queryKey: membersQuery.queryKey }),
  });
  const remove = useMutation({
    mutationFn: (member: Member) => api(`/org/members/${member.user.id}`, { method: 'DELETE' }),
    onSuccess: async (_answer, member) => {
      await queries.invalidateQueries({ queryKey: membersQuery.queryKey });
      void queries.invalidateQueries({ queryKey: TEAMS_KEY });
      toast.success(`${nameOf(member)} is no longer a member`);
      setRemoving(null);
    },
  });
  const ownRole = me?.role ?? null;
  const rows = members.data?.pages.flatMap((page) => page.data);
  const mayEdit = (member: Member) =>
    mayManage && ownRole !== null && member.user.id !== me?.user?.id && roleAtLeast(ownRole, member.role);
  return (
    <>
      <SectionHeader
        title="Members"
        description={
          <>
            Who belongs to the organization, and with which role.{' '}
            <Link
              to="/dashboard/settings/roles"
              className="font-medium text-accent-text underline underline-offset-4 hover:no-underline"
            >
              What each role may do
            </Link>
          </>
        }
      >
        {mayManage && (
          <Button variant="primary" onClick={onInvite}>
            <UserPlus aria-hidden="true" /> Invite member
          </Button>
        )}
      </SectionHeader>
      {setRole.error && <ProblemCallout error={setRole.error} className="mb-4" />}
      {members.error && rows === undefined ? (
        <ProblemCallout error={members.error} onRetry={() => void members.refetch()} />
      ) : rows === undefined || me === undefined ? (
        <Skeleton className="h-40 w-full" />
      ) : (
        <Table label="Members" className="min-w-140">
          <thead>
            <tr>
              <TableHead className="w-full">Person</TableHead>
              <TableHead>Role</TableHead>
              <TableHead>Joined</TableHead>
              <TableHead>
                <span className="sr-only">Actions</span>
              </TableHead>
            </tr>
          </thead>
          <tbody>
            {rows.map((member) => {
              const pending =
                setRole.isPending && setRole.variables.member.user.id === member.user.id ? setRole.variables : null;
              return (
                <TableRow key={member.user.id}>
                  <TableCell className="max-w-0 py-2">
                    <p className="truncate font-medium text-text">
                      {nameOf(member)}
                      {member.user.id === me.user?.id && (
                        <span className="ml-2 rounded-full bg-idle-soft px-2 py-0.5 font-medium text-idle text-xs">
                          You
                        </span>
                      )}
                    </p>
                    <p className="truncate text-faint text-xs">{member.user.email}</p>
                  </TableCell>
                  <TableCell>
                    {mayEdit(member) && ownRole !== null ? (
                      <Select
                        label={`Role of ${nameOf(member)}`}
                        className="w-32"
                        value={pending?.role ?? member.role}
                        options={rolesUpTo(ownRole).map((role) => ({ value: role, label: roleName(role) }))}
                        onValueChange={(role) => setRole.mutate({ member, role: role as Role })}
                      />
                    ) : (
                      <span className="text-text">{roleName(member.role)}</span>
                    )}
                  </TableCell>
                  <TableCell className="whitespace-nowrap">
                    <RelativeTime iso={member.joined_at} />
                  </TableCell>
                  <TableCell className="text-right">
                    {mayEdit(member) && (
                      <Button
                        size="sm"
                        aria-label={`Remove ${nameOf(member)}`}
                        onClick={() => {
                          remove.reset();
                          setRemoving(member);
                        }}
                      >
                        Remove
                      </Button>
                    )}
                  </TableCell>
                </TableRow>
              );
            })}
          </tbody>
        </Table>
      )}
      <ShowMore list={members}>Show more members</ShowMore>
      <ConfirmDialog
        open={removing !== null}
        onOpenChange={(open) => !open && setRemoving(null)}
        title={`Remove ${removing === null ? 'the member' : nameOf(removing)}?`}
        description="They lose access to this organization at once. What they made here stays."
        confirmLabel="Remove member"
        danger
        busy={remove.isPending}
        error={remove.error}
        onConfirm={() => removing !== null && remove.mutate(removing)}
      />
    </>
  );
}

function nameOf({ user }: Member): string {
  return user.name || user.email;
}
