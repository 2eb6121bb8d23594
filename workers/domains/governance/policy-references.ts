import { type FieldError, type PolicyRequest, policyLeaves } from '@agentflow/contracts';
import type { Database } from '../../db/client.ts';
import { normalizeNetwork } from '../../platform/ip-networks.ts';
import { type NamedKind, selectKnownIds } from './policy-queries.ts';

interface Reference {
  readonly kind: NamedKind;
  readonly id: string;
  readonly path: string;
}

/**
 * What is wrong with a policy that its contract cannot see: ids that are nobody's in this organization, and networks with
 * bits set behind their length. Ids of other organizations are told like any other unknown one.
 */
export async function policyProblems(
  database: Database,
  organizationId: string,
  policy: PolicyRequest,
): Promise<FieldError[]> {
  const references = referencesOf(policy);
  const kinds = [...new Set(references.map(({ kind }) => kind))];
  const known = new Map(
    await Promise.all(
      kinds.map(async (kind) => {
        const ids = references.filter((each) => each.kind === kind).map(({ id }) => id);
        return [kind, await selectKnownIds(database, organizationId, kind, ids)] as const;
      }),
    ),
  );
  const unknown = references
    .filter(({ kind, id }) => known.get(kind)?.has(id) !== true)
    .map(({ kind, id, path }) => ({ path, message: `There is no ${WORDS[kind]} ${id}.` }));
  return [...unknown, ...networkProblems(policy)];
}

const WORDS: Readonly<Record<NamedKind, string>> = {
  agent: 'agent',
  user: 'member',
  api_key: 'API key',
  external_agent: 'external agent',
  project: 'project',
};

function referencesOf({ subjects, resources, conditions }: PolicyRequest): Reference[] {
  const listed = (kind: NamedKind, ids: readonly string[], path: string) =>
    ids.map((id, index): Reference => ({ kind, id, path: `${path}.${index}` }));
  return [
    ...subjects.flatMap((subject, index) =>
      subject.kind === '*' ? [] : listed(subject.kind, subject.ids ?? [], `subjects.${index}.ids`),
    ),
    ...listed('agent', resources.agents, 'resources.agents').filter(({ id }) => id !== '*'),
    ...policyLeaves(conditions, ['conditions']).flatMap(({ leaf, path }) => {
      if (leaf.attribute !== 'project' || leaf.operator === 'exists') return [];
      const at = `${path.join('.')}.value`;
      const one = (id: string): Reference => ({ kind: 'project', id, path: at });
      return Array.isArray(leaf.value) ? listed('project', leaf.value, at) : [one(leaf.value)];
    }),
  ];
}

function networkProblems({ conditions }: PolicyRequest): FieldError[] {
  return policyLeaves(conditions, ['conditions']).flatMap(({ leaf, path }) => {
    if (leaf.attribute !== 'ip') return [];
    return leaf.value.flatMap((network, index) => {
      const result = normalizeNetwork(network);
      return result.ok ? [] : [{ path: `${path.join('.')}.value.${index}`, message: result.message }];
    });
  });
}
