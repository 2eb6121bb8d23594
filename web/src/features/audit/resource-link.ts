import type { AuditEntry } from '@agentflow/contracts';
import type { LinkProps } from '@tanstack/react-router';

/** The page of what was changed, where it has one. */
export function resourceLink({
  action,
  resource: { type, id },
}: Pick<AuditEntry, 'action' | 'resource'>): LinkProps | null {
  if (action.endsWith('ip_allowlist_changed')) return { to: '/dashboard/settings/network' };
  if (action.endsWith('policy_default_changed')) return { to: '/dashboard/policies' };
  if (['policy.deleted', 'webhook.deleted', 'notification_channel.deleted'].includes(action)) return null;
  if (action.endsWith('rate_limits_changed')) return { to: '/dashboard/settings/rate-limits' };
  switch (type) {
    case 'agent':
      return { to: '/dashboard/agents/$agentId', params: { agentId: id } };
    case 'project':
      return { to: '/dashboard/projects/$projectId', params: { projectId: id } };
    case 'proposal':
      return { to: '/dashboard/proposals/$proposalId', params: { proposalId: id } };
    case 'policy':
      return { to: '/dashboard/policies/$policyId', params: { policyId: id } };
    case 'execution':
      return { to: '/dashboard/executions/$executionId', params: { executionId: id } };
    case 'api_key':
      return { to: '/dashboard/settings/api-keys', hash: id };
    case 'external_agent':
      return { to: '/dashboard/external-agents/$externalAgentId', params: { externalAgentId: id } };
    case 'webhook':
      return { to: '/dashboard/webhooks/$webhookId', params: { webhookId: id } };
    case 'notification_channel':
      return { to: '/dashboard/webhooks/channels/$channelId', params: { channelId: id } };
    case 'delivery':
      return { to: '/dashboard/deliveries/$deliveryId', params: { deliveryId: id } };
    case 'chat_account':
      return { to: '/dashboard/settings/chat-accounts' };
    case 'member':
    case 'invitation':
      return { to: '/dashboard/settings/members' };
    case 'team':
      return { to: '/dashboard/settings/teams/$teamId', params: { teamId: id } };
    case 'organization':
      return { to: '/dashboard/settings/general' };
    case 'env_var':
    case 'provider_key':
      return { to: '/dashboard/settings/secrets' };
    default:
      return null;
  }
}
