import type { RateLimits } from '@agentflow/contracts';
import { clientNetwork } from '../../workers/platform/ip-networks.ts';
import type { AdmissionRequest, ExternalAgentRecord, OrganizationLimits, PlanLimits, StoredKey } from './client.ts';
import type { RateSubject } from './rates.ts';

/** Row of the plan's starts by keys: the schema step that made the rows has moved the count of an earlier release here. */
const PLAN_OF_KEYS = 'plan';

/**
 * Whose limits a start counts on: only what is limited. Nobody's for a caller that the desk does not know, who is refused, and
 * nobody's for executions, since the start that they belong to has been counted.
 */
export function limitedSubjects(
  { caller, ip }: Pick<AdmissionRequest, 'caller' | 'ip'>,
  key: StoredKey | null,
  external: ExternalAgentRecord | null,
  plan: PlanLimits,
  limits: OrganizationLimits,
): RateSubject[] {
  if (caller.kind === 'execution') return [];
  const network = limits.per_ip === null ? null : clientNetwork(ip);
  const address = network === null ? [] : subject(`ip:${network}`, 'ip', 'from this address', limits.per_ip);
  if (caller.kind === 'user') {
    const { user_id, role } = caller;
    const starts = limits.starts_per_user ?? perMinute(plan.user_starts_per_minute);
    const together = role === undefined ? null : limits.per_role[role];
    const ofPlan = `for one person on the ${plan.plan} plan`;
    return [
      ...subject(`user:${user_id}`, 'user', 'for one person', limits.per_user),
      ...subject(`starts:${user_id}`, 'starts', 'for one person', starts),
      ...subject(`role:${role}`, 'role', `for all with the role ${role} together`, together),
      ...subject(`plan:${user_id}`, 'plan', ofPlan, perHour(plan.user_starts_per_hour)),
      ...address,
    ];
  }
  const keyId = caller.kind === 'checked_key' ? caller.key_id : key?.id;
  if (keyId === undefined) return [];
  const ofPlan = `for all API keys and external agents together on the ${plan.plan} plan`;
  return [
    ...subject(`external_agent:${external?.id}`, 'external_agent', 'for this external agent', external?.rate_limits),
    ...subject(`key:${keyId}`, 'key', 'for this API key', limits.per_key),
    ...subject(PLAN_OF_KEYS, 'plan', ofPlan, perHour(plan.starts_per_hour)),
    ...address,
  ];
}

/** None where it is not limited. */
function subject(name: string, policy: string, who: string, limits: RateLimits | null | undefined): RateSubject[] {
  if (limits == null || (limits.minute === null && limits.hour === null && limits.day === null)) return [];
  return [{ subject: name, policy, what: 'start', who, limits }];
}

function perHour(hour: number | null | undefined): RateLimits | null {
  return hour == null ? null : { minute: null, hour, day: null };
}

function perMinute(minute: number | null | undefined): RateLimits | null {
  return minute == null ? null : { minute, hour: null, day: null };
}
