import type { ApiKey, CreatedApiKey } from '@agentflow/contracts';
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { Link, useLocation } from '@tanstack/react-router';
import { KeyRound, Plus } from 'lucide-react';
import { useState } from 'react';
import { toast } from 'sonner';
import { EmptyState } from '@/components/empty-state.tsx';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { SectionHeader } from '@/components/section-header.tsx';
import { ShowMore } from '@/components/show-more.tsx';
import { Button } from '@/components/ui/button.tsx';
import { ConfirmDialog } from '@/components/ui/confirm-dialog.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { Table, TableCell, TableHead, TableRow } from '@/components/ui/table.tsx';
import { Tooltip } from '@/components/ui/tooltip.tsx';
import { useCan } from '@/features/shell/queries.ts';
import { api } from '@/lib/api.ts';
import { cn } from '@/lib/class-names.ts';
import { useNow } from '@/lib/clock.ts';
import { formatDay, formatExactTime } from '@/lib/format.ts';
import { CreateApiKeyDialog } from './create-api-key-dialog.tsx';
import { KEY_STATE_LOOKS, keyState } from './key-state.ts';
import { apiKeysQuery } from './queries.ts';
import { RotateApiKeyDialog } from './rotate-api-key-dialog.tsx';
import { StoreKeyDialog } from './store-key-dialog.tsx';

