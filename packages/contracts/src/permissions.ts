import { z } from 'zod';

/** What can be done, each with the sentence that settings pages and the permissions reference show. */
export const PERMISSIONS = {
  'org:read': 'See the organization, its members and the model catalogue',
  'org:manage': "Change the organization's settings and model prices",
  'members:read': 'See the members of the organization',
  'members:manage': 'Change the roles of members and remove them',
  'api_keys:read': 'List API keys',
  'api_keys:manage': 'Create and revoke API keys',
  'agents:read': 'See agents, their drafts and versions',
  'agents:write': 'Create agents, edit drafts, import and test',
  'agents:publish': 'Publish, roll back, pause and archive agents',
  'agents:execute': 'Start executions of published agents',
  'executions:read': 'See executions, their steps, events and logs',
  'executions:cancel': 'Cancel executions',
} as const;

export type Permission = keyof typeof PERMISSIONS;
export const permission = z.enum(Object.keys(PERMISSIONS) as [Permission, ...Permission[]]);

/** Roles from the most to the least powerful: the order is what "nobody grants above their own role" compares. */
export const ROLES = ['owner', 'admin', 'manager', 'editor', 'developer', 'viewer'] as const;
export type Role = (typeof ROLES)[number];
export const role = z.enum(ROLES);

const everything = Object.keys(PERMISSIONS) as Permission[];
const reading: Permission[] = ['org:read', 'members:read', 'agents:read', 'executions:read'];
const building: Permission[] = [...reading, 'agents:write', 'agents:execute', 'executions:cancel'];
const publishing: Permission[] = [...building, 'agents:publish'];

/** The one permission matrix: middleware, API keys, the UI and the reference page read it. */
export const ROLE_PERMISSIONS: Readonly<Record<Role, readonly Permission[]>> = {
  owner: everything,
  admin: everything,
  manager: [...publishing, 'api_keys:read'],
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
