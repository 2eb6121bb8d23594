import type { ExternalAgent, ExternalAgentKey } from '@agentflow/contracts';
import { useQuery } from '@tanstack/react-query';
import { KeyRound, Plus } from 'lucide-react';
import { useState } from 'react';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Card, CardHeader } from '@/components/ui/card.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { KEY_STATE_LOOKS, keyState } from '@/features/settings/key-state.ts';
import { useCan } from '@/features/shell/queries.ts';
import { cn } from '@/lib/class-names.ts';
import { useNow } from '@/lib/clock.ts';
import { formatDay, formatExactTime } from '@/lib/format.ts';
import { externalKeysQuery } from './queries.ts';
import { RevokeKeyDialog } from './revoke-key-dialog.tsx';
import { RotateKeyDialog } from './rotate-key-dialog.tsx';
import { ShownKeyDialog } from './shown-key-dialog.tsx';

/** The one that is rotated; `new` where none works, and a fresh one is made. */
type Rotating = ExternalAgentKey | 'new';

export function KeysCard({ agent }: { agent: ExternalAgent }) {
  const keys = useQuery(externalKeysQuery(agent.id));
  const mayWrite = useCan('external_agents:write');
  const now = useNow(15_000);
  const [all, setAll] = useState(false);
  const [rotating, setRotating] = useState<Rotating | null>(null);
  const [revoking, setRevoking] = useState<ExternalAgentKey | null>(null);
  const [shown, setShown] = useState<string | null>(null);
  const rows = keys.data?.data;
  const working = rows?.filter((key) => ['active', 'replaced'].includes(keyState(key, now)));
  const past = (rows?.length ?? 0) - (working?.length ?? 0);
  return (
    <Card>
      <CardHeader title="Keys" description="Its calls are known by them. A revoked key is refused everywhere at once.">
        {mayWrite && working?.length === 0 && (
          <Button variant="primary" onClick={() => setRotating('new')}>
            <Plus aria-hidden="true" /> Make a key
          </Button>
        )}
      </CardHeader>
      {keys.error && rows === undefined ? (
        <ProblemCallout error={keys.error} onRetry={() => void keys.refetch()} className="m-4" />
      ) : rows === undefined ? (
        <Skeleton className="m-4 h-12" />
      ) : (
        <ul aria-label="Keys" className="divide-y divide-line">
          {working?.length === 0 && (
            <li className="px-4 py-3 text-sm text-soft">No key works: it can’t call until you make one.</li>
          )}
          {(all ? rows : (working ?? [])).map((key) => (
            <KeyRow
              key={key.id}
              apiKey={key}
              now={now}
              onRotate={mayWrite && key.source === 'key' ? () => setRotating(key) : undefined}
              onRevoke={mayWrite ? () => setRevoking(key) : undefined}
            />
          ))}
        </ul>
      )}
      {past > 0 && (
        <p className="border-line border-t px-4 py-2 text-sm">
          <button
            type="button"
            aria-expanded={all}
            className="rounded-sm text-accent-text hover:underline"
            onClick={() => setAll(!all)}
          >
            {all ? 'Hide' : 'Show'} {past} that no longer {past === 1 ? 'works' : 'work'}
          </button>
        </p>
      )}
      {rotating !== null && (
        <RotateKeyDialog
          agent={agent}
          apiKey={rotating === 'new' ? null : rotating}
          onClose={() => setRotating(null)}
          onRotated={(key) => {
            setRotating(null);
            setShown(key);
          }}
        />
      )}
      {revoking !== null && <RevokeKeyDialog agent={agent} apiKey={revoking} onClose={() => setRevoking(null)} />}
      {shown !== null && <ShownKeyDialog agent={agent} apiKey={shown} onStored={() => setShown(null)} />}
    </Card>
  );
}

interface KeyRowProps {
  apiKey: ExternalAgentKey;
  now: number;
  onRotate: (() => void) | undefined;
  onRevoke: (() => void) | undefined;
}

function KeyRow({ apiKey, now, onRotate, onRevoke }: KeyRowProps) {
  const state = keyState(apiKey, now);
  const works = state === 'active' || state === 'replaced';
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-2 px-4 py-3">
      <KeyRound className="size-4 shrink-0 text-faint" aria-hidden="true" />
      <div className="min-w-0 flex-1 basis-52">
        <p className="flex flex-wrap items-center gap-2">
          <code className={cn('font-mono text-sm', !works && 'text-faint line-through')}>{apiKey.masked}</code>
          <span className={cn('rounded-full px-2 py-0.5 font-medium text-xs capitalize', KEY_STATE_LOOKS[state])}>
            {state}
          </span>
          {apiKey.source === 'oauth' && <span className="text-faint text-xs">by consent of a person</span>}
        </p>
        <p className="mt-0.5 text-faint text-xs">
          Made <RelativeTime iso={apiKey.created_at} />
          {' · '}
          {apiKey.last_used_at === null ? (
            'never used'
          ) : (
            <>
              last used <RelativeTime iso={apiKey.last_used_at} />
            </>
          )}
          {apiKey.revoked_at !== null ? (
            <>
              {' · '}revoked <RelativeTime iso={apiKey.revoked_at} />
            </>
          ) : (
            apiKey.expires_at !== null && (
              <>
                {' · '}
                {state === 'replaced' ? 'works until ' : state === 'expired' ? 'expired ' : 'expires '}
                <time dateTime={apiKey.expires_at} title={formatExactTime(apiKey.expires_at)}>
                  {state === 'replaced' ? formatExactTime(apiKey.expires_at) : formatDay(apiKey.expires_at)}
                </time>
              </>
            )
          )}
        </p>
      </div>
      {works && (
        <div className="flex gap-2">
          {state === 'active' && onRotate !== undefined && (
            <Button size="sm" aria-label={`Rotate ${apiKey.masked}`} onClick={onRotate}>
              Rotate
            </Button>
          )}
          {onRevoke !== undefined && (
            <Button size="sm" aria-label={`Revoke ${apiKey.masked}`} onClick={onRevoke}>
              Revoke
            </Button>
          )}
        </div>
      )}
    </li>
  );
}
