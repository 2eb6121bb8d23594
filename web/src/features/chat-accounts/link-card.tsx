import type { ChatAccount } from '@agentflow/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link2 } from 'lucide-react';
import { toast } from 'sonner';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Card } from '@/components/ui/card.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { CHAT_PLATFORM_LOOKS } from '@/features/channels/platforms.ts';
import { meQuery } from '@/features/shell/queries.ts';
import { api, RequestFailure } from '@/lib/api.ts';
import { chatAccountsQuery, linkedAccountQuery } from './queries.ts';

/** Asks whether an account of a chat is this person's, as a link from there said. */
export function LinkCard({ token, onDone }: { token: string; onDone: () => void }) {
  const queries = useQueryClient();
  const account = useQuery(linkedAccountQuery(token));
  const me = useQuery(meQuery).data;
  const link = useMutation({
    mutationFn: () => api<ChatAccount>('/chat-accounts/link', { method: 'POST', body: { token } }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: chatAccountsQuery.queryKey });
      toast.success('Your account is linked. Go back to the chat and press again.');
      onDone();
    },
  });
  const stale = account.error instanceof RequestFailure && account.error.status < 500 && account.error.status !== 0;
  if (account.error) {
    return (
      <div className="mb-5">
        <ProblemCallout error={account.error} onRetry={stale ? undefined : () => void account.refetch()} />
        {stale && (
          <p className="mt-2 text-sm text-soft">
            Press the button in the chat again: its answer has a new link, which is good for 15 minutes.
          </p>
        )}
      </div>
    );
  }
  if (account.data === undefined) return <Skeleton className="mb-5 h-28 w-full" />;
  const { platform, account_name, account_id, workspace, state } = account.data;
  const { name, icon: Icon } = CHAT_PLATFORM_LOOKS[platform];
  const who = account_name || account_id;
  return (
    <Card className="mb-5 border-accent">
      <div className="flex flex-wrap items-start gap-4 p-4">
        <span className="flex size-10 shrink-0 items-center justify-center rounded-lg bg-accent-soft text-accent-text">
          <Icon className="size-5" aria-hidden="true" />
        </span>
        <div className="min-w-0 flex-1 basis-60">
          <h2 className="break-words font-semibold text-base">
            {state === 'new' ? `Is ${who} on ${name} you?` : `${who} on ${name}`}
          </h2>
          <p className="mt-1 break-words text-sm text-soft">
            {state === 'taken' && 'It is linked to another member already, who has to unlink it first.'}
            {state === 'linked' && 'It is linked to you already: go back to the chat and press again.'}
            {state === 'new' &&
              `What this account${workspace === '' ? '' : ` of ${workspace}`} decides from a message then counts as decided by ${me?.user?.email ?? 'you'}. Only say yes if you pressed the button yourself.`}
          </p>
        </div>
        {state === 'new' ? (
          <div className="flex gap-2">
            <Button variant="ghost" onClick={onDone}>
              No
            </Button>
            <Button variant="primary" busy={link.isPending} onClick={() => link.mutate()}>
              <Link2 aria-hidden="true" /> Yes, link it
            </Button>
          </div>
        ) : (
          <Button onClick={onDone}>Close</Button>
        )}
      </div>
      {link.error && <ProblemCallout error={link.error} className="mx-4 mb-4" />}
    </Card>
  );
}
