import type { JsonValue, RetryRequest } from '@agentflow/contracts';
import { executionObject, type RetrySource } from '../../../durable-objects/execution/client.ts';
import { ApiError, invalid, notFound } from '../../platform/errors.ts';
import { type StartInput, type StartOutcome, startExecution } from './start.ts';

type Found = Extract<RetrySource, { outcome: 'found' }>;

/**
 * Starts a new execution of the same definition that takes over what ended well in another one, so that nothing is paid
 * twice. Throws `not_found`; `conflict` for an execution that has not ended; `validation_failed` for a node or an edited
 * configuration that cannot be used.
 */
export async function retryExecution(
  base: Omit<StartInput, 'agentId' | 'mode' | 'permission' | 'version' | 'input' | 'projectId'>,
  executionId: string,
  { from_node, input }: RetryRequest,
): Promise<StartOutcome> {
  const organizationId = base.principal.organization_id;
  const startsAnew = from_node === undefined && input !== undefined;
  const source = await executionObject(base.env.EXECUTION, executionId).retrySource(
    organizationId,
    from_node ?? null,
    !startsAnew,
  );
  const found = requireFound(source, executionId, from_node);
  return startExecution({
    ...base,
    agentId: found.agent_id,
    mode: found.mode,
    permission: found.mode === 'test' ? 'agents:write' : 'agents:execute',
    version: found.version,
    projectId: found.project_id,
    definition: found.definition,
    bringsDefinition: found.mode === 'live' && found.version === null,
    input: startsAnew ? (input as JsonValue) : found.input,
    given: {
      from: executionId,
      results: found.results,
      only: null,
      configs: from_node === undefined || input === undefined ? {} : { [from_node]: editedConfig(input) },
    },
  });
}

function requireFound(source: RetrySource, executionId: string, node: string | undefined): Found {
  switch (source.outcome) {
    case 'found':
      return source;
    case 'not_found':
      throw notFound('execution', executionId);
    case 'running':
      throw new ApiError('conflict', 'The execution has not ended: cancel it first, or wait.');
    case 'unknown_node':
      throw invalid([{ path: 'from_node', message: `There is no node "${node}" in what ran.` }]);
    case 'too_large':
      throw new ApiError('payload_too_large', 'The results are too large to be taken over: start the agent again.');
  }
}

const SECRET = /\{\{\s*env\b/;

/** As the step page shows it: an object, in which a secret stands as `{{env.NAME}}` and cannot be put back. */
function editedConfig(input: JsonValue): Record<string, JsonValue> {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw invalid([{ path: 'input', message: "must be an object: the node's configuration" }]);
  }
  if (SECRET.test(JSON.stringify(input))) {
    const message =
      'holds a secret, which an edited configuration cannot carry: retry without editing, or edit the agent';
    throw invalid([{ path: 'input', message }]);
  }
  return input;
}
