import {
  type Agent,
  type AgentDefinition,
  type AgentVersion,
  type DefinitionProblem,
  EMPTY_DEFINITION,
  publishRequest,
  type Validation,
} from '@agentflow/contracts';
import { diffDefinitions } from '@agentflow/engine';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { CircleAlert, CircleCheck, FlaskConical, GitCompare, Info } from 'lucide-react';
import { useMemo, useState } from 'react';
import { toast } from 'sonner';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Dialog, DialogBody, DialogFooter } from '@/components/ui/dialog.tsx';
import { Field } from '@/components/ui/field.tsx';
import { Textarea } from '@/components/ui/input.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { Tabs, TabsContent, TabsList, TabsTrigger } from '@/components/ui/tabs.tsx';
import { versionQuery } from '@/features/agents/queries.ts';
import { executionsQuery } from '@/features/executions/queries.ts';
import { api, newIdempotencyKey } from '@/lib/api.ts';
import type { Tagged } from '@/lib/tagged.ts';
import { isUnchanged } from './change-list.tsx';
import { ChangesView } from './changes-view.tsx';
import { ShadowPanel } from './shadow-panel.tsx';

interface PublishDialogProps {
  agent: Agent;
  /** The draft that was reviewed: publishing another one is refused. */
  draft: Tagged<AgentDefinition>;
  /** Leads to where a problem can be mended. */
  onJump: (problem: DefinitionProblem) => void;
  onClose: () => void;
}

export function PublishDialog({ agent, draft, onJump, onClose }: PublishDialogProps) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [message, setMessage] = useState('');
  const { live_version } = agent;
  const live = useQuery({ ...versionQuery(agent.id, live_version ?? 0), enabled: live_version !== null });
  const check = useQuery({
    queryKey: ['agents', agent.id, 'validate'],
    queryFn: () =>
      api<Validation>(`/agents/${agent.id}/validate`, { method: 'POST', body: { definition: draft.value } }),
    staleTime: 0,
    gcTime: 0,
  });
  const publish = useMutation({
    mutationFn: () =>
      api<AgentVersion>(`/agents/${agent.id}/publish`, {
        method: 'POST',
        body: message.trim() === '' ? {} : { change_message: message.trim() },
        headers: {
          'Idempotency-Key': newIdempotencyKey(),
          ...(draft.etag === null ? {} : { 'If-Match': draft.etag }),
        },
      }),
    onSuccess: async ({ version }) => {
      await queries.invalidateQueries({ queryKey: ['agents'] });
      toast.success(`Version ${version} of ${agent.name} is published`, {
        action: {
          label: 'Run it',
          onClick: () =>
            void navigate({
              to: '/dashboard/agents/$agentId',
              params: { agentId: agent.id },
              search: { tab: 'run' },
            }),
        },
      });
      onClose();
    },
  });
  const base = live_version === null ? EMPTY_DEFINITION : live.data?.definition;
  const unchanged = useMemo(
    () => base !== undefined && live_version !== null && isUnchanged(diffDefinitions(base, draft.value)),
    [base, draft.value, live_version],
  );
  const errors = check.data?.problems.filter((each) => each.severity === 'error') ?? [];
  const messageTooLong = !publishRequest.safeParse({ change_message: message }).success;
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={`Publish version ${agent.latest_version + 1}`}
      description={<Affected agent={agent} />}
      className="max-w-4xl"
    >
      <form
        className="flex min-h-0 flex-col"
        onSubmit={(event) => {
          event.preventDefault();
          publish.mutate();
        }}
      >
        <DialogBody>
          {check.isPending && <Skeleton className="h-9 w-full" />}
          {check.error && <ProblemCallout error={check.error} onRetry={() => void check.refetch()} />}
          {check.data !== undefined && <Problems errors={errors} onJump={onJump} />}
          {unchanged && (
            <p className="flex items-center gap-2 text-sm text-soft">
              <Info className="size-4 shrink-0" aria-hidden="true" /> Nothing that runs differs from version{' '}
              {live_version}.
            </p>
          )}
          <Field
            label="What changes"
            optional
            help="One line for those who read the versions later."
            error={messageTooLong ? 'At most 500 characters' : undefined}
          >
            {(control) => (
              <Textarea
                {...control}
                rows={2}
                className="min-h-14"
                value={message}
                onChange={(event) => setMessage(event.target.value)}
              />
            )}
          </Field>
          {live.error && live_version !== null && (
            <ProblemCallout error={live.error} onRetry={() => void live.refetch()} />
          )}
          {live_version === null ? (
            <p className="text-sm text-soft">
              {draft.value.nodes.length} nodes and {draft.value.edges.length} edges, all new.
            </p>
          ) : (
            base !== undefined && (
              <Tabs defaultValue="changes">
                <TabsList aria-label="Before you publish">
                  <TabsTrigger value="changes">
                    <GitCompare className="size-4" aria-hidden="true" /> Changes
                  </TabsTrigger>
                  <TabsTrigger value="trial">
                    <FlaskConical className="size-4" aria-hidden="true" /> Try on recent runs
                  </TabsTrigger>
                </TabsList>
                <TabsContent value="changes" className="pt-4">
                  <ChangesView from={base} to={draft.value} title={`Against version ${live_version}`} />
                </TabsContent>
                <TabsContent value="trial" className="pt-4">
                  <ShadowPanel agentId={agent.id} etag={draft.etag} broken={errors.length > 0} />
                </TabsContent>
              </Tabs>
            )
          )}
          {publish.error && <ProblemCallout error={publish.error} />}
        </DialogBody>
        <DialogFooter>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            type="submit"
            variant={unchanged ? 'secondary' : 'primary'}
            busy={publish.isPending}
            disabled={messageTooLong || errors.length > 0 || check.isPending}
          >
            {unchanged ? 'Publish anyway' : 'Publish'}
          </Button>
        </DialogFooter>
      </form>
    </Dialog>
  );
}

