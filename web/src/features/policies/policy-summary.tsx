import { type Policy, type PolicyAction, type PolicyCondition, policyLeaves } from '@agentflow/contracts';
import type { PolicyFields } from './policy-fields.ts';
import { ACTION_WORDS, leafInWords, resourcesInWords, subjectsInWords } from './policy-words.ts';
import { useNamedProjects } from './use-named.ts';

/** What a policy says, in a few lines. */
export function PolicySummary({ policy }: { policy: Policy | PolicyFields }) {
  const { nameOf } = useNamedProjects();
  const leaves = policyLeaves(policy.conditions as PolicyCondition | null);
  const actions = policy.actions.includes('*')
    ? 'every action'
    : policy.actions.map((action) => ACTION_WORDS[action as PolicyAction].toLowerCase()).join(', ');
  return (
    <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-3 gap-y-1 text-sm">
      <Fact name="Name">{policy.name}</Fact>
      <Fact name="Effect">
        {policy.effect === 'deny' ? 'Deny' : 'Allow'}, priority {policy.priority}
        {policy.is_active ? '' : ', switched off'}
        {policy.stop_running ? ', stops what runs' : ''}
      </Fact>
      <Fact name="Who">{subjectsInWords(policy.subjects)}</Fact>
      <Fact name="What">
        {resourcesInWords(policy.resources)}, {actions}
      </Fact>
      {leaves.length > 0 && (
        <Fact name="When">
          <ul className="flex flex-col gap-0.5">
            {leaves.map(({ leaf, path }) => (
              <li key={path.join('.')}>{leafInWords(leaf, nameOf)}</li>
            ))}
          </ul>
        </Fact>
      )}
    </dl>
  );
}

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <>
      <dt className="text-faint">{name}</dt>
      <dd className="min-w-0 break-words">{children}</dd>
    </>
  );
}
