import type { RateLimits } from '@agentflow/contracts';
import { clientNetwork } from '../../workers/platform/ip-networks.ts';
import type { AdmissionRequest, ExternalAgentRecord, OrganizationLimits, PlanLimits, StoredKey } from './client.ts';
import type { RateSubject } from './rates.ts';

/**
 * Whose limits a start counts on: none twice, and only what is limited. None for a caller that the desk does not know, who
 * is refused, and none for executions, since the start that they belong to has been counted.
 */
export function limitedSubjects(
  { caller, ip }: Pick<AdmissionRequest, 'caller' | 'ip'>,
  key: StoredKey | null,
  external: ExternalAgentRecord | null,
  plan: PlanLimits,
  limits: OrganizationLimits,
): RateSubject[] {
  if (caller.kind === 'execution') return [];
  const network = clientNetwork(ip);
  const from =
    network === null ? [] : [{ ...start(limits.per_ip, 'ip', 'from this address'), subject: `ip:${network}` }];
  if (caller.kind === 'user') {
    const { user_id, role } = caller;
    const own = limits.starts_per_user ?? perMinute(plan.user_starts_per_minute);
    return limited([
      { ...start(limits.per_user, 'user', 'for one person'), subject: `user:${user_id}` },
      { ...start(own, 'starts', 'for one person'), subject: `starts:${user_id}` },
      ...(role === undefined
        ? []
        : [
            {
              ...start(limits.per_role[role] ?? null, 'role', `for all with the role ${role} together`),
              subject: `role:${role}`,
            },
          ]),
      {
        ...start(perHour(plan.user_starts_per_hour), 'plan', `for one person on the ${plan.plan} plan`),
        subject: `plan:${user_id}`,
      },
      ...from,
    ]);
  }
  const keyId = caller.kind === 'checked_key' ? caller.key_id : key?.id;
  if (keyId === undefined) return [];
  return limited([
    ...(external === null
      ? []
      : [
          {
            ...start(external.rate_limits, 'external_agent', 'for this external agent'),
            subject: `external_agent:${external.id}`,
          },
        ]),
    { ...start(limits.per_key, 'key', 'for this API key'), subject: `key:${keyId}` },
    {
      ...start(
        perHour(plan.starts_per_hour),
        'plan',
        `for all API keys and external agents together on the ${plan.plan} plan`,
      ),
      subject: PLAN_SUBJECT,
    },
    ...from,
  ]);
}

/** Row of the plan's starts by keys: the schema step that made the rows has moved the count of an earlier release here. */
const PLAN_SUBJECT = 'plan';

type Candidate = Omit<RateSubject, 'limits'> & { readonly limits: RateLimits | null };

function start(limits: RateLimits | null, policy: string, who: string): Omit<Candidate, 'subject'> {
  return { limits, policy, who, what: 'start' };
}

function limited(candidates: readonly Candidate[]): RateSubject[] {
  return candidates.filter((each): each is RateSubject => {
    const { limits } = each;
    return limits !== null && (limits.minute !== null || limits.hour !== null || limits.day !== null);
  });
}

function perHour(hour: number | null | undefined): RateLimits | null {
  return typeof hour === 'number' ? { minute: null, hour, day: null } : null;
}

function perMinute(minute: number | null | undefined): RateLimits | null {
  return typeof minute === 'number' ? { minute, hour: null, day: null } : null;
}
