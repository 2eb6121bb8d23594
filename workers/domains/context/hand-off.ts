import type { JsonValue } from '@agentflow/contracts';
import { db } from '../../db/client.ts';
import type { Env } from '../../platform/env.ts';
import { agentHead } from '../agents/index.ts';
import { tellingDesks } from '../events/index.ts';
import { handoffEvent, recordHandoff } from './handoffs.ts';

export interface StepHandoff {
  readonly organization_id: string;
  /** Derived from the step that hands over. */
  readonly id: string;
  readonly project_id: string | null;
  readonly from_agent_id: string;
  readonly to_agent_id: string;
  readonly instructions: string;
  readonly context: JsonValue;
  readonly from_execution_id: string;
  readonly execution_id: string | null;
  readonly created_by: string;
}

/** Records the handoff of a step; a second time nothing changes. False where the organization has no such agent. */
export async function handOff(env: Env, handoff: StepHandoff, now: number): Promise<boolean> {
  const database = db(env, handoff.organization_id);
  const agent = await agentHead(database, handoff.organization_id, handoff.to_agent_id);
  if (agent === null) return false;
  const row = { ...handoff, context: JSON.stringify(handoff.context), created_at: now };
  // The object lives on while its execution does.
  const waitUntil = () => undefined;
  await tellingDesks({ env, waitUntil }, [handoff.organization_id], () =>
    database.batch([handoffEvent(database, row, agent.name), ...recordHandoff(database, row)]),
  );
  return true;
}
