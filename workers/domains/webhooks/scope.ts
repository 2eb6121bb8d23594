import type { EventScope, FieldError } from '@agentflow/contracts';
import { db } from '../../db/client.ts';
import type { RequestContext } from '../../platform/context.ts';
import { invalid } from '../../platform/errors.ts';
import { existingAgents } from '../agents/index.ts';
import { existingProjects } from '../projects/index.ts';

/** Throws `validation_failed` for agents and projects that the organization does not have. */
export async function requireScope(
  { env, organizationId }: Pick<RequestContext, 'env' | 'organizationId'>,
  { agent_ids, project_ids }: EventScope,
): Promise<void> {
  const database = db(env, organizationId);
  const [agents, projects] = await Promise.all([
    agent_ids === null ? null : existingAgents(database, organizationId, agent_ids),
    project_ids === null ? null : existingProjects(database, organizationId, project_ids),
  ]);
  const errors = [
    ...unknown('filter.agent_ids', 'agent', agent_ids, agents),
    ...unknown('filter.project_ids', 'project', project_ids, projects),
  ];
  if (errors.length > 0) throw invalid(errors);
}

function unknown(
  path: string,
  what: string,
  ids: readonly string[] | null,
  found: ReadonlySet<string> | null,
): FieldError[] {
  return (ids ?? []).flatMap((id, index) =>
    found?.has(id) === true ? [] : [{ path: `${path}.${index}`, message: `There is no ${what} ${id}.` }],
  );
}
