import {
  agentSort,
  agentStatus,
  agentTrigger,
  door,
  executionStatus,
  executionTrigger,
  externalPlatform,
  invocationStatus,
  templateCategory,
} from '@agentflow/contracts';
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router';
import { z } from 'zod';
import { RoutePending } from './components/route-pending.tsx';
import { ErrorPage } from './features/shell/error-page.tsx';
import { NotFoundPage } from './features/shell/not-found-page.tsx';
import { safeRedirect } from './lib/safe-redirect.ts';
import { restoreSession } from './lib/session.ts';

/** A search parameter that is dropped when it makes no sense, so that no hand-written address breaks a page. */
function optional<T extends z.ZodType>(schema: T) {
  return schema.optional().catch(undefined);
}

const text = optional(z.string().max(200));

const rootRoute = createRootRoute({ component: Outlet, notFoundComponent: NotFoundPage, errorComponent: ErrorPage });

const homeRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/dashboard' });
  },
});

const signedOutSearch = z.object({ redirect: text });

async function leaveWhenSignedIn({ search }: { search: { redirect?: string | undefined } }) {
  const session = await restoreSession();
  if (session.status === 'signed_in') throw redirect({ to: safeRedirect(search.redirect) });
}

const loginRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/login',
  validateSearch: signedOutSearch,
  beforeLoad: leaveWhenSignedIn,
  component: lazyRouteComponent(() => import('./routes/login.tsx'), 'LoginPage'),
});

const signupRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/signup',
  validateSearch: signedOutSearch,
  beforeLoad: leaveWhenSignedIn,
  component: lazyRouteComponent(() => import('./routes/signup.tsx'), 'SignupPage'),
});

const invitationRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/invitations/$token',
  // Public; it only has to be known who looks.
  beforeLoad: async () => void (await restoreSession()),
  component: lazyRouteComponent(() => import('./routes/invitation.tsx'), 'InvitationPage'),
});

const consentRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/oauth/authorize',
  // Who is not signed in logs in there: the address is the client's request and must stay as it is.
  beforeLoad: async () => void (await restoreSession()),
  component: lazyRouteComponent(() => import('./routes/consent.tsx'), 'ConsentPage'),
});

const goodbyeRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/goodbye',
  validateSearch: z.object({ what: optional(z.enum(['organization', 'account'])), name: text }),
  component: lazyRouteComponent(() => import('./routes/goodbye.tsx'), 'GoodbyePage'),
});

const dashboardRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/dashboard',
  beforeLoad: async ({ location }) => {
    const session = await restoreSession();
    if (session.status !== 'signed_in') {
      throw redirect({ to: '/login', search: location.href === '/dashboard' ? {} : { redirect: location.href } });
    }
  },
  component: lazyRouteComponent(() => import('./features/shell/app-shell.tsx'), 'AppShell'),
});

const overviewRoute = createRoute({
  getParentRoute: () => dashboardRoute,
  path: '/',
  component: lazyRouteComponent(() => import('./routes/overview.tsx'), 'OverviewPage'),
});

const agentsRoute = createRoute({
  getParentRoute: () => dashboardRoute,
  path: '/agents',
  validateSearch: z.object({
    status: optional(agentStatus),
    trigger: optional(agentTrigger),
    project_id: text,
    sort: optional(agentSort),
    search: text,
    cursor: text,
    create: optional(z.enum(['describe', 'new', 'template', 'import'])),
  }),
  component: lazyRouteComponent(() => import('./routes/agents.tsx'), 'AgentsPage'),
});

const agentRoute = createRoute({
  getParentRoute: () => dashboardRoute,
  path: '/agents/$agentId',
  validateSearch: z.object({
    tab: optional(z.enum(['builder', 'run', 'executions', 'versions', 'settings'])),
    node: text,
    run: text,
    // Versions; 0 is the draft.
    from: optional(z.coerce.number().int().min(0)),
    to: optional(z.coerce.number().int().min(0)),
    project_id: text,
    status: optional(executionStatus),
    trigger: optional(executionTrigger),
    since: optional(z.enum(['1h', '24h', '7d', '30d'])),
    cursor: text,
  }),
  component: lazyRouteComponent(() => import('./routes/agent.tsx'), 'AgentPage'),
});

const templatesRoute = createRoute({
  getParentRoute: () => dashboardRoute,
  path: '/templates',
  validateSearch: z.object({ category: optional(templateCategory), template: text }),
  component: lazyRouteComponent(() => import('./routes/templates.tsx'), 'TemplatesPage'),
});