/** Whom the new version concerns, and whom it does not. */
function Affected({ agent }: { agent: Agent }) {
  const filter = { agent_id: agent.id, limit: 100 };
  const running = useQuery(executionsQuery({ ...filter, status: 'running' }));
  const waiting = useQuery(executionsQuery({ ...filter, status: 'waiting' }));
  if (agent.live_version === null) return <>The draft becomes the first version that can be run.</>;
  const alive = [...(running.data?.data ?? []), ...(waiting.data?.data ?? [])].filter((each) => each.mode === 'live');
  const more = running.data?.next_cursor != null || waiting.data?.next_cursor != null;
  const kept =
    alive.length === 0
      ? 'Executions that run keep their version.'
      : `${alive.length}${more ? ' or more' : ''} ${alive.length === 1 && !more ? 'execution runs now and keeps its' : 'executions run now and keep their'} version.`;
  return (
    <>
      New executions will use it instead of version {agent.live_version}. {kept}
    </>
  );
}

function Problems({
  errors,
  onJump,
}: {
  errors: readonly DefinitionProblem[];
  onJump: (problem: DefinitionProblem) => void;
}) {
  if (errors.length === 0) {
    return (
      <p className="flex items-center gap-2 text-completed text-sm">
        <CircleCheck className="size-4" aria-hidden="true" /> The draft is valid.
      </p>
    );
  }
  return (
    <div role="alert" className="rounded-lg border border-failed-solid/35 bg-failed-soft px-3 py-2.5 text-sm">
      <p className="flex items-center gap-2 font-medium">
        <CircleAlert className="size-4 text-failed" aria-hidden="true" />
        {errors.length === 1 ? 'One problem' : `${errors.length} problems`} must be corrected first
      </p>
      <ul className="mt-1.5 flex flex-col gap-1 pl-6 text-xs">
        {errors.slice(0, 8).map((each) => (
          <li key={each.path + each.message}>
            <button
              type="button"
              className="rounded-sm text-left text-soft underline-offset-4 hover:text-text hover:underline"
              onClick={() => onJump(each)}
            >
              {each.node_id !== undefined && <code className="font-mono text-text">{each.node_id}</code>} {each.message}
            </button>
          </li>
        ))}
        {errors.length > 8 && <li className="text-faint">and {errors.length - 8} more</li>}
      </ul>
    </div>
  );
}
