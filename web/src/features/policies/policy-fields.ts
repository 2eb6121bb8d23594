import { type Policy, type PolicyRequest, policyRequest } from '@agentflow/contracts';
import { zodResolver } from '@hookform/resolvers/zod';
import { createContext, useContext } from 'react';
import type { FieldErrors, Resolver } from 'react-hook-form';

/** What the form holds. Conditions are opaque to it: their tree has no end that its types could follow. */
export interface PolicyFields extends Omit<PolicyRequest, 'conditions'> {
  conditions: object | null;
}

/** The contract's own rules; it reads the fields as they are sent. */
export const policyResolver = zodResolver(policyRequest) as unknown as Resolver<PolicyFields>;

export const NEW_POLICY: PolicyFields = {
  name: '',
  description: '',
  effect: 'deny',
  priority: 0,
  subjects: [{ kind: '*' }],
  actions: ['*'],
  resources: { agents: ['*'], tags: [] },
  conditions: null,
  is_active: true,
  stop_running: false,
};

export function fieldsOf(policy: Policy): PolicyFields {
  const { name, description, effect, priority, subjects, actions, resources, conditions, is_active, stop_running } =
    policy;
  return { name, description, effect, priority, subjects, actions, resources, conditions, is_active, stop_running };
}

/** What the contract says of fields, the first problem of each place. */
export function problemsOf(fields: PolicyFields): [path: string, message: string][] {
  const { error } = policyRequest.safeParse(fields);
  return (error?.issues ?? []).map(({ path, message }): [string, string] => [path.join('.'), message]).toReversed();
}

/** What a form says, by the path as the API writes it. */
export function problemsByPath(errors: FieldErrors<PolicyFields>): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const visit = (value: unknown, path: string): void => {
    if (typeof value !== 'object' || value === null) return;
    if ('message' in value && typeof value.message === 'string' && value.message !== '') found.set(path, value.message);
    for (const [key, inner] of Object.entries(value)) {
      if (key === 'ref' || key === 'message' || key === 'type' || key === 'types') continue;
      visit(inner, path === '' ? key : key === 'root' ? path : `${path}.${key}`);
    }
  };
  visit(errors, '');
  return found;
}

/** What is wrong, and how conditions come out in the dry run, for the fields deep in the form. */
export interface PolicyNotes {
  readonly problems: ReadonlyMap<string, string>;
  readonly outcomes: ReadonlyMap<string, 'true' | 'false' | 'unknown'>;
}

export const PolicyNotesContext = createContext<PolicyNotes>({ problems: new Map(), outcomes: new Map() });

export function useOutcome(path: string): 'true' | 'false' | 'unknown' | undefined {
  return useContext(PolicyNotesContext).outcomes.get(path);
}

/** What is wrong at a path, or with `deep` anywhere below it. */
export function useProblem(path: string, deep = false): string | undefined {
  const { problems } = useContext(PolicyNotesContext);
  const own = problems.get(path);
  if (own !== undefined || !deep) return own;
  for (const [at, message] of problems) if (at.startsWith(`${path}.`)) return message;
  return undefined;
}
