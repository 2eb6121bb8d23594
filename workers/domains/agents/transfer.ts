import type { AgentDefinition } from '@agentflow/contracts';
import { db } from '../../db/client.ts';
import type { RequestContext } from '../../platform/context.ts';
import { notFound } from '../../platform/errors.ts';
import { type AgentFileFormat, contentDisposition, readAgentFile, writeAgentFile } from './agent-file.ts';
import { createAgent, getAgent } from './agents.ts';
import { type AgentRow, selectAgentWithDraft } from './queries.ts';
import { versionDefinition } from './versions.ts';

export interface ExportedAgent {
  readonly text: string;
  /** Value of `Content-Disposition`. */
  readonly disposition: string;
}

/** Writes the draft, or a published version, as an agent file. Throws `not_found`. */
export async function exportAgent(
  ctx: RequestContext,
  agentId: string,
  options: { readonly format: AgentFileFormat; readonly version?: number | undefined },
): Promise<ExportedAgent> {
  const { agent, definition } =
    options.version === undefined ? await draftOf(ctx, agentId) : await versionOf(ctx, agentId, options.version);
  return {
    text: writeAgentFile(agent, definition, options.format),
    disposition: contentDisposition(agent, options.version ?? null, options.format),
  };
}

async function draftOf(ctx: RequestContext, agentId: string) {
  const [agent] = await selectAgentWithDraft(db(ctx.env, ctx.organizationId), ctx.organizationId, agentId);
  if (agent === undefined) throw notFound('agent', agentId);
  return { agent, definition: JSON.parse(agent.definition) as AgentDefinition };
}

async function versionOf(ctx: RequestContext, agentId: string, version: number) {
  const agent = await getAgent(ctx, agentId);
  const definition = await versionDefinition(db(ctx.env, ctx.organizationId), ctx.organizationId, agentId, version);
  if (definition === null) throw notFound('version', String(version));
  return { agent, definition };
}

/** Creates an agent from an agent file; its draft may have mistakes like any other. Throws what `readAgentFile` throws. */
export function importAgent(ctx: RequestContext, text: string, format: AgentFileFormat): Promise<AgentRow> {
  const { name, description, definition } = readAgentFile(text, format);
  return createAgent(ctx, { name, description, definition }, { action: 'agent.imported' });
}
