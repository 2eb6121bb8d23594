import type { ActiveSession } from '@agentflow/contracts';
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { toast } from 'sonner';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { SectionHeader } from '@/components/section-header.tsx';
import { ShowMore } from '@/components/show-more.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { Table, TableCell, TableHead, TableRow } from '@/components/ui/table.tsx';
import { api } from '@/lib/api.ts';
import { browserName } from '@/lib/browser-name.ts';
import { sessionsQuery } from './queries.ts';

export function SessionList() {
  const queries = useQueryClient();
  const sessions = useInfiniteQuery(sessionsQuery);
  const readAgain = () => queries.invalidateQueries({ queryKey: sessionsQuery.queryKey });
  const revoke = useMutation({
    mutationFn: ({ id }: ActiveSession) => api(`/auth/sessions/${id}`, { method: 'DELETE' }),
    onSuccess: async (_answer, session) => {
      await readAgain();
      toast.success(`${browserName(session.user_agent)} is signed out`);
    },
  });
  const revokeOthers = useMutation({
    mutationFn: () => api<{ readonly revoked: number }>('/auth/sessions/revoke-others', { method: 'POST' }),
    onSuccess: async ({ revoked }) => {
      await readAgain();
      toast.success(revoked === 1 ? 'One other session is signed out' : `${revoked} other sessions are signed out`);
    },
  });
  const rows = sessions.data?.pages.flatMap((page) => page.data);
  const failure = revoke.error ?? revokeOthers.error;
  return (
    <section aria-labelledby="sessions-title" className="mt-8">
      <SectionHeader
        title="Active sessions"
        titleId="sessions-title"
        description="Where you are signed in. If you do not know one, sign it out and change your password."
      >
        {rows?.some((session) => !session.current) && (
          <Button busy={revokeOthers.isPending} onClick={() => revokeOthers.mutate()}>
            Sign out everywhere else
          </Button>
        )}
      </SectionHeader>
      {failure && <ProblemCallout error={failure} className="mb-4" />}
      {sessions.error && rows === undefined ? (
        <ProblemCallout error={sessions.error} onRetry={() => void sessions.refetch()} />
      ) : rows === undefined ? (
        <Skeleton className="h-32 w-full" />
      ) : (
        <Table label="Active sessions" className="min-w-140">
          <thead>
            <tr>
              <TableHead className="w-full">Browser</TableHead>
              <TableHead>Address</TableHead>
              <TableHead>Signed in</TableHead>
              <TableHead>Last used</TableHead>
              <TableHead>
                <span className="sr-only">Actions</span>
              </TableHead>
            </tr>
          </thead>
          <tbody>
            {rows.map((session) => (
              <TableRow key={session.id}>
                <TableCell className="whitespace-nowrap">
                  <span className="font-medium text-text" title={session.user_agent}>
                    {browserName(session.user_agent)}
                  </span>
                  {session.current && (
                    <span className="ml-2 rounded-full bg-completed-soft px-2 py-0.5 font-medium text-completed text-xs">
                      This session
                    </span>
                  )}
                </TableCell>
                <TableCell>
                  <code className="whitespace-nowrap font-mono text-xs">{session.ip}</code>
                </TableCell>
                <TableCell className="whitespace-nowrap">
                  <RelativeTime iso={session.created_at} />
                </TableCell>
                <TableCell className="whitespace-nowrap">
                  <RelativeTime iso={session.last_used_at} />
                </TableCell>
                <TableCell className="text-right">
                  {!session.current && (
                    <Button
                      size="sm"
                      aria-label={`Sign out ${browserName(session.user_agent)}, ${session.ip}`}
                      busy={revoke.isPending && revoke.variables.id === session.id}
                      onClick={() => revoke.mutate(session)}
                    >
                      Sign out
                    </Button>
                  )}
                </TableCell>
              </TableRow>
            ))}
          </tbody>
        </Table>
      )}
      <ShowMore list={sessions}>Show more sessions</ShowMore>
    </section>
  );
}
