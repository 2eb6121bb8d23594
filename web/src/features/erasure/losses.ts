import type { OrganizationErasure } from '@agentflow/contracts';
import { formatCount } from '../../lib/format.ts';

function counted(count: number, one: string, many: string): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** What goes with an organization, each with its count; what there is none of is left out. */
export function organizationLosses(preview: OrganizationErasure): string[] {
  const losses: [number, string][] = [
    [
      preview.agents,
      `${counted(preview.agents, 'agent', 'agents')} with ${counted(preview.versions, 'version', 'versions')}`,
    ],
    [
      preview.executions,
      counted(preview.executions, 'execution', 'executions') +
        (preview.running_executions === 0
          ? ''
          : `, ${counted(preview.running_executions, 'of them running: it is', 'of them running: they are')} cancelled`),
    ],
    [preview.api_keys, `${counted(preview.api_keys, 'API key', 'API keys')}, refused at once`],
    [preview.secrets, counted(preview.secrets, 'secret or provider key', 'secrets and provider keys')],
    [preview.teams, counted(preview.teams, 'team', 'teams')],
    [preview.invitations, counted(preview.invitations, 'open invitation', 'open invitations')],
    [preview.audit_entries, counted(preview.audit_entries, 'audit entry', 'audit entries')],
  ];
  return losses.filter(([count]) => count > 0).map(([, sentence]) => sentence);
}

/** What it means for its members, who keep their accounts. */
export function memberLosses({ members, only_here }: OrganizationErasure): string {
  if (members === 1) {
    return only_here === 1
      ? 'You keep your account, but belong to no organization any more.'
      : 'You keep your account and your other organizations.';
  }
  const out = `All ${formatCount(members)} members lose access and keep their accounts.`;
  if (only_here === 0) return out;
  return `${out} ${counted(only_here, 'of them belongs', 'of them belong')} to no other organization.`;
}