const projectsRoute = createRoute({
  getParentRoute: () => dashboardRoute,
  path: '/projects',
  validateSearch: z.object({
    search: text,
    state: optional(z.enum(['archived'])),
    cursor: text,
    create: optional(z.enum(['new'])),
  }),
  component: lazyRouteComponent(() => import('./routes/projects.tsx'), 'ProjectsPage'),
});

const projectRoute = createRoute({
  getParentRoute: () => dashboardRoute,
  path: '/projects/$projectId',
  validateSearch: z.object({ tab: optional(z.enum(['activity', 'costs', 'context', 'settings'])), key: text }),
  component: lazyRouteComponent(() => import('./routes/project.tsx'), 'ProjectPage'),
});

const policiesRoute = createRoute({
  getParentRoute: () => dashboardRoute,
  path: '/policies',
  validateSearch: z.object({
    search: text,
    effect: optional(z.enum(['allow', 'deny'])),
    active: optional(z.enum(['true', 'false'])),
    cursor: text,
  }),
  component: lazyRouteComponent(() => import('./routes/policies.tsx'), 'PoliciesPage'),
});

const newPolicyRoute = createRoute({
  getParentRoute: () => dashboardRoute,
  path: '/policies/new',
  component: lazyRouteComponent(() => import('./routes/policy-new.tsx'), 'NewPolicyPage'),
});

const policyRoute = createRoute({
  getParentRoute: () => dashboardRoute,
  path: '/policies/$policyId',
  validateSearch: z.object({ tab: optional(z.enum(['history'])) }),
  component: lazyRouteComponent(() => import('./routes/policy.tsx'), 'PolicyPage'),
});

const proposalsRoute = createRoute({
  getParentRoute: () => dashboardRoute,
  path: '/proposals',
  validateSearch: z.object({
    // Any word: the list of them is not for the first page.
    status: optional(z.string().regex(/^[a-z]{1,20}$/)),
    agent_id: text,
    mine: optional(z.enum(['true'])),
    cursor: text,
  }),
  component: lazyRouteComponent(() => import('./routes/proposals.tsx'), 'ProposalsPage'),
});

const proposalRoute = createRoute({
  getParentRoute: () => dashboardRoute,
  path: '/proposals/$proposalId',
  validateSearch: z.object({
    tab: optional(z.enum(['files', 'canvas', 'problems', 'try', 'comments', 'run'])),
    file: text,
  }),
  component: lazyRouteComponent(() => import('./routes/proposal.tsx'), 'ProposalPage'),
});

const executionsRoute = createRoute({
  getParentRoute: () => dashboardRoute,
  path: '/executions',
  validateSearch: z.object({
    status: optional(executionStatus),
    trigger: optional(executionTrigger),
    agent_id: text,
    project_id: text,
    since: optional(z.enum(['1h', '24h', '7d', '30d'])),
    cursor: text,
  }),
  component: lazyRouteComponent(() => import('./routes/executions.tsx'), 'ExecutionsPage'),
});

const executionRoute = createRoute({
  getParentRoute: () => dashboardRoute,
  path: '/executions/$executionId',
  validateSearch: z.object({
    step: text,
    tab: optional(z.enum(['output', 'input', 'attempts', 'logs'])),
    lineage: optional(z.enum(['open'])),
  }),
  component: lazyRouteComponent(() => import('./routes/execution.tsx'), 'ExecutionPage'),
});

/** What a list of calls is narrowed to. */
const callFilters = {
  status: optional(invocationStatus),
  // Any word: the list of them is not for the first page.
  error_code: optional(z.string().regex(/^[a-z_]{1,60}$/)),
  agent_id: text,
  door: optional(door),
  from: optional(z.iso.date()),
  to: optional(z.iso.date()),
  cursor: text,
};

const externalAgentsRoute = createRoute({
  getParentRoute: () => dashboardRoute,
  path: '/external-agents',
  validateSearch: z.object({
    platform: optional(externalPlatform),
    status: optional(z.enum(['active', 'inactive'])),
    search: text,
    from: optional(z.iso.date()),
    to: optional(z.iso.date()),
    cursor: text,
    create: optional(z.enum(['new'])),
  }),
  component: lazyRouteComponent(() => import('./routes/external-agents.tsx'), 'ExternalAgentsPage'),
});

const externalAgentCallsRoute = createRoute({
  getParentRoute: () => dashboardRoute,
  path: '/external-agents/calls',
  validateSearch: z.object({ external_agent_id: text, invocation: text, ...callFilters }),
  component: lazyRouteComponent(() => import('./routes/external-agent-calls.tsx'), 'ExternalAgentCallsPage'),
});

