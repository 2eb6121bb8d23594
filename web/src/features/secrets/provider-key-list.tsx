import { KEYED_PROVIDERS, type KeyedProvider } from '@agentflow/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { CircleCheck, CircleDashed, CircleHelp, Server } from 'lucide-react';
import { useState } from 'react';
import { toast } from 'sonner';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { Button } from '@/components/ui/button.tsx';
import { ConfirmDialog } from '@/components/ui/confirm-dialog.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { useActorName } from '@/features/settings/use-actor-name.ts';
import { useCan } from '@/features/shell/queries.ts';
import { api } from '@/lib/api.ts';
import { ProviderKeyDialog } from './provider-key-dialog.tsx';
import { PROVIDER_FACTS, type ProviderState, providerState } from './provider-state.ts';
import { modelsQuery, providerKeysQuery } from './queries.ts';

interface Choice {
  readonly act: 'set' | 'remove';
  readonly provider: KeyedProvider;
}

export function ProviderKeyList() {
  const queries = useQueryClient();
  const keys = useQuery(providerKeysQuery);
  const models = useQuery(modelsQuery);
  const mayManage = useCan('secrets:manage');
  const [choice, setChoice] = useState<Choice | null>(null);
  const remove = useMutation({
    mutationFn: (provider: KeyedProvider) => api(`/org/provider-keys/${provider}`, { method: 'DELETE' }),
    onSuccess: async (_answer, provider) => {
      await Promise.all([
        queries.invalidateQueries({ queryKey: providerKeysQuery.queryKey }),
        queries.invalidateQueries({ queryKey: modelsQuery.queryKey }),
      ]);
      toast.success(`${PROVIDER_FACTS[provider].title}: your own access is removed`);
      setChoice(null);
    },
  });
  const close = () => {
    remove.reset();
    setChoice(null);
  };
  const failed = keys.error ?? models.error;
  const loaded = keys.data !== undefined && models.data !== undefined ? { keys: keys.data, models: models.data } : null;
  return (
    <section aria-labelledby="providers-title" className="mt-9">
      <div className="mb-4">
        <h2 id="providers-title" className="font-semibold text-lg">
          Model providers
        </h2>
        <p className="text-soft">
          With a key of your own, calls go to your account at the provider, and its bill comes to you.
        </p>
      </div>
      {failed && loaded === null ? (
        <ProblemCallout
          error={failed}
          onRetry={() => {
            void keys.refetch();
            void models.refetch();
          }}
        />
      ) : loaded === null ? (
        <Skeleton className="h-64 w-full" />
      ) : (
        <ul className="divide-y divide-line rounded-xl border border-line bg-surface shadow-card">
          {KEYED_PROVIDERS.map((provider) => (
            <ProviderRow
              key={provider}
              provider={provider}
              state={providerState(provider, loaded.keys, loaded.models)}
              mayManage={mayManage}
              onChoose={(act) => setChoice({ act, provider })}
            />
          ))}
        </ul>
      )}
      {choice?.act === 'set' && (
        <ProviderKeyDialog
          provider={choice.provider}
          current={loaded?.keys.find((each) => each.provider === choice.provider)}
          onClose={close}
        />
      )}
      {choice?.act === 'remove' && (
        <ConfirmDialog
          open
          onOpenChange={(open) => !open && close()}
          title={`Remove your access to ${PROVIDER_FACTS[choice.provider].title}?`}
          description="From the next step on, agents use what the installation has for this provider. Where it has nothing, their steps fail."
          confirmLabel="Remove"
          danger
          busy={remove.isPending}
          error={remove.error}
          onConfirm={() => remove.mutate(choice.provider)}
        />
      )}
    </section>
  );
}

interface ProviderRowProps {
  provider: KeyedProvider;
  state: ProviderState;
  mayManage: boolean;
  onChoose: (act: Choice['act']) => void;
}

function ProviderRow({ provider, state, mayManage, onChoose }: ProviderRowProps) {
  const { title, note } = PROVIDER_FACTS[provider];
  const nameOf = useActorName();
  const own = state.kind === 'own' ? state.key : null;
  return (
    <li aria-label={title} className="flex flex-wrap items-center gap-x-4 gap-y-2 px-4 py-3">
      <div className="min-w-0 flex-1 basis-64">
        <p className="font-medium text-text">
          {title} <code className="ml-1 font-mono font-normal text-faint text-xs">{provider}/…</code>
        </p>
        <p className="text-faint text-xs">
          {own === null ? (
            note
          ) : (
            <>
              Set <RelativeTime iso={own.updated_at} /> by {nameOf(own.updated_by)}
            </>
          )}
        </p>
        {own?.base_url != null && (
          <p className="mt-0.5 truncate font-mono text-soft text-xs" title={own.base_url}>
            {own.base_url}
          </p>
        )}
      </div>
      <StateBadge state={state} />
      {mayManage && (
        <div className="flex gap-2 max-sm:ml-auto">
          <Button size="sm" onClick={() => onChoose('set')} aria-label={`${own ? 'Replace' : 'Set'} ${title}`}>
            {own === null ? 'Set' : 'Replace'}
          </Button>
          {own !== null && (
            <Button size="sm" variant="ghost" onClick={() => onChoose('remove')} aria-label={`Remove ${title}`}>
              Remove
            </Button>
          )}
        </div>
      )}
    </li>
  );
}

const LOOKS = {
  own: { icon: CircleCheck, look: 'bg-completed-soft text-completed' },
  installation: { icon: Server, look: 'bg-idle-soft text-idle' },
  none: { icon: CircleDashed, look: 'bg-idle-soft text-idle' },
  untold: { icon: CircleHelp, look: 'bg-idle-soft text-idle' },
} as const;

function StateBadge({ state }: { state: ProviderState }) {
  const { icon: Icon, look } = LOOKS[state.kind];
  return (
    <span
      className={`inline-flex h-6 items-center gap-1.5 whitespace-nowrap rounded-full px-2 font-medium text-xs ${look}`}
    >
      <Icon aria-hidden="true" className="size-3.5" />
      {state.kind === 'own' && (
        <>
          {PROVIDER_FACTS[state.key.provider].asksFor === 'address' && state.key.hint === null
            ? 'Own address'
            : 'Own key'}
          {state.key.hint !== null && (
            <>
              {' '}
              <code className="font-mono">…{state.key.hint}</code>
            </>
          )}
        </>
      )}
      {state.kind === 'installation' && "Installation's key"}
      {state.kind === 'none' && 'None'}
      {state.kind === 'untold' && "Installation's, if it has one"}
    </span>
  );
}
