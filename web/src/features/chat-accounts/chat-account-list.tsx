import type { ChatAccount } from '@agentflow/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { MessagesSquare, Unlink } from 'lucide-react';
import { useState } from 'react';
import { toast } from 'sonner';
import { EmptyState } from '@/components/empty-state.tsx';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { SectionHeader } from '@/components/section-header.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Card } from '@/components/ui/card.tsx';
import { ConfirmDialog } from '@/components/ui/confirm-dialog.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { CHAT_PLATFORM_LOOKS } from '@/features/channels/platforms.ts';
import { api } from '@/lib/api.ts';
import { chatAccountsQuery } from './queries.ts';

/** The accounts of chats that decide in this person's name. */
export function ChatAccountList() {
  const accounts = useQuery(chatAccountsQuery);
  const [unlinking, setUnlinking] = useState<ChatAccount | null>(null);
  const rows = accounts.data?.data;
  return (
    <>
      <SectionHeader title="Chat accounts" description="What they decide from a message counts as decided by you." />
      {accounts.error && <ProblemCallout error={accounts.error} onRetry={() => void accounts.refetch()} />}
      {rows === undefined && !accounts.error && <Skeleton className="h-24 w-full" />}
      {rows?.length === 0 && (
        <EmptyState
          icon={MessagesSquare}
          title="No chat account is linked"
          description="Press Approve or Deny under a message in Slack, Discord or Telegram: the answer, which only you see, has a link to here."
        />
      )}
      {rows !== undefined && rows.length > 0 && (
        <Card>
          <ul aria-label="Chat accounts" className="divide-y divide-line">
            {rows.map((account) => (
              <AccountRow key={account.id} account={account} onUnlink={() => setUnlinking(account)} />
            ))}
          </ul>
        </Card>
      )}
      {unlinking !== null && <UnlinkDialog account={unlinking} onClose={() => setUnlinking(null)} />}
    </>
  );
}

function AccountRow({ account, onUnlink }: { account: ChatAccount; onUnlink: () => void }) {
  const { name, icon: Icon } = CHAT_PLATFORM_LOOKS[account.platform];
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-2 px-4 py-3 text-sm">
      <Icon className="size-4 shrink-0 text-faint" aria-hidden="true" />
      <div className="min-w-0 flex-1 basis-48">
        <p className="break-words font-medium">{account.account_name || account.account_id}</p>
        <p className="break-words text-faint text-xs">
          {name}
          {account.workspace !== '' && `, ${account.workspace}`}, linked <RelativeTime iso={account.linked_at} />
        </p>
      </div>
      <Button size="sm" onClick={onUnlink}>
        <Unlink aria-hidden="true" /> Unlink…
      </Button>
    </li>
  );
}

function UnlinkDialog({ account, onClose }: { account: ChatAccount; onClose: () => void }) {
  const queries = useQueryClient();
  const unlink = useMutation({
    mutationFn: () => api(`/chat-accounts/${encodeURIComponent(account.id)}`, { method: 'DELETE' }),
    onSuccess: async () => {
      onClose();
      await queries.invalidateQueries({ queryKey: chatAccountsQuery.queryKey });
      toast.success('The account is unlinked');
    },
  });
  return (
    <ConfirmDialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={`Unlink ${account.account_name || account.account_id}?`}
      description="What it presses decides nothing any more, until it is linked again. What was decided stays."
      confirmLabel="Unlink"
      danger
      busy={unlink.isPending}
      error={unlink.error}
      onConfirm={() => unlink.mutate()}
    />
  );
}
