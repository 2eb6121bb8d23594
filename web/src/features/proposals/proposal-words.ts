import type { ProposalSummary } from '@agentflow/contracts';

/** Who or what works on it: a model's name, or that rules do. */
export function modelWords({ model, runtime }: Pick<ProposalSummary, 'model' | 'runtime'>): string {
  if (runtime === 'rules') return 'By built-in rules, without a model';
  return runtime === 'remote' ? `${model} on a remote runtime` : model;
}

/** A prompt as a title: its first line. */
export function titleOf({ user_prompt }: Pick<ProposalSummary, 'user_prompt'>): string {
  return (
    user_prompt
      .split('\n')
      .find((line) => line.trim() !== '')
      ?.trim() ?? 'Proposal'
  );
}
