import type { Role } from '@agentflow/contracts';

/** A role as people read it: `Owner`. */
export function roleName(role: Role): string {
  return role.charAt(0).toUpperCase() + role.slice(1);
}
