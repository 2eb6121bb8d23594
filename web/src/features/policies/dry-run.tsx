import {
  type EvaluatePoliciesRequest,
  evaluatePoliciesRequest,
  type PolicyEvaluation,
  policyRequest,
} from '@agentflow/contracts';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Card, CardHeader } from '@/components/ui/card.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { useDebounced } from '@/lib/use-debounced.ts';
import { type AskedRequest, NEW_REQUEST, requestOf } from './asked-request.ts';
import { DryRunRequest } from './dry-run-request.tsx';
import { DryRunResult } from './dry-run-result.tsx';
import type { PolicyFields } from './policy-fields.ts';
import { evaluationQuery } from './queries.ts';
import { useNamedAgents } from './use-named.ts';

export interface DryRun {
  readonly asked: AskedRequest;
  readonly setAsked: (asked: AskedRequest) => void;
  readonly evaluation: PolicyEvaluation | undefined;
  readonly error: Error | null;
  readonly isFetching: boolean;
  /** Why nothing is judged now. */
  readonly waitsFor: string | null;
}

/** Judges the described request by the policy as it is typed, whenever the typing rests. */
export function useDryRun(fields: PolicyFields, replaces: string | null): DryRun {
  const [asked, setAsked] = useState<AskedRequest>(NEW_REQUEST);
  const [first] = useNamedAgents().options;
  const draft = policyRequest.safeParse(fields);
  const request = requestOf({ ...asked, agent_id: asked.agent_id || (first?.value ?? '') });
  const wanted = draft.success
    ? evaluatePoliciesRequest.safeParse({ request, drafts: [{ replaces, policy: draft.data }] })
    : null;
  const waitsFor = waiting(draft.success, asked, first !== undefined, wanted?.success ?? false);
  const rested = useDebounced(waitsFor === null ? JSON.stringify(wanted?.data) : '');
  const body = rested === '' ? null : (JSON.parse(rested) as EvaluatePoliciesRequest);
  const { data, error, isFetching } = useQuery({ ...evaluationQuery(body), placeholderData: keepPreviousData });
  const shown = { ...asked, agent_id: asked.agent_id || (first?.value ?? '') };
  return { asked: shown, setAsked, evaluation: data, error: waitsFor === null ? error : null, isFetching, waitsFor };
}

function waiting(
  isDraftSound: boolean,
  asked: AskedRequest,
  hasAgents: boolean,
  isRequestSound: boolean,
): string | null {
  if (!isDraftSound) return 'It waits until the policy is complete.';
  if (asked.source === 'execution') {
    return isRequestSound && asked.execution_id !== '' ? null : 'Enter the id of an execution, like exe_…';
  }
  if (!hasAgents) return 'Create an agent first: there is nothing to start yet.';
  return isRequestSound ? null : 'The request is not complete: look at the address, the time and the input.';
}

export function DryRunCard({ run, draftName, isActive }: { run: DryRun; draftName: string; isActive: boolean }) {
  const { evaluation, error, isFetching, waitsFor } = run;
  return (
    <Card aria-label="Dry run">
      <CardHeader title="Dry run" description="Nothing is started: it shows who would decide, as you type." />
      <div className="flex flex-col gap-4 p-4">
        <DryRunRequest asked={run.asked} onChange={run.setAsked} />
        <div className="flex flex-col gap-3 border-line border-t pt-4" aria-live="polite" aria-busy={isFetching}>
          {!isActive && <p className="text-faint text-xs">The policy is switched off, so it decides nothing.</p>}
          {waitsFor !== null ? (
            <p className="text-sm text-soft">{waitsFor}</p>
          ) : error !== null ? (
            <ProblemCallout error={error} />
          ) : evaluation === undefined ? (
            <Skeleton className="h-24 w-full" />
          ) : (
            <DryRunResult evaluation={evaluation} draftName={draftName} />
          )}
        </div>
      </div>
    </Card>
  );
}