const externalAgentRoute = createRoute({
  getParentRoute: () => dashboardRoute,
  path: '/external-agents/$externalAgentId',
  validateSearch: z.object({
    tab: optional(z.enum(['overview', 'invocations', 'usage', 'settings'])),
    invocation: text,
    range: optional(z.enum(['7d', '30d', 'custom'])),
    ...callFilters,
  }),
  component: lazyRouteComponent(() => import('./routes/external-agent.tsx'), 'ExternalAgentPage'),
});

/** What a log of deliveries shows. */
const deliveryFilters = {
  status: optional(z.enum(['pending', 'delivered', 'failed'])),
  event_type: text,
  event_id: text,
  cursor: text,
  delivery: text,
};

const webhooksRoute = createRoute({
  getParentRoute: () => dashboardRoute,
  path: '/webhooks',
  validateSearch: z.object({ status: optional(z.enum(['active', 'inactive'])), event: text, cursor: text }),
  component: lazyRouteComponent(() => import('./routes/webhooks.tsx'), 'WebhooksPage'),
});

const newWebhookRoute = createRoute({
  getParentRoute: () => dashboardRoute,
  path: '/webhooks/new',
  component: lazyRouteComponent(() => import('./routes/webhook-new.tsx'), 'NewWebhookPage'),
});

const webhookRoute = createRoute({
  getParentRoute: () => dashboardRoute,
  path: '/webhooks/$webhookId',
  validateSearch: z.object({ tab: optional(z.enum(['deliveries', 'settings', 'signing'])), ...deliveryFilters }),
  component: lazyRouteComponent(() => import('./routes/webhook.tsx'), 'WebhookPage'),
});

const channelsRoute = createRoute({
  getParentRoute: () => dashboardRoute,
  path: '/webhooks/channels',
  validateSearch: z.object({ cursor: text }),
  component: lazyRouteComponent(() => import('./routes/channels.tsx'), 'ChannelsPage'),
});

const newChannelRoute = createRoute({
  getParentRoute: () => dashboardRoute,
  path: '/webhooks/channels/new',
  validateSearch: z.object({ platform: text }),
  component: lazyRouteComponent(() => import('./routes/channel-new.tsx'), 'NewChannelPage'),
});

const channelRoute = createRoute({
  getParentRoute: () => dashboardRoute,
  path: '/webhooks/channels/$channelId',
  validateSearch: z.object({ tab: optional(z.enum(['deliveries', 'settings'])), ...deliveryFilters }),
  component: lazyRouteComponent(() => import('./routes/channel.tsx'), 'ChannelPage'),
});

const deliveryRoute = createRoute({
  getParentRoute: () => dashboardRoute,
  path: '/deliveries/$deliveryId',
  component: lazyRouteComponent(() => import('./routes/delivery.tsx'), 'DeliveryPage'),
});

const eventsRoute = createRoute({
  getParentRoute: () => dashboardRoute,
  path: '/events',
  validateSearch: z.object({
    type: text,
    agent_id: text,
    project_id: text,
    from: optional(z.iso.date()),
    to: optional(z.iso.date()),
    cursor: text,
    event: text,
  }),
  component: lazyRouteComponent(() => import('./routes/events.tsx'), 'EventsPage'),
});

const notificationsRoute = createRoute({
  getParentRoute: () => dashboardRoute,
  path: '/notifications',
  validateSearch: z.object({ tab: optional(z.enum(['inbox', 'settings'])) }),
  component: lazyRouteComponent(() => import('./routes/notifications.tsx'), 'NotificationsPage'),
});

const auditRoute = createRoute({
  getParentRoute: () => dashboardRoute,
  path: '/audit',
  validateSearch: z.object({
    actor_id: text,
    action: text,
    resource_type: text,
    resource_id: text,
    from: optional(z.iso.date()),
    to: optional(z.iso.date()),
    cursor: text,
  }),
  component: lazyRouteComponent(() => import('./routes/audit.tsx'), 'AuditPage'),
});

const approvalsRoute = createRoute({
  getParentRoute: () => dashboardRoute,
  path: '/approvals',
  validateSearch: z.object({ status: optional(z.enum(['pending', 'decided'])), cursor: text, approval: text }),
  component: lazyRouteComponent(() => import('./routes/approvals.tsx'), 'ApprovalsPage'),
});

const settingsRoute = createRoute({
  getParentRoute: () => dashboardRoute,
  path: '/settings',
  component: lazyRouteComponent(() => import('./routes/settings.tsx'), 'SettingsLayout'),
});

const settingsIndexRoute = createRoute({
  getParentRoute: () => settingsRoute,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/dashboard/settings/general' });
  },
});

const generalSettingsRoute = createRoute({
  getParentRoute: () => settingsRoute,
  path: '/general',
  component: lazyRouteComponent(() => import('./routes/settings-general.tsx'), 'GeneralSettingsPage'),
});