export function ApiKeyList() {
  const queries = useQueryClient();
  const keys = useInfiniteQuery(apiKeysQuery);
  const mayManage = useCan('api_keys:manage');
  const [creating, setCreating] = useState(false);
  const [created, setCreated] = useState<CreatedApiKey | null>(null);
  const [rotating, setRotating] = useState<ApiKey | null>(null);
  const [revoking, setRevoking] = useState<ApiKey | null>(null);
  const shownKey = useLocation({ select: (location) => location.hash });
  const now = useNow(15_000);
  const revoke = useMutation({
    mutationFn: (id: string) => api(`/org/api-keys/${id}`, { method: 'DELETE' }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: apiKeysQuery.queryKey });
      toast.success(`${revoking?.name ?? 'The key'} is revoked`);
      setRevoking(null);
    },
  });
  const rows = keys.data?.pages.flatMap((page) => page.data);
  return (
    <>
      <SectionHeader title="API keys" description="For scripts and servers. Each key can do only what its scopes say.">
        {mayManage && rows !== undefined && rows.length > 0 && (
          <Button variant="primary" onClick={() => setCreating(true)}>
            <Plus aria-hidden="true" /> Create key
          </Button>
        )}
      </SectionHeader>
      {keys.error && rows === undefined ? (
        <ProblemCallout error={keys.error} onRetry={() => void keys.refetch()} />
      ) : rows === undefined ? (
        <Skeleton className="h-40 w-full" />
      ) : rows.length === 0 ? (
        <EmptyState
          icon={KeyRound}
          title="No API keys yet"
          description="With a key, a script can start an agent and read its result. You see the key once, so keep it somewhere safe."
        >
          {mayManage && (
            <Button variant="primary" onClick={() => setCreating(true)}>
              <Plus aria-hidden="true" /> Create key
            </Button>
          )}
        </EmptyState>
      ) : (
        <Table label="API keys" className="min-w-200">
          <thead>
            <tr>
              <TableHead className="w-full">Name</TableHead>
              <TableHead>State</TableHead>
              <TableHead>Scopes</TableHead>
              <TableHead>Last used</TableHead>
              <TableHead>Expires</TableHead>
              <TableHead>
                <span className="sr-only">Actions</span>
              </TableHead>
            </tr>
          </thead>
          <tbody>
            {rows.map((key) => {
              const state = keyState(key, now);
              return (
                <TableRow key={key.id} id={key.id} className={cn(shownKey === key.id && 'bg-accent-soft')}>
                  <TableCell className="max-w-0 py-2">
                    <p className="truncate font-medium text-text">{key.name}</p>
                    <p className="truncate text-faint text-xs">
                      <code className="font-mono">{key.prefix}…</code> · created <RelativeTime iso={key.created_at} />
                    </p>
                    {key.replaced_by !== null && (
                      <p className="text-soft text-xs">
                        {state === 'replaced' && key.expires_at !== null ? (
                          <>
                            Replaced, works until{' '}
                            <time dateTime={key.expires_at}>{formatExactTime(key.expires_at)}</time>
                          </>
                        ) : (
                          'Replaced'
                        )}
                        {' · '}
                        <Link
                          to="/dashboard/settings/api-keys"
                          hash={key.replaced_by}
                          className="rounded-sm text-accent-text underline underline-offset-4 hover:no-underline"
                        >
                          its successor
                        </Link>
                      </p>
                    )}
                  </TableCell>
                  <TableCell className="whitespace-nowrap">
                    <span
                      className={cn('rounded-full px-2 py-0.5 font-medium text-xs capitalize', KEY_STATE_LOOKS[state])}
                    >
                      {state}
                    </span>
                  </TableCell>
                  <TableCell>
                    <Tooltip content={key.scopes.join(', ')}>
                      <button
                        type="button"
                        className="whitespace-nowrap rounded-sm underline decoration-dotted underline-offset-4"
                      >
                        {key.scopes.length} {key.scopes.length === 1 ? 'scope' : 'scopes'}
                      </button>
                    </Tooltip>
                  </TableCell>
                  <TableCell className="whitespace-nowrap">
                    {key.last_used_at === null ? (
                      <span className="text-faint">never</span>
                    ) : (
                      <RelativeTime iso={key.last_used_at} />
                    )}
                  </TableCell>
                  <TableCell className="whitespace-nowrap">
                    {key.expires_at === null ? (
                      <span className="text-faint">never</span>
                    ) : (
                      <time dateTime={key.expires_at} title={formatExactTime(key.expires_at)}>
                        {formatDay(key.expires_at)}
                      </time>
                    )}
                  </TableCell>
                  <TableCell className="text-right">
                    {mayManage && (
                      <div className="flex justify-end gap-2">
                        {state === 'active' && (
                          <Button size="sm" aria-label={`Rotate ${key.name}`} onClick={() => setRotating(key)}>
                            Rotate
                          </Button>
                        )}
                        {(state === 'active' || state === 'replaced') && (
                          <Button
                            size="sm"
                            aria-label={`Revoke ${key.name}`}
                            onClick={() => {
                              revoke.reset();
                              setRevoking(key);
                            }}
                          >
                            Revoke
                          </Button>
                        )}
                      </div>
                    )}
                  </TableCell>
                </TableRow>
              );
            })}
          </tbody>
        </Table>
      )}
      <ShowMore list={keys}>Show more keys</ShowMore>
      <CreateApiKeyDialog
        open={creating}
        onClose={() => setCreating(false)}
        onCreated={(key) => {
          setCreating(false);
          setCreated(key);
        }}
      />
      {rotating !== null && (
        <RotateApiKeyDialog
          apiKey={rotating}
          onClose={() => setRotating(null)}
          onRotated={(key) => {
            setRotating(null);
            setCreated(key);
          }}
        />
      )}
      {created !== null && <StoreKeyDialog created={created} onStored={() => setCreated(null)} />}
      <ConfirmDialog
        open={revoking !== null}
        onOpenChange={(open) => !open && setRevoking(null)}
        title={`Revoke ${revoking?.name ?? 'the key'}?`}
        description="Whatever uses this key is refused from this moment on. A revoked key cannot be brought back."
        confirmLabel="Revoke key"
        danger
        busy={revoke.isPending}
        error={revoke.error}
        onConfirm={() => revoking !== null && revoke.mutate(revoking.id)}
      />
    </>
  );
}
