import {
  type Agent,
  type AgentDefinition,
  type AgentVersion,
  EMPTY_DEFINITION,
  publishRequest,
  type Validation,
} from '@agentflow/contracts';
import { diffDefinitions } from '@agentflow/engine';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { CircleAlert, CircleCheck } from 'lucide-react';
import { useState } from 'react';
import { toast } from 'sonner';
import { ChangeList, isUnchanged, summarizeChanges } from '@/components/change-list.tsx';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Dialog, DialogBody, DialogFooter } from '@/components/ui/dialog.tsx';
import { Field } from '@/components/ui/field.tsx';
import { Textarea } from '@/components/ui/input.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { versionQuery } from '@/features/agents/queries.ts';
import { api, newIdempotencyKey } from '@/lib/api.ts';
import type { Tagged } from '@/lib/tagged.ts';

interface PublishDialogProps {
  agent: Agent;
  /** The draft that was reviewed: publishing another one is refused. */
  draft: Tagged<AgentDefinition>;
  onClose: () => void;
}

export function PublishDialog({ agent, draft, onClose }: PublishDialogProps) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [message, setMessage] = useState('');
  const [showChanges, setShowChanges] = useState(false);
  const live = useQuery({ ...versionQuery(agent.id, agent.live_version ?? 0), enabled: agent.live_version !== null });
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
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['agents'] });
      toast.success(`${agent.name} is published`, {
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
  const base = agent.live_version === null ? EMPTY_DEFINITION : live.data?.definition;
  const changes = base === undefined ? undefined : diffDefinitions(base, draft.value);
  const errors = check.data?.problems.filter((each) => each.severity === 'error') ?? [];
  const messageTooLong = !publishRequest.safeParse({ change_message: message }).success;
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={`Publish version ${agent.latest_version + 1}`}
      description={
        agent.live_version === null
          ? 'The draft becomes the first version that can be run.'
          : `New executions will use it instead of version ${agent.live_version}. Those that run now keep theirs.`
      }
      className={showChanges ? 'max-w-3xl' : undefined}
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
          {check.data !== undefined &&
            (errors.length === 0 ? (
              <p className="flex items-center gap-2 text-completed text-sm">
                <CircleCheck className="size-4" aria-hidden="true" /> The draft is valid.
              </p>
            ) : (
              <div role="alert" className="rounded-lg border border-failed-solid/35 bg-failed-soft px-3 py-2.5 text-sm">
                <p className="flex items-center gap-2 font-medium">
                  <CircleAlert className="size-4 text-failed" aria-hidden="true" />
                  {errors.length === 1 ? 'One problem' : `${errors.length} problems`} must be corrected first
                </p>
                <ul className="mt-1.5 list-disc pl-6 text-soft text-xs">
                  {errors.slice(0, 8).map((each) => (
                    <li key={each.path + each.message}>
                      {each.node_id !== undefined && <code className="font-mono text-text">{each.node_id}</code>}{' '}
                      {each.message}
                    </li>
                  ))}
                </ul>
              </div>
            ))}
          {live.error && agent.live_version !== null && <ProblemCallout error={live.error} />}
          {changes !== undefined && (
            <div className="text-sm">
              <p className="flex flex-wrap items-baseline gap-x-2 text-soft">
                <span>
                  {agent.live_version === null
                    ? `${draft.value.nodes.length} nodes and ${draft.value.edges.length} edges, all new.`
                    : `Against version ${agent.live_version}: ${summarizeChanges(changes)}.`}
                </span>
                {agent.live_version !== null && !isUnchanged(changes) && (
                  <Button variant="link" aria-expanded={showChanges} onClick={() => setShowChanges(!showChanges)}>
                    {showChanges ? 'Hide them' : 'Show them'}
                  </Button>
                )}
              </p>
              {showChanges && (
                <div className="mt-3">
                  <ChangeList changes={changes} />
                </div>
              )}
            </div>
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
          {publish.error && <ProblemCallout error={publish.error} />}
        </DialogBody>
        <DialogFooter>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            type="submit"
            variant="primary"
            busy={publish.isPending}
            disabled={messageTooLong || errors.length > 0 || check.isPending}
          >
            Publish
          </Button>
        </DialogFooter>
      </form>
    </Dialog>
  );
}
