import { DEFAULT_MODEL, describeNodeTypes, type NodeTypeInfo, nodeTypeInfo } from '@agentflow/contracts';
import type { OpenAPIHono } from '@hono/zod-openapi';
import { z } from 'zod';
import { authenticate } from './domains/accounts/index.ts';
import { accountRoutes } from './domains/accounts/routes.ts';
import { agentRoutes } from './domains/agents/index.ts';
import { approvalRoutes } from './domains/approvals/index.ts';
import { auditRoutes } from './domains/audit/routes.ts';
import { budgetRoutes } from './domains/budgets/index.ts';
import { chatAccountRoutes, chatCallbackRoutes } from './domains/chat-decisions/index.ts';
import { contextRoutes } from './domains/context/index.ts';
import { erasureRoutes } from './domains/erasure/routes.ts';
import { eventRoutes } from './domains/events/index.ts';
import { executionFileRoutes, executionRoutes, overviewRoutes, retentionRoutes } from './domains/executions/index.ts';
import { externalAgentRoutes, invokeRoutes } from './domains/external-agents/index.ts';
import { policyRoutes, rateLimitRoutes, stopRoutes } from './domains/governance/index.ts';
import { invitationRoutes } from './domains/invitations/index.ts';
import { invocationRoutes } from './domains/invocations/index.ts';
import { lineageRoutes } from './domains/lineage/index.ts';
import { modelRoutes } from './domains/models/index.ts';
import { bellRoutes, channelRoutes } from './domains/notifications/index.ts';
import { organizationRoutes } from './domains/organizations/routes.ts';
import { projectRoutes } from './domains/projects/index.ts';
import { refinementAliases, refinementRoutes } from './domains/refinements/index.ts';
import { secretRoutes } from './domains/secrets/index.ts';
import { shadowRunRoutes } from './domains/shadow-runs/index.ts';
import { teamRoutes } from './domains/teams/index.ts';
import { templateRoutes } from './domains/templates/index.ts';
import { deliveryRoutes, webhookRoutes } from './domains/webhooks/index.ts';
import { deepAgentRoutes } from './doors/deepagents/routes.ts';
import { consentRoutes, oauthRoutes } from './doors/mcp/oauth/routes.ts';
import { mcpRoutes } from './doors/mcp/routes.ts';
import type { McpHost } from './doors/mcp/serve.ts';
import { openAiRoutes } from './doors/openai/routes.ts';
import { createModels } from './models/index.ts';
import { errorsPage, referencePage } from './platform/docs-page.ts';
import { crossOrigin, productionGuard, requestScope, securityHeaders } from './platform/edge.ts';
import type { Env } from './platform/env.ts';
import { healthRoutes, PLATFORM_PROBES, type Probe, readinessOf } from './platform/health.ts';
import { mailsPageRoutes } from './platform/mail/mails-page.ts';
import { openApiDocument } from './platform/openapi.ts';
import { answerError, refuseUnknown } from './platform/refusals.ts';
import { type AppEnv, createRouter, json, operation } from './platform/router.ts';

const getNodeTypes = operation({
  method: 'get',
  path: '/node-types',
  operationId: 'listNodeTypes',
  access: 'signed_in',
  tags: ['Agents'],
  summary: 'Node types with their config schemas',
  responses: { 200: { description: 'Every node type', content: json(z.object({ data: z.array(nodeTypeInfo) })) } },
});

/** Made on first use: the registry does not change while the Worker lives. */
let nodeTypes: NodeTypeInfo[] | undefined;

const nodeTypeRoutes = createRouter().openapi(getNodeTypes, (c) => {
  nodeTypes ??= describeNodeTypes();
  return c.json({ data: nodeTypes }, 200);
});

/** First segments that belong to the API: what is unknown below them is a problem document, not the UI. */
const API_PATHS =
  /^\/(api|mcp|v1|deepagents-runtime|\.well-known|oauth\/(token|register|revoke)|health|ready|version|docs)(\/|$)/;

