import type { EnvVar } from '@agentflow/contracts';
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { Ellipsis, KeySquare, PencilLine, Plus, RefreshCw, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { toast } from 'sonner';
import { CopyButton } from '@/components/copy-button.tsx';
import { EmptyState } from '@/components/empty-state.tsx';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { SectionHeader } from '@/components/section-header.tsx';
import { ShowMore } from '@/components/show-more.tsx';
import { Button } from '@/components/ui/button.tsx';
import { ConfirmDialog } from '@/components/ui/confirm-dialog.tsx';
import {
  DropdownMenu,
  DropdownMenuContent,
  DropdownMenuItem,
  DropdownMenuSeparator,
  DropdownMenuTrigger,
} from '@/components/ui/dropdown-menu.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { Table, TableCell, TableHead, TableRow } from '@/components/ui/table.tsx';
import { Tooltip } from '@/components/ui/tooltip.tsx';
import { useActorName } from '@/features/settings/use-actor-name.ts';
import { useCan } from '@/features/shell/queries.ts';
import { api } from '@/lib/api.ts';
import { CreateEnvVarDialog, EditEnvVarDialog, ReplaceValueDialog } from './env-var-dialogs.tsx';
import { envVarsQuery } from './queries.ts';

interface Choice {
  readonly act: 'edit' | 'replace' | 'delete';
  readonly secret: EnvVar;
}

export function EnvVarList() {
  const queries = useQueryClient();
  const secrets = useInfiniteQuery(envVarsQuery);
  const mayManage = useCan('secrets:manage');
  const nameOf = useActorName();
  const [creating, setCreating] = useState(false);
  const [choice, setChoice] = useState<Choice | null>(null);
  const remove = useMutation({
    mutationFn: ({ name }: EnvVar) => api(`/org/env-vars/${name}`, { method: 'DELETE' }),
    onSuccess: async (_answer, { name }) => {
      await queries.invalidateQueries({ queryKey: envVarsQuery.queryKey });
      toast.success(`${name} is deleted`);
      setChoice(null);
    },
  });
  const close = () => {
    remove.reset();
    setChoice(null);
  };
  const rows = secrets.data?.pages.flatMap((page) => page.data);
  const addButton = mayManage && (
    <Button variant="primary" onClick={() => setCreating(true)}>
      <Plus aria-hidden="true" /> Add secret
    </Button>
  );
  return (
    <section aria-labelledby="secrets-title">
      <SectionHeader
        title="Secrets"
        titleId="secrets-title"
        description="Tokens and passwords for the calls of your agents. A value goes in and is never shown again."
      >
        {rows !== undefined && rows.length > 0 && addButton}
      </SectionHeader>
      {secrets.error && rows === undefined ? (
        <ProblemCallout error={secrets.error} onRetry={() => void secrets.refetch()} />
      ) : rows === undefined ? (
        <Skeleton className="h-40 w-full" />
      ) : rows.length === 0 ? (
        <EmptyState
          icon={KeySquare}
          title="No secrets yet"
          description={
            <>
              Keep tokens out of your agents: store one here as API_TOKEN, and write{' '}
              <code className="font-mono text-text">{'{{env.API_TOKEN}}'}</code> where a step needs it.
            </>
          }
        >
          {addButton}
        </EmptyState>
      ) : (
        <Table label="Secrets" className="min-w-160">
          <thead>
            <tr>
              <TableHead className="w-full">Name</TableHead>
              <TableHead>Allowed hosts</TableHead>
              <TableHead>Updated</TableHead>
              <TableHead>
                <span className="sr-only">Actions</span>
              </TableHead>
            </tr>
          </thead>
          <tbody>
            {rows.map((secret) => (
              <TableRow key={secret.name}>
                <TableCell className="max-w-0 py-2">
                  <span className="flex items-center gap-0.5">
                    <code className="truncate font-medium font-mono text-text text-xs">{`{{env.${secret.name}}}`}</code>
                    <CopyButton value={`{{env.${secret.name}}}`} label={`Copy {{env.${secret.name}}}`} />
                  </span>
                  {secret.description !== '' && (
                    <p className="truncate text-faint text-xs" title={secret.description}>
                      {secret.description}
                    </p>
                  )}
                </TableCell>
                <TableCell>
                  <Hosts hosts={secret.allowed_hosts} />
                </TableCell>
                <TableCell className="whitespace-nowrap">
                  <RelativeTime iso={secret.updated_at} />
                  <span className="block max-w-40 truncate text-faint text-xs">by {nameOf(secret.updated_by)}</span>
                </TableCell>
                <TableCell className="text-right">
                  {mayManage && <SecretMenu name={secret.name} onChoose={(act) => setChoice({ act, secret })} />}
                </TableCell>
              </TableRow>
            ))}
          </tbody>
        </Table>
      )}
      <ShowMore list={secrets}>Show more secrets</ShowMore>
      <CreateEnvVarDialog open={creating} onClose={() => setCreating(false)} />
      {choice?.act === 'edit' && <EditEnvVarDialog secret={choice.secret} onClose={close} />}
      {choice?.act === 'replace' && <ReplaceValueDialog secret={choice.secret} onClose={close} />}
      {choice?.act === 'delete' && (
        <ConfirmDialog
          open
          onOpenChange={(open) => !open && close()}
          title={`Delete ${choice.secret.name}?`}
          description="Agents that name it fail at their next step that does, running ones too. The value cannot be brought back."
          confirmLabel="Delete secret"
          danger
          typedName={choice.secret.name}
          busy={remove.isPending}
          error={remove.error}
          onConfirm={() => remove.mutate(choice.secret)}
        />
      )}
    </section>
  );
}

function Hosts({ hosts }: { hosts: readonly string[] }) {
  const [first] = hosts;
  if (first === undefined) return <span className="text-faint">any</span>;
  if (hosts.length === 1) return <code className="whitespace-nowrap font-mono text-xs">{first}</code>;
  return (
    <Tooltip content={hosts.join(', ')}>
      <button type="button" className="whitespace-nowrap rounded-sm underline decoration-dotted underline-offset-4">
        {hosts.length} hosts
      </button>
    </Tooltip>
  );
}

function SecretMenu({ name, onChoose }: { name: string; onChoose: (act: Choice['act']) => void }) {
  return (
    <DropdownMenu>
      <DropdownMenuTrigger asChild>
        <Button variant="ghost" size="icon-sm" aria-label={`Actions for ${name}`}>
          <Ellipsis aria-hidden="true" />
        </Button>
      </DropdownMenuTrigger>
      <DropdownMenuContent align="end">
        <DropdownMenuItem onSelect={() => onChoose('replace')}>
          <RefreshCw aria-hidden="true" /> Replace value…
        </DropdownMenuItem>
        <DropdownMenuItem onSelect={() => onChoose('edit')}>
          <PencilLine aria-hidden="true" /> Edit description and hosts…
        </DropdownMenuItem>
        <DropdownMenuSeparator />
        <DropdownMenuItem danger onSelect={() => onChoose('delete')}>
          <Trash2 aria-hidden="true" /> Delete…
        </DropdownMenuItem>
      </DropdownMenuContent>
    </DropdownMenu>
  );
}
