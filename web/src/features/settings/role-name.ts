import { ROLES, type Role, roleAtLeast } from '@agentflow/contracts';

/** A role as people read it: `Owner`. */
export function roleName(role: Role): string {
  return role.charAt(0).toUpperCase() + role.slice(1);
}

const PURPOSES: Readonly<Record<Role, string>> = {
  owner: 'May do everything, erasing the organization included.',
  admin: 'Runs the organization: members, settings, API keys and secrets. Cannot erase it.',
  manager: 'Builds and publishes agents, manages teams and external agents, and reads the audit log.',
  editor: 'Builds and publishes agents, and decides approvals.',
  developer: 'Builds and runs agents. Somebody else publishes them.',
  viewer: 'Sees agents and their executions, and changes nothing.',
};

/** What a role is for, in a sentence. */
export function rolePurpose(role: Role): string {
  return PURPOSES[role];
}

/** The roles that a person may give: their own and those below. */
export function rolesUpTo(own: Role): Role[] {
  return ROLES.filter((role) => roleAtLeast(own, role));
}