const membersRoute = createRoute({
  getParentRoute: () => settingsRoute,
  path: '/members',
  validateSearch: z.object({ invite: optional(z.enum(['new'])) }),
  component: lazyRouteComponent(() => import('./routes/settings-members.tsx'), 'MembersPage'),
});

const teamsRoute = createRoute({
  getParentRoute: () => settingsRoute,
  path: '/teams',
  component: lazyRouteComponent(() => import('./routes/settings-teams.tsx'), 'TeamsPage'),
});

const teamRoute = createRoute({
  getParentRoute: () => settingsRoute,
  path: '/teams/$teamId',
  component: lazyRouteComponent(() => import('./routes/settings-team.tsx'), 'TeamPage'),
});

const rolesRoute = createRoute({
  getParentRoute: () => settingsRoute,
  path: '/roles',
  component: lazyRouteComponent(() => import('./routes/settings-roles.tsx'), 'RolesPage'),
});

const apiKeysRoute = createRoute({
  getParentRoute: () => settingsRoute,
  path: '/api-keys',
  component: lazyRouteComponent(() => import('./routes/settings-api-keys.tsx'), 'ApiKeysPage'),
});

const secretsRoute = createRoute({
  getParentRoute: () => settingsRoute,
  path: '/secrets',
  component: lazyRouteComponent(() => import('./routes/settings-secrets.tsx'), 'SecretsPage'),
});

const networkRoute = createRoute({
  getParentRoute: () => settingsRoute,
  path: '/network',
  component: lazyRouteComponent(() => import('./routes/settings-network.tsx'), 'NetworkPage'),
});

const budgetsRoute = createRoute({
  getParentRoute: () => settingsRoute,
  path: '/budgets',
  component: lazyRouteComponent(() => import('./routes/settings-budgets.tsx'), 'BudgetsPage'),
});

const rateLimitsRoute = createRoute({
  getParentRoute: () => settingsRoute,
  path: '/rate-limits',
  component: lazyRouteComponent(() => import('./routes/settings-rate-limits.tsx'), 'RateLimitsPage'),
});

const chatAccountsRoute = createRoute({
  getParentRoute: () => settingsRoute,
  path: '/chat-accounts',
  validateSearch: z.object({ token: optional(z.string().max(4000)) }),
  component: lazyRouteComponent(() => import('./routes/settings-chat-accounts.tsx'), 'ChatAccountsPage'),
});

const securitySettingsRoute = createRoute({
  getParentRoute: () => settingsRoute,
  path: '/security',
  component: lazyRouteComponent(() => import('./routes/settings-security.tsx'), 'SecuritySettingsPage'),
});

const routeTree = rootRoute.addChildren([
  homeRoute,
  loginRoute,
  signupRoute,
  invitationRoute,
  consentRoute,
  goodbyeRoute,
  dashboardRoute.addChildren([
    overviewRoute,
    agentsRoute,
    agentRoute,
    proposalsRoute,
    proposalRoute,
    templatesRoute,
    projectsRoute,
    projectRoute,
    policiesRoute,
    newPolicyRoute,
    policyRoute,
    executionsRoute,
    executionRoute,
    approvalsRoute,
    externalAgentsRoute,
    externalAgentCallsRoute,
    externalAgentRoute,
    webhooksRoute,
    newWebhookRoute,
    webhookRoute,
    channelsRoute,
    newChannelRoute,
    channelRoute,
    deliveryRoute,
    eventsRoute,
    notificationsRoute,
    auditRoute,
    settingsRoute.addChildren([
      settingsIndexRoute,
      generalSettingsRoute,
      membersRoute,
      teamsRoute,
      teamRoute,
      rolesRoute,
      apiKeysRoute,
      secretsRoute,
      budgetsRoute,
      networkRoute,
      rateLimitsRoute,
      securitySettingsRoute,
      chatAccountsRoute,
    ]),
  ]),
]);

export const router = createRouter({
  routeTree,
  defaultPreload: 'intent',
  defaultPendingComponent: RoutePending,
  defaultPendingMs: 150,
  defaultPendingMinMs: 0,
  defaultErrorComponent: ErrorPage,
  defaultNotFoundComponent: NotFoundPage,
  scrollRestoration: true,
  // Plain `name=value` addresses: every parameter is text, and its route's schema reads it.
  parseSearch: (search) => Object.fromEntries(new URLSearchParams(search)),
  stringifySearch: (search) => {
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(search)) {
      if (value !== undefined && value !== '') query.set(name, String(value));
    }
    const result = query.toString();
    return result === '' ? '' : `?${result}`;
  },
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
