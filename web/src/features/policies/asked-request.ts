import type { DescribedRequest, ExternalPlatform, PolicyAction, Role, SubjectKind } from '@agentflow/contracts';

/** What the form of the dry run holds; empty texts are left out of the request. */
export interface AskedRequest {
  readonly source: 'described' | 'execution';
  readonly execution_id: string;
  readonly kind: SubjectKind;
  readonly role: Role;
  readonly platform: ExternalPlatform;
  /** Of people and keys that are named. */
  readonly subject_id: string;
  readonly action: 'start' | 'test';
  readonly agent_id: string;
  readonly project_id: string;
  readonly ip: string;
  readonly cost: number | undefined;
  /** ISO 8601, or empty for now. */
  readonly at: string;
  readonly input: string;
}

export const NEW_REQUEST: AskedRequest = {
  source: 'described',
  execution_id: '',
  kind: 'external_agent',
  role: 'developer',
  platform: 'claude_code',
  subject_id: '',
  action: 'start',
  agent_id: '',
  project_id: '',
  ip: '203.0.113.7',
  cost: undefined,
  at: '',
  input: '{}',
};

/** As the API takes it. An input that is no JSON is left for the contract to refuse. */
export function requestOf(asked: AskedRequest): DescribedRequest | null {
  const { execution_id, kind, subject_id, cost, at, ip, project_id, agent_id } = asked;
  if (asked.source === 'execution') return { execution_id };
  let input: DescribedRequest['input'];
  try {
    input = JSON.parse(asked.input) as DescribedRequest['input'];
  } catch {
    return null;
  }
  const action: PolicyAction = asked.action === 'test' ? 'test' : kind === 'external_agent' ? 'invoke' : 'execute';
  return {
    subject: {
      kind,
      ...(subject_id === '' ? {} : { id: subject_id }),
      ...(kind === 'user' && subject_id === '' ? { role: asked.role } : {}),
      ...(kind === 'external_agent' && subject_id === '' ? { platform: asked.platform } : {}),
    },
    action,
    agent_id,
    input,
    ...(project_id === '' ? {} : { project_id }),
    ...(ip === '' ? {} : { ip }),
    ...(cost === undefined ? {} : { cost_estimate_usd: cost }),
    ...(at === '' ? {} : { at }),
  };
}
