import {
  type OrganizationRateLimits,
  type RateLimits,
  type ReadLimits,
  ROLES,
  type Role,
  type SetOrganizationRateLimitsRequest,
  setOrganizationRateLimitsRequest,
} from '@agentflow/contracts';
import { z } from 'zod';
import { roleName } from '@/features/settings/role-name.ts';

export const WINDOWS = ['minute', 'burst', 'hour', 'day'] as const;
export type LimitWindow = (typeof WINDOWS)[number];

/** One row of the form: an empty field is null. */
type LimitRow = Record<LimitWindow, number | null>;
type Single = 'per_key' | 'per_user' | 'starts_per_user' | 'per_ip' | 'reads_per_key';

export interface LimitFields extends Record<Single, LimitRow> {
  per_role: Record<Role, LimitRow>;
}

export type LimitPath = Single | `per_role.${Role}`;

export interface LimitSubject {
  readonly path: LimitPath;
  readonly label: string;
  readonly help?: string;
  readonly windows: readonly LimitWindow[];
}

/** Whose limits there are, in the order of the form. */
export const SUBJECTS: readonly LimitSubject[] = [
  { path: 'per_key', label: 'Each API key', windows: WINDOWS },
  { path: 'per_user', label: 'Each person', windows: WINDOWS },
  {
    path: 'starts_per_user',
    label: 'Each person, in place of the plan’s limit',
    windows: WINDOWS,
  },
  { path: 'per_ip', label: 'Each address', help: 'Of IPv6: each /64 network', windows: WINDOWS },
  {
    path: 'reads_per_key',
    label: 'Reads by each API key',
    help: 'Requests that start nothing',
    windows: ['minute', 'burst'],
  },
  ...ROLES.map((role) => ({
    path: `per_role.${role}` as const,
    label: `${roleName(role)}s together`,
    windows: WINDOWS,
  })),
];

function rowOf(limits: RateLimits | ReadLimits | null | undefined): LimitRow {
  const {
    minute = null,
    burst = null,
    hour = null,
    day = null,
  }: { [window in LimitWindow]?: number | null | undefined } = limits ?? {};
  return { minute, burst, hour, day };
}

export function fieldsOf(limits: SetOrganizationRateLimitsRequest): LimitFields {
  return {
    per_key: rowOf(limits.per_key),
    per_user: rowOf(limits.per_user),
    starts_per_user: rowOf(limits.starts_per_user),
    per_ip: rowOf(limits.per_ip),
    reads_per_key: rowOf(limits.reads_per_key),
    per_role: Object.fromEntries(ROLES.map((role) => [role, rowOf(limits.per_role[role])])) as LimitFields['per_role'],
  };
}

/** A row as the API takes it; null where every field is empty. */
function limitsOf({ minute, burst, hour, day }: LimitRow) {
  if (minute === null && burst === null && hour === null && day === null) return null;
  return { minute, hour, day, ...(burst === null ? {} : { burst }) };
}

function requestOf({ per_role, reads_per_key, ...rows }: LimitFields): unknown {
  const reads = limitsOf(reads_per_key);
  const roles = Object.entries(per_role).flatMap(([role, row]) => {
    const limits = limitsOf(row);
    return limits === null ? [] : [[role, limits] as const];
  });
  return {
    ...Object.fromEntries(Object.entries(rows).map(([name, row]) => [name, limitsOf(row)])),
    per_role: Object.fromEntries(roles),
    reads_per_key: reads === null ? null : { minute: reads.minute, ...(reads.burst ? { burst: reads.burst } : {}) },
  };
}

/** The contract's own schema, over the fields of the form. */
export const limitForm = z.custom<LimitFields>().transform(requestOf).pipe(setOrganizationRateLimitsRequest);

const COLUMNS: Readonly<Record<LimitWindow, string>> = {
  minute: 'a minute',
  burst: 'at once',
  hour: 'an hour',
  day: 'a day',
};

export function columnName(window: LimitWindow): string {
  return COLUMNS[window];
}

/** `Each API key: 10 a minute, 100 an hour`, for every subject that is limited. */
export function sentencesOf(limits: SetOrganizationRateLimitsRequest | OrganizationRateLimits): string[] {
  const fields = fieldsOf(limits);
  return SUBJECTS.flatMap(({ path, label }) => {
    const row = rowAt(fields, path);
    const told = WINDOWS.filter((window) => row[window] !== null);
    if (told.length === 0) return [];
    return [`${label}: ${told.map((window) => `${row[window]?.toLocaleString('en')} ${COLUMNS[window]}`).join(', ')}`];
  });
}

function rowAt(fields: LimitFields, path: LimitPath): LimitRow {
  const role = ROLES.find((name) => path === `per_role.${name}`);
  return role === undefined ? fields[path as Single] : fields.per_role[role];
}
