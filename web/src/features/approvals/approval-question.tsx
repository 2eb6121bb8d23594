import type { Approval, ApprovalSummary } from '@agentflow/contracts';
import { useQuery } from '@tanstack/react-query';
import { Clock, Fingerprint, FlaskConical } from 'lucide-react';
import type { ReactNode } from 'react';
import { CopyButton } from '@/components/copy-button.tsx';
import { JsonView } from '@/components/json-view.tsx';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { meQuery } from '@/features/shell/queries.ts';
import { DecisionForm } from './decision-form.tsx';
import { approvalQuery } from './queries.ts';

const DEFAULTS = {
  approve: 'then it counts as approved',
  deny: 'then it counts as denied',
  fail: 'then the step fails',
  continue: 'then it goes on without answers',
} as const;

const TAKEN = {
  approve: 'so it counted as approved',
  deny: 'so it counted as denied',
  fail: 'so the step failed',
  continue: 'so it went on without answers',
} as const;

/** The question with all that one must know to answer it, and the answer; for whoever may not give one, why. */
export function ApprovalQuestion({ id }: { id: string }) {
  const query = useQuery(approvalQuery(id));
  if (query.error && query.data === undefined) {
    return <ProblemCallout error={query.error} onRetry={() => void query.refetch()} />;
  }
  if (query.data === undefined) return <Skeleton className="h-40 w-full" />;
  const approval = query.data;
  return (
    <div className="flex flex-col gap-4">
      <p className="max-h-72 overflow-y-auto whitespace-pre-wrap break-words text-base text-text">{approval.message}</p>
      {approval.mode === 'test' && (
        <Note icon={<FlaskConical className="mt-0.5 size-4 shrink-0" aria-hidden="true" />}>
          A test run asks this: steps behind it change nothing outside.
        </Note>
      )}
      {approval.payload !== null && (
        <section aria-label="What will be done">
          <h3 className="mb-1.5 font-semibold text-sm">What will be done</h3>
          <JsonView value={approval.payload} label="payload" compact />
          <p className="mt-1.5 flex items-center gap-1.5 text-faint text-xs">
            <Fingerprint className="size-3.5 shrink-0" aria-hidden="true" />
            Exactly this is approved:
            <code className="truncate font-mono" title={approval.action_hash}>
              {approval.action_hash.slice(0, 12)}
            </code>
            <CopyButton value={approval.action_hash} label="Copy the SHA-256 of the payload" />
          </p>
        </section>
      )}
      {approval.status === 'pending' ? <Pending approval={approval} /> : <Decided approval={approval} />}
    </div>
  );
}

function Pending({ approval }: { approval: Approval }) {
  return (
    <>
      {approval.expires_at !== null && (
        <Note icon={<Clock className="mt-0.5 size-4 shrink-0" aria-hidden="true" />}>
          To be decided <RelativeTime iso={approval.expires_at} />
          {approval.on_timeout !== null && `, ${DEFAULTS[approval.on_timeout]}`}.
        </Note>
      )}
      {approval.may_decide ? <DecisionForm approval={approval} /> : <NotYours approval={approval} />}
    </>
  );
}

function NotYours({ approval }: { approval: Approval }) {
  const me = useQuery(meQuery).data;
  const own =
    !approval.self_approval &&
    approval.requested_by.type === 'user' &&
    me !== undefined &&
    approval.requested_by.id === me.user?.id;
  return (
    <p className="rounded-lg bg-idle-soft px-3 py-2.5 text-sm text-soft">
      {own
        ? 'You started this execution, so somebody else has to decide.'
        : `You can’t decide this: it waits for ${whomWords(approval)}.`}
    </p>
  );
}

/** Who may decide, in words. */
export function whomWords({ approvers: { users, roles, teams } }: Pick<ApprovalSummary, 'approvers'>): string {
  const words = [
    ...roles.map((role) => `${/^[aeiou]/.test(role) ? 'an' : 'a'} ${role}`),
    ...(users.length === 0 ? [] : [users.length === 1 ? 'one person' : `one of ${users.length} people`]),
    ...(teams.length === 0 ? [] : [teams.length === 1 ? 'a team' : `one of ${teams.length} teams`]),
  ];
  return words.length === 0 ? 'somebody who may decide approvals' : words.join(' or ');
}

function Decided({ approval }: { approval: Approval }) {
  return (
    <>
      <p className="rounded-lg bg-idle-soft px-3 py-2.5 text-sm text-soft">
        {endWords(approval)}
        {approval.decided_at !== null && (
          <>
            {' '}
            <RelativeTime iso={approval.decided_at} />
          </>
        )}
        .
      </p>
      {approval.comment !== '' && (
        <blockquote className="whitespace-pre-wrap break-words border-line-strong border-l-2 pl-3 text-sm text-text">
          {approval.comment}
        </blockquote>
      )}
      {approval.form !== null && (
        <section aria-label="Answers">
          <h3 className="mb-1.5 font-semibold text-sm">Answers</h3>
          <JsonView value={approval.form} label="answers" compact />
        </section>
      )}
    </>
  );
}

function endWords(approval: Approval): string {
  const by = approval.decided_by === null ? '' : ` by ${approval.decided_by.name}`;
  switch (approval.status) {
    case 'approved':
      return `${approval.kind === 'form' ? 'Filled in' : 'Approved'}${by}`;
    case 'denied':
      return `Denied${by}`;
    case 'expired':
      return `Nobody decided in time${approval.on_timeout === null ? '' : `, ${TAKEN[approval.on_timeout]}`}`;
    default:
      return 'The execution ended before anybody decided';
  }
}

function Note({ icon, children }: { icon: ReactNode; children: ReactNode }) {
  return (
    <p className="flex items-start gap-2 rounded-lg bg-waiting-soft px-3 py-2 text-sm text-waiting">
      {icon}
      <span>{children}</span>
    </p>
  );
}