/** The default model answers without key and network: when it fails, no agent of this installation is safe to start. */
async function askBuiltinModel(env: Env): Promise<void> {
  const models = createModels({ config: env, fetch: globalThis.fetch, clock: Date.now, priceOf: async () => null });
  const task = { kind: 'summarize', text: 'The printer is out of paper.', max_sentences: 1 } as const;
  const answer = await models.generate(
    { model: DEFAULT_MODEL, task, messages: [] },
    { signal: AbortSignal.timeout(1000) },
  );
  if (!answer.ok) throw new Error(answer.error.message);
}

const PROBES: Readonly<Record<string, Probe>> = {
  ...PLATFORM_PROBES,
  models: { required: true, check: askBuiltinModel },
};

interface AppParts {
  /** Added to those of /ready. */
  readonly probes?: Readonly<Record<string, Probe>>;
  /** See `mcpRoutes`. */
  readonly mcpFixture?: McpHost;
}

/** The whole Worker: what every request passes, then the domains and doors, then the UI. */
export function createApp({ probes = {}, mcpFixture }: AppParts = {}): OpenAPIHono<AppEnv> {
  const app = createRouter();
  app.onError(answerError);
  app.use(requestScope(authenticate), securityHeaders(), productionGuard(), crossOrigin());

  const readiness = readinessOf({ ...PROBES, ...probes });
  app.route('/', healthRoutes(readiness));
  app.route('/api/v1', accountRoutes);
  app.route('/api/v1', invitationRoutes);
  app.route('/api/v1', teamRoutes);
  app.route('/api/v1', organizationRoutes);
  app.route('/api/v1', auditRoutes);
  app.route('/api/v1', agentRoutes);
  app.route('/api/v1', templateRoutes);
  app.route('/api/v1', executionRoutes);
  app.route('/api/v1', executionFileRoutes);
  app.route('/api/v1', shadowRunRoutes);
  app.route('/api/v1', refinementRoutes);
  app.route('/api', refinementAliases);
  app.route('/api/v1', eventRoutes);
  app.route('/api/v1', externalAgentRoutes);
  app.route('/api/v1', invokeRoutes);
  app.route('/api/v1', stopRoutes);
  app.route('/api/v1', invocationRoutes);
  app.route('/api/v1', lineageRoutes);
  app.route('/api/v1', webhookRoutes);
  app.route('/api/v1', deliveryRoutes);
  app.route('/api/v1', projectRoutes);
  app.route('/api/v1', contextRoutes);
  app.route('/api/v1', approvalRoutes);
  app.route('/api/v1', bellRoutes);
  app.route('/api/v1', channelRoutes);
  app.route('/api/v1', chatAccountRoutes);
  app.route('/api/v1', chatCallbackRoutes);
  app.route('/api/v1', budgetRoutes);
  app.route('/api/v1', policyRoutes);
  app.route('/api/v1', rateLimitRoutes);
  app.route('/api/v1', retentionRoutes);
  app.route('/api/v1', overviewRoutes);
  app.route('/api/v1', modelRoutes);
  app.route('/api/v1', secretRoutes);
  app.route('/api/v1', erasureRoutes);
  app.route('/api/v1', nodeTypeRoutes);

  app.route('/api/v1', consentRoutes);
  app.route('/', oauthRoutes);
  app.route('/', mcpRoutes(mcpFixture ?? null));
  app.route('/', openAiRoutes);
  app.route('/', deepAgentRoutes(readiness));

  app.get('/api/v1/openapi.json', (c) => c.json(openApiDocument(app)));
  app.get('/docs', (c) => c.html(referencePage(openApiDocument(app))));
  app.route('/', mailsPageRoutes);
  app.get('/docs/errors', (c) => c.html(errorsPage()));

  app.notFound((c) => {
    if (API_PATHS.test(c.req.path) || (c.req.method !== 'GET' && c.req.method !== 'HEAD')) return refuseUnknown(app, c);
    return c.env.ASSETS.fetch(c.req.raw);
  });
  return app;
}
