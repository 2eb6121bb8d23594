import { useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { X } from 'lucide-react';
import { DateRange } from '@/components/date-range.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Select } from '@/components/ui/select.tsx';
import { apiKeysQuery, membersQuery } from '@/features/settings/queries.ts';
import { useCan } from '@/features/shell/queries.ts';
import { shortResource } from '@/lib/format.ts';
import { ACTION_GROUPS } from './audit-sentence.ts';

export interface AuditSearch {
  readonly actor_id?: string | undefined;
  readonly action?: string | undefined;
  readonly resource_type?: string | undefined;
  readonly resource_id?: string | undefined;
  /** Days of the reader's time zone, YYYY-MM-DD. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly cursor?: string | undefined;
}

export function isFiltered({ cursor: _, ...filters }: AuditSearch): boolean {
  return Object.values(filters).some((each) => each !== undefined);
}

export function AuditFilters({ search }: { search: AuditSearch }) {
  const navigate = useNavigate({ from: '/dashboard/audit' });
  const mayReadKeys = useCan('api_keys:read');
  const members = useInfiniteQuery(membersQuery).data?.pages.flatMap((page) => page.data) ?? [];
  const keys =
    useInfiniteQuery({ ...apiKeysQuery, enabled: mayReadKeys }).data?.pages.flatMap((page) => page.data) ?? [];
  const choose = (changes: AuditSearch) =>
    void navigate({ search: (old) => ({ ...old, ...changes, cursor: undefined }) });
  const actors = [
    { value: 'all', label: 'Anybody' },
    ...members.map(({ user }) => ({ value: user.id, label: user.name || user.email })),
    ...keys.map((key) => ({ value: key.id, label: `${key.name} (API key)` })),
  ];
  const actions: { value: string; label: string }[] = [{ value: 'all', label: 'Any action' }, ...ACTION_GROUPS];
  return (
    <div className="mb-3 flex flex-wrap items-center gap-2">
      <Select
        label="Who"
        className="w-44 max-sm:w-36 max-sm:flex-1 [&>span]:truncate"
        value={search.actor_id ?? 'all'}
        options={withChosen(actors, search.actor_id)}
        onValueChange={(id) => choose({ actor_id: id === 'all' ? undefined : id })}
      />
      <Select
        label="Action"
        className="w-44 max-sm:w-36 max-sm:flex-1 [&>span]:truncate"
        value={search.action ?? 'all'}
        options={withChosen(actions, search.action)}
        onValueChange={(action) => choose({ action: action === 'all' ? undefined : action })}
      />
      <DateRange from={search.from} to={search.to} onChange={choose} />
      {(search.resource_id !== undefined || search.resource_type !== undefined) && (
        <Button
          className="max-w-full font-normal"
          aria-label={`No longer only ${search.resource_id ?? search.resource_type}`}
          onClick={() => choose({ resource_id: undefined, resource_type: undefined })}
        >
          <span className="truncate">
            {search.resource_type?.replaceAll('_', ' ')}{' '}
            {search.resource_id !== undefined && (
              <code className="font-mono text-xs">{shortResource(search.resource_id)}</code>
            )}
          </span>
          <X aria-hidden="true" />
        </Button>
      )}
      {isFiltered(search) && (
        <Button variant="ghost" onClick={() => void navigate({ search: {} })}>
          Clear
        </Button>
      )}
    </div>
  );
}

/** What an address names but the list does not have is shown all the same. */
function withChosen(options: readonly { value: string; label: string }[], chosen: string | undefined) {
  if (chosen === undefined || options.some((each) => each.value === chosen)) return options;
  return [...options, { value: chosen, label: shortResource(chosen) }];
}
