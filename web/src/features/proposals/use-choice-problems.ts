import { definitionOf, type FileProblem } from '@agentflow/agent-files';
import type { DefinitionProblem, Proposal, Validation } from '@agentflow/contracts';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { api } from '@/lib/api.ts';

export interface ChoiceProblems {
  /** Why the files are no draft. */
  readonly unreadable: readonly FileProblem[];
  /** Null while it is not known. */
  readonly found: readonly DefinitionProblem[] | null;
  readonly error: Error | null;
  readonly retry: () => void;
}

const NONE: readonly FileProblem[] = [];

/** What is wrong with the files that a choice results in. For everything the proposal says it. */
export function useChoiceProblems(
  proposal: Proposal,
  files: Readonly<Record<string, string>>,
  everything: boolean,
): ChoiceProblems {
  const reading = useMemo(() => definitionOf(files), [files]);
  const definition = reading.ok && !everything ? reading.definition : null;
  const validation = useQuery({
    queryKey: ['proposals', 'one', proposal.id, 'problems', definition],
    queryFn: ({ signal }) =>
      api<Validation>(`/agents/${proposal.agent_id}/validate`, { method: 'POST', body: { definition }, signal }),
    enabled: definition !== null,
    placeholderData: keepPreviousData,
  });
  return {
    unreadable: reading.ok ? NONE : reading.problems,
    found: everything ? proposal.problems : (validation.data?.problems ?? null),
    error: definition === null ? null : validation.error,
    retry: () => void validation.refetch(),
  };
}
