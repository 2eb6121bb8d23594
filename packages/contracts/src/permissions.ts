import { z } from 'zod';

/** What can be done, each with the sentence that settings pages and the permissions reference show. */
export const PERMISSIONS = {
  'org:read': 'See the organization and the model catalogue',
  'org:manage': "Change the organization's settings, IP allowlist and model prices",
  'org:erase': 'Erase the organization with everything in it',
  'members:read': 'See the members and teams of the organization',
  'members:manage': 'Invite members, change their roles and remove them',
  'teams:manage': 'Create teams, change who is in them and delete them',
  'api_keys:read': 'List API keys',
  'api_keys:manage': 'Create, rotate and revoke API keys',
  'secrets:read': 'See the names of secrets and which model providers have a key',
  'secrets:manage': 'Set and delete secrets and provider keys',
  'audit:read': 'Read the audit log',
  'agents:read': 'See agents, their drafts and versions',
  'agents:write': 'Create agents, edit drafts, import and test',
  'agents:publish': 'Publish, roll back, pause and archive agents',
  'agents:execute': 'Start executions of published agents',
  'executions:read': 'See executions, their steps, events and logs',
  'executions:cancel': 'Cancel executions',
  'projects:read': 'See projects and their shared context',
  'projects:write': 'Create, change and archive projects, write their shared context',
  'approvals:approve': 'Decide approvals that name nobody; whoever is named may decide without it',
  'external_agents:read': 'See external agents and their invocations',
  'external_agents:write': 'Register external agents, rotate and revoke their keys',
  'governance:read': 'See policies, budgets and rate limits',
  'governance:write': 'Change policies, budgets and rate limits',
  'webhooks:read': 'See webhooks, notification channels and what was delivered to them',
  'webhooks:manage': 'Create, change and delete webhooks and notification channels, send deliveries again',
} as const;

export type Permission = keyof typeof PERMISSIONS;
export const permission = z.enum(Object.keys(PERMISSIONS) as [Permission, ...Permission[]]);

/** What only a person can do, with their password: no key gets these as a scope. */
export const PERSONAL_PERMISSIONS = ['org:erase'] as const satisfies readonly Permission[];
export const apiKeyScope = permission.exclude(PERSONAL_PERMISSIONS);
export type ApiKeyScope = z.infer<typeof apiKeyScope>;

/** Roles from the most to the least powerful: the order is what "nobody grants above their own role" compares. */
export const ROLES = ['owner', 'admin', 'manager', 'editor', 'developer', 'viewer'] as const;
export type Role = (typeof ROLES)[number];
export const role = z.enum(ROLES);

const everything = Object.keys(PERMISSIONS) as Permission[];
const reading: Permission[] = ['org:read', 'members:read', 'agents:read', 'executions:read', 'projects:read'];
const building: Permission[] = [
  ...reading,
  'agents:write',
  'agents:execute',
  'executions:cancel',
  'projects:write',
  'secrets:read',
  'external_agents:read',
  'governance:read',
  'webhooks:read',
];
const publishing: Permission[] = [...building, 'agents:publish', 'approvals:approve'];
const managing: Permission[] = [
  ...publishing,
  'api_keys:read',
  'teams:manage',
  'audit:read',
  'external_agents:write',
  'governance:write',
  'webhooks:manage',
];

/** The one permission matrix: middleware, API keys, the UI and the reference page read it. */
export const ROLE_PERMISSIONS: Readonly<Record<Role, readonly Permission[]>> = {
  owner: everything,
  admin: everything.filter((each) => each !== 'org:erase'),
  manager: managing,
  editor: publishing,
  developer: building,
  viewer: reading,
};

export function roleAllows(name: Role, wanted: Permission): boolean {
  return ROLE_PERMISSIONS[name].includes(wanted);
}

/** Nobody gives, takes or changes a role above their own. */
export function roleAtLeast(name: Role, other: Role): boolean {
  return ROLES.indexOf(name) <= ROLES.indexOf(other);
}
