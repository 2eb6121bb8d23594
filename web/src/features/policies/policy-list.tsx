import type { Policy, PolicyEffect } from '@agentflow/contracts';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { Plus, SearchX, ShieldCheck } from 'lucide-react';
import { EmptyState } from '@/components/empty-state.tsx';
import { FilterRow } from '@/components/filter-row.tsx';
import { Pager } from '@/components/pager.tsx';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { Table, TableCell, TableHead, TableRow } from '@/components/ui/table.tsx';
import { useCan } from '@/features/shell/queries.ts';
import { EffectBadge } from './effect-badge.tsx';
import { resourcesInWords, subjectsInWords } from './policy-words.ts';
import { policiesQuery } from './queries.ts';

const EFFECTS = [{ label: 'Any effect' }, { value: 'deny', label: 'Deny' }, { value: 'allow', label: 'Allow' }];
const STATES = [{ label: 'On and off' }, { value: 'true', label: 'Active' }, { value: 'false', label: 'Switched off' }];

interface PolicyListProps {
  search: string | undefined;
  effect: PolicyEffect | undefined;
  active: 'true' | 'false' | undefined;
  cursor: string | undefined;
}

export function PolicyList({ search, effect, active, cursor }: PolicyListProps) {
  const navigate = useNavigate({ from: '/dashboard/policies' });
  const mayWrite = useCan('governance:write');
  const policies = useQuery({
    ...policiesQuery({ search, effect, is_active: active, cursor, limit: 50 }),
    placeholderData: keepPreviousData,
  });
  const filtered = effect !== undefined || active !== undefined || (search ?? '') !== '';
  const rows = policies.data?.data;
  if (rows?.length === 0 && !filtered && cursor === undefined) {
    return (
      <EmptyState
        icon={ShieldCheck}
        title="No policies yet"
        description="A policy says who may start which agents, and when: by role, platform, time, address, cost or a field of the input. Try it in a dry run before anybody is refused."
      >
        {mayWrite && (
          <Button variant="primary" asChild>
            <Link to="/dashboard/policies/new">
              <Plus aria-hidden="true" /> Write a policy
            </Link>
          </Button>
        )}
      </EmptyState>
    );
  }
  return (
    <>
      <FilterRow
        search={{
          value: search,
          label: 'Search policies by name',
          onSearch: (typed) =>
            void navigate({ search: (old) => ({ ...old, search: typed, cursor: undefined }), replace: true }),
        }}
        filters={[
          {
            label: 'Effect',
            value: effect,
            options: EFFECTS,
            onChoose: (next) =>
              void navigate({
                search: (old) => ({ ...old, effect: next as PolicyEffect | undefined, cursor: undefined }),
              }),
            className: 'w-32',
          },
          {
            label: 'State',
            value: active,
            options: STATES,
            onChoose: (next) =>
              void navigate({
                search: (old) => ({ ...old, active: next as 'true' | 'false' | undefined, cursor: undefined }),
              }),
            className: 'w-36',
          },
        ]}
      />
      {policies.error && (
        <ProblemCallout error={policies.error} onRetry={() => void policies.refetch()} className="mb-3" />
      )}
      {rows?.length === 0 ? (
        <EmptyState icon={SearchX} title="No policy fits" description="Try another name, or look at all of them.">
          <Button onClick={() => void navigate({ search: {} })}>Show every policy</Button>
        </EmptyState>
      ) : (
        <>
          <Table label="Policies" className="md:min-w-180" aria-busy={policies.isFetching}>
            <thead>
              <tr>
                <TableHead className="w-full">Name</TableHead>
                <TableHead>Effect</TableHead>
                <TableHead className="text-right max-sm:hidden">Priority</TableHead>
                <TableHead className="max-md:hidden">Who</TableHead>
                <TableHead className="max-md:hidden">What</TableHead>
                <TableHead className="max-lg:hidden">Changed</TableHead>
              </tr>
            </thead>
            <tbody>
              {rows === undefined && !policies.error && <LoadingRows />}
              {rows?.map((policy) => (
                <PolicyRow key={policy.id} policy={policy} />
              ))}
            </tbody>
          </Table>
          {rows !== undefined && (
            <Pager
              summary={`${rows.length} policies on this page`}
              cursor={cursor}
              next={policies.data?.next_cursor}
              onGo={(to) => void navigate({ search: (old) => ({ ...old, cursor: to }) })}
            />
          )}
        </>
      )}
    </>
  );
}

function PolicyRow({ policy }: { policy: Policy }) {
  return (
    <TableRow className="relative">
      <TableCell className="max-w-0 py-2">
        <Link
          to="/dashboard/policies/$policyId"
          params={{ policyId: policy.id }}
          className="block truncate rounded-sm font-medium text-text before:absolute before:inset-0 hover:text-accent-text"
        >
          {policy.name}
        </Link>
        {policy.description !== '' && <p className="truncate text-faint text-xs">{policy.description}</p>}
      </TableCell>
      <TableCell>
        <EffectBadge policy={policy} />
      </TableCell>
      <TableCell className="tabular text-right max-sm:hidden">{policy.priority}</TableCell>
      <TableCell className="max-w-56 max-md:hidden">
        <span className="block truncate">{subjectsInWords(policy.subjects)}</span>
      </TableCell>
      <TableCell className="max-w-48 max-md:hidden">
        <span className="block truncate">{resourcesInWords(policy.resources)}</span>
      </TableCell>
      <TableCell className="whitespace-nowrap max-lg:hidden">
        <RelativeTime iso={policy.updated_at} />
      </TableCell>
    </TableRow>
  );
}

function LoadingRows() {
  return ['a', 'b', 'c', 'd'].map((key) => (
    <TableRow key={key}>
      <TableCell>
        <Skeleton className="h-4 w-48" />
      </TableCell>
      {['', 'max-sm:hidden', 'max-md:hidden', 'max-md:hidden ', 'max-lg:hidden'].map((hidden) => (
        <TableCell key={hidden} className={hidden}>
          <Skeleton className="h-4 w-16" />
        </TableCell>
      ))}
    </TableRow>
  ));
}
