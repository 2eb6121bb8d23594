import type { AuditEntry, JsonValue } from '@agentflow/contracts';

type Details = Readonly<Record<string, JsonValue>>;

function text(value: JsonValue | undefined): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

function words(name: string): string {
  return name.replaceAll('_', ' ');
}

function changed(from: JsonValue | undefined, to: JsonValue | undefined): string {
  const [before, after] = [text(from), text(to)];
  if (after === null) return '';
  return before === null ? ` to ${after}` : ` from ${before} to ${after}`;
}

function asRole(role: JsonValue | undefined): string {
  const name = text(role);
  return name === null ? '' : ` as ${name}`;
}

function dollars(amount: JsonValue | undefined): string {
  return typeof amount === 'number' ? `$${amount}` : 'another amount';
}

function at(host: JsonValue | undefined): string {
  const name = text(host);
  return name === null ? '' : ` at ${name}`;
}

function budgetSpan(period: JsonValue | undefined): string {
  return period === 'day' || period === 'month' ? `for a ${period}` : 'in all';
}

/** What happened, as it reads after the name of who did it. Actions that are not here tell their own words. */
const SENTENCES: Readonly<Record<string, string | ((details: Details, resourceId: string) => string)>> = {
  'agent.created': 'created the agent',
  'agent.imported': 'imported the agent',
  'agent.updated': ({ tags }) =>
    tags === undefined ? 'changed the name or description of the agent' : 'changed the tags of the agent',
  'agent.draft_saved': 'saved the draft of the agent',
  'agent.published': ({ version }) => `published ${version === undefined ? 'the agent' : `version ${version}`}`,
  'agent.rolled_back': ({ version }) => `rolled the agent back${version === undefined ? '' : ` to version ${version}`}`,
  'agent.activated': 'resumed the agent',
  'agent.paused': 'paused the agent',
  'agent.archived': 'archived the agent',
  'api_key.created': ({ name, replaces }) =>
    `created the API key ${text(name) ?? ''}${text(replaces) === null ? '' : ' in place of an older one'}`,
  'api_key.rotated': ({ name }) => `rotated the API key ${text(name) ?? ''}`,
  'api_key.revoked': ({ name }) => `revoked the API key ${text(name) ?? ''}`,
  'invitation.created': ({ email, role }) => `invited ${text(email) ?? 'somebody'}${asRole(role)}`,
  'invitation.resent': ({ email }) => `sent the invitation of ${text(email) ?? 'somebody'} again`,
  'invitation.revoked': ({ email }) => `took back the invitation of ${text(email) ?? 'somebody'}`,
  'member.joined': ({ role }) => `joined the organization${asRole(role)}`,
  'member.role_changed': ({ previous_role, role }) => `changed the role of a member${changed(previous_role, role)}`,
  'member.removed': 'removed a member',
  'member.erased': 'deleted their account',
  'organization.created': ({ name }) => `created the organization ${text(name) ?? ''}`,
  'organization.ip_allowlist_changed': ({ networks }) =>
    Array.isArray(networks) && networks.length === 0
      ? 'emptied the IP allowlist: every address is allowed'
      : 'changed the IP allowlist',
  'organization.policy_default_changed': (details) =>
    `chose to ${text(details.default) ?? 'allow'} what no policy decides`,
  'policy.created': ({ name }) => `created the policy ${text(name) ?? ''}`,
  'policy.updated': ({ name }) => `changed the policy ${text(name) ?? ''}`,
  'policy.deleted': ({ name }) => `deleted the policy ${text(name) ?? ''}`,
  'external_agent.webhook_tested': 'sent a sample to the webhook of an external agent',
  'external_agent.webhook_disabled': ({ name }) =>
    `disabled the webhook of ${text(name) ?? 'an external agent'}: it takes no results`,
  'organization.rate_limits_changed': 'changed the rate limits',
  'organization.retention_changed': ({ days }) =>
    typeof days === 'number' ? `chose to keep executions for ${days} days` : 'chose to keep executions without limit',
  'organization.updated': ({ previous_name, name }) => `renamed the organization${changed(previous_name, name)}`,
  'budget.set': ({ period, limit_usd }) => `limited the budget ${budgetSpan(period)} to ${dollars(limit_usd)}`,
  'budget.removed': ({ period }) => `took away the limit of the budget ${budgetSpan(period)}`,
  'budget.topped_up': ({ period, amount_usd }) =>
    `topped up the budget ${budgetSpan(period)} by ${dollars(amount_usd)}`,
  'env_var.created': (_details, id) => `set the secret ${id}`,
  'env_var.updated': (_details, id) => `changed the secret ${id}`,
  'env_var.deleted': (_details, id) => `deleted the secret ${id}`,
  'provider_key.set': (_details, id) => `set own access to ${id}`,
  'provider_key.removed': (_details, id) => `removed the own access to ${id}`,
  'user.password_changed': 'changed their password',
  'user.other_sessions_revoked': 'signed out everywhere else',
  'session.revoked': 'signed out another session',
  'team.created': ({ name }) => `created the team ${text(name) ?? ''}`,
  'team.updated': ({ previous_name, name }) =>
    text(previous_name) === text(name)
      ? `changed the team ${text(name) ?? ''}`
      : `renamed the team${changed(previous_name, name)}`,
  'team.deleted': ({ name }) => `deleted the team ${text(name) ?? ''}`,
  'team.member_added': ({ name }) => `added a member to the team ${text(name) ?? ''}`,
  'team.member_removed': ({ name }) => `took a member out of the team ${text(name) ?? ''}`,
  'project.created': ({ name }) => `created the project ${text(name) ?? ''}`,
  'project.updated': ({ name_before, name }) =>
    name === undefined ? 'changed the description of a project' : `renamed the project${changed(name_before, name)}`,
  'project.archived': ({ name }) => `archived the project ${text(name) ?? ''}`,
  'project.context_deleted': ({ key }) => `deleted ${text(key) ?? 'a value'} from the shared context of a project`,
  'refinement.started': ({ follows }) =>
    text(follows) === null ? 'asked for changes of a draft' : 'asked for more changes of a proposal',
  'proposal.approved': ({ draft_version_before, draft_version }) =>
    `approved a proposal${typeof draft_version === 'number' ? `: the draft went from revision ${draft_version_before} to ${draft_version}` : ''}`,
  'proposal.rejected': 'rejected a proposal',
  'proposal.expired': 'closed a proposal that nobody decided',
  'proposal.commented': 'commented on a proposal',
  'proposal.access_changed': ({ access }) =>
    access === 'private' ? 'made a proposal private, or changed for whom' : 'let everybody see a proposal',
  'webhook.created': ({ host }) => `added a webhook${at(host)}`,
  'webhook.updated': ({ host }) => `changed a webhook${at(host)}`,
  'webhook.deleted': ({ host }) => `deleted a webhook${at(host)}`,
  'webhook.secret_rotated': ({ host }) => `rotated the secret of a webhook${at(host)}`,
  'webhook.disabled': ({ host }) => `disabled a webhook${at(host)}`,
  'webhook.tested': 'sent a test to a webhook',
  'webhook.recovered': ({ deliveries }) =>
    `sent failed deliveries again${typeof deliveries === 'number' ? ` (${deliveries})` : ''}`,
  'delivery.replayed': 'sent a delivery again',
  'notification_channel.created': ({ name }) => `added the channel ${text(name) ?? ''}`,
  'notification_channel.updated': ({ name }) => `changed the channel ${text(name) ?? ''}`,
  'notification_channel.deleted': ({ name }) => `deleted the channel ${text(name) ?? ''}`,
  'notification_channel.disabled': ({ name }) => `disabled the channel ${text(name) ?? ''}`,
  'notification_channel.tested': 'sent a test to a channel',
  'chat_account.linked': ({ account_name }) => `linked the chat account ${text(account_name) ?? ''}`,
  'chat_account.unlinked': ({ account_name }) => `unlinked the chat account ${text(account_name) ?? ''}`,
  'model_price.set': (_details, id) => `set an own price for ${id}`,
  'model_price.removed': (_details, id) => `went back to the listed price of ${id}`,
};

