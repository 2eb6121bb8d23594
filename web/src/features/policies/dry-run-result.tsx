import type { ExplainedPolicy, PolicyEvaluation } from '@agentflow/contracts';
import { Link } from '@tanstack/react-router';
import { CircleCheck, CircleX } from 'lucide-react';
import { cn } from '@/lib/class-names.ts';
import { explainedInWords } from './policy-words.ts';

interface DryRunResultProps {
  evaluation: PolicyEvaluation;
  /** Of the policy that is edited: it is told apart from saved ones. */
  draftName: string;
}

/** Who decides and why, then every policy with what came of it. */
export function DryRunResult({ evaluation, draftName }: DryRunResultProps) {
  const { decision, reason, policies } = evaluation;
  const denied = decision === 'deny';
  const Icon = denied ? CircleX : CircleCheck;
  return (
    <>
      <div
        role="status"
        className={cn(
          'flex items-start gap-2.5 rounded-lg border px-3 py-2.5',
          denied ? 'border-failed-solid/35 bg-failed-soft' : 'border-completed-solid/35 bg-completed-soft',
        )}
      >
        <Icon className={cn('mt-0.5 size-4 shrink-0', denied ? 'text-failed' : 'text-completed')} aria-hidden="true" />
        <div className="min-w-0">
          <p className="font-semibold text-text">{denied ? 'Denied' : 'Allowed'}</p>
          <p className="break-words text-sm text-soft">{reason}</p>
        </div>
      </div>
      {policies.length > 0 && (
        <section aria-label="Every active policy">
          <h3 className="mb-1.5 text-faint text-xs">Every active policy</h3>
          <ul className="flex flex-col divide-y divide-line rounded-lg border border-line">
            {policies.map((policy) => (
              <PolicyLine key={policy.id ?? draftName} policy={policy} isDraft={policy.name === draftName} />
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

function PolicyLine({ policy, isDraft }: { policy: ExplainedPolicy; isDraft: boolean }) {
  return (
    <li className={cn('flex flex-col gap-0.5 px-3 py-2 text-sm', !policy.holds && 'text-faint')}>
      <span className="flex flex-wrap items-baseline gap-x-2">
        {isDraft || policy.id === null ? (
          <strong className="min-w-0 break-words font-medium">{policy.name || 'This policy'}</strong>
        ) : (
          <Link
            to="/dashboard/policies/$policyId"
            params={{ policyId: policy.id }}
            className="min-w-0 break-words rounded-sm font-medium hover:text-accent-text hover:underline"
          >
            {policy.name}
          </Link>
        )}
        <span className="text-faint text-xs">
          {policy.effect}
          {isDraft ? ' · this one' : ''}
          {policy.decides ? ' · decides' : ''}
        </span>
      </span>
      <span className="text-xs">{explainedInWords(policy)}</span>
    </li>
  );
}
