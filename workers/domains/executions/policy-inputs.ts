import type { JsonValue } from '@agentflow/contracts';
import type { AdmissionRequest } from '../../../durable-objects/organization/client.ts';
import { tellInput } from '../../platform/told-input.ts';

const MAX_ORGANIZATIONS = 1000;

/** By organization, what the desk asked for last: a cache, so that asking twice is rare. The longest unused goes first. */
const remembered = new Map<string, readonly string[]>();

export function rememberPolicyInputs(organizationId: string, paths: readonly string[]): void {
  remembered.delete(organizationId);
  remembered.set(organizationId, paths);
  if (remembered.size > MAX_ORGANIZATIONS) {
    for (const oldest of remembered.keys()) {
      remembered.delete(oldest);
      break;
    }
  }
}

/** The request with what its organization's policies are known to read of the input. */
export function withPolicyInputs(request: AdmissionRequest, input: JsonValue): AdmissionRequest {
  const paths = remembered.get(request.organization_id);
  if (paths === undefined) return request;
  rememberPolicyInputs(request.organization_id, paths);
  return { ...request, told: tellInput(paths, input) };
}