const FORMER = {
  user: 'A former member',
  api_key: 'A former API key',
  external_agent: 'A former external agent',
} as const;

/** Who did it; of people and keys that are gone only that. */
export function actorName({ actor }: Pick<AuditEntry, 'actor'>): string {
  if (actor.type === 'system') return 'The system';
  return actor.name ?? FORMER[actor.type];
}

/** `published version 3`, to stand after the actor's name. */
export function auditSentence({
  action,
  details,
  resource,
}: Pick<AuditEntry, 'action' | 'details' | 'resource'>): string {
  const known = SENTENCES[action];
  if (typeof known === 'string') return known;
  if (known !== undefined) return known(details, resource.id).trim();
  const [subject = '', ...rest] = action.split('.');
  return rest.length === 0 ? words(action) : `${words(rest.join(' '))} (${words(subject)})`;
}

/** What the filter offers: the first word of every action, or a whole action. */
export const ACTION_GROUPS = [
  { value: 'agent', label: 'Agents' },
  { value: 'api_key', label: 'API keys' },
  { value: 'external_agent', label: 'External agents' },
  { value: 'policy', label: 'Policies' },
  { value: 'webhook', label: 'Webhooks' },
  { value: 'notification_channel', label: 'Channels' },
  { value: 'delivery', label: 'Deliveries' },
  { value: 'chat_account', label: 'Chat accounts' },
  { value: 'member', label: 'Members' },
  { value: 'invitation', label: 'Invitations' },
  { value: 'project', label: 'Projects' },
  { value: 'refinement', label: 'Refinements' },
  { value: 'proposal', label: 'Proposals' },
  { value: 'budget', label: 'Budgets' },
  { value: 'team', label: 'Teams' },
  { value: 'organization', label: 'Organization' },
  { value: 'organization.ip_allowlist_changed', label: 'IP allowlist' },
  { value: 'env_var', label: 'Secrets' },
  { value: 'provider_key', label: 'Provider keys' },
  { value: 'user', label: 'Accounts' },
  { value: 'session', label: 'Sessions' },
  { value: 'model_price', label: 'Model prices' },
] as const;
