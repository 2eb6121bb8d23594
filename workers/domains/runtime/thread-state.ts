import type { ThreadState } from '@agentflow/contracts';
import { executionObject } from '../../../durable-objects/execution/client.ts';
import type { Env } from '../../platform/env.ts';

/** An execution as the runtime's protocol tells it; null for an unknown one and for another organization's. */
export async function threadState(env: Env, organizationId: string, threadId: string): Promise<ThreadState | null> {
  const object = executionObject(env.EXECUTION, threadId);
  const execution = await object.get(organizationId);
  if (execution === null) return null;
  const workspace = await object.workspace(organizationId);
  const { status, output, error, cost_usd } = execution;
  const { files, todos } = workspace ?? { files: {}, todos: [] };
  return { thread_id: threadId, status, result: output, files, todos: [...todos], error, cost_usd };
}
