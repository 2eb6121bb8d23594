import type { Policy, PolicyDraft } from '@agentflow/contracts';
import { expect } from 'vitest';
import { api } from './api.ts';

/** A policy about everybody, every action and every agent, unless something else is said. */
export function policyDraft(fields: Partial<PolicyDraft> = {}): PolicyDraft {
  const about: Pick<PolicyDraft, 'subjects' | 'actions' | 'resources'> = {
    subjects: [{ kind: '*' }],
    actions: ['*'],
    resources: { agents: ['*'] },
  };
  return { name: `Policy ${crypto.randomUUID().slice(0, 8)}`, effect: 'deny', ...about, ...fields };
}

export async function newPolicy(owner: { token: string }, fields: Partial<PolicyDraft> = {}): Promise<Policy> {
  const made = await api<Policy>('/policies', { token: owner.token, body: policyDraft(fields) });
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  return made.body;
}
