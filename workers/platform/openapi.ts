import * as contracts from '@agentflow/contracts';
import { type OpenAPIHono, z } from '@hono/zod-openapi';
import { version } from '../../package.json';
import { IDEMPOTENCY_KEY } from './idempotency.ts';
import type { AppEnv } from './router.ts';

/** Schemas that get a name in the document; wherever one of them occurs, however deep, it is a reference. */
const NAMED: Readonly<Record<string, z.ZodType>> = {
  Problem: contracts.problem,
  User: contracts.user,
  Organization: contracts.organization,
  Session: contracts.session,
  Me: contracts.me,
  ApiKey: contracts.apiKey,
  CreatedApiKey: contracts.createdApiKey,
  CreateApiKeyRequest: contracts.createApiKeyRequest,
  RotateApiKeyRequest: contracts.rotateApiKeyRequest,
  IpAllowlist: contracts.ipAllowlist,
  SetIpAllowlistRequest: contracts.setIpAllowlistRequest,
  RateLimits: contracts.rateLimits,
  OrganizationRateLimits: contracts.organizationRateLimits,
  SetOrganizationRateLimitsRequest: contracts.setOrganizationRateLimitsRequest,
  Retention: contracts.retention,
  OrganizationOverview: contracts.organizationOverview,
  SetRetentionRequest: contracts.setRetentionRequest,
  AuditEntry: contracts.auditEntry,
  Permission: contracts.permission,
  SwitchOrganizationRequest: contracts.switchOrganizationRequest,
  InviteMemberRequest: contracts.inviteMemberRequest,
  Invitation: contracts.invitation,
  SentInvitation: contracts.sentInvitation,
  InvitationDetails: contracts.invitationDetails,
  AcceptInvitationRequest: contracts.acceptInvitationRequest,
  Team: contracts.team,
  TeamRequest: contracts.teamRequest,
  TeamMember: contracts.teamMember,
  Agent: contracts.agent,
  AgentDefinition: contracts.agentDefinition,
  AgentFile: contracts.agentFile,
  AgentVersion: contracts.agentVersion,
  AgentVersionDetail: contracts.agentVersionDetail,
  AgentNode: contracts.agentNode,
  AgentEdge: contracts.agentEdge,
  AgentSettings: contracts.agentSettings,
  RetryPolicy: contracts.retryPolicy,
  DefinitionDiff: contracts.definitionDiff,
  DefinitionProblem: contracts.definitionProblem,
  Validation: contracts.validation,
  Actor: contracts.actor,
  ExecutionError: contracts.executionError,
  ExecutionSummary: contracts.executionSummary,
  Execution: contracts.execution,
  ExecutionStep: contracts.executionStep,
  StepAttempt: contracts.stepAttempt,
  ExecutionEvent: contracts.executionEvent,
  ExecutionLog: contracts.executionLog,
  WorkspaceFile: contracts.workspaceFile,
  ThreadState: contracts.threadState,
  Approvers: contracts.approvers,
  ApprovalSummary: contracts.approvalSummary,
  Approval: contracts.approval,
  DecisionRequest: contracts.decisionRequest,
  ApproveExecutionRequest: contracts.approveExecutionRequest,
  StreamTicket: contracts.streamTicket,
  RefinementRequest: contracts.refinementRequest,
  RefinementStarted: contracts.refinementStarted,
  ProposalSummary: contracts.proposalSummary,
  Proposal: contracts.proposal,
  ProposalMerge: contracts.proposalMerge,
  ProposalComment: contracts.proposalComment,
  ProposalAccess: contracts.proposalAccess,
  ApproveProposalRequest: contracts.approveProposalRequest,
  Project: contracts.project,
  CreateProjectRequest: contracts.createProjectRequest,
  UpdateProjectRequest: contracts.updateProjectRequest,
  ExternalAgent: contracts.externalAgent,
  CreatedExternalAgent: contracts.createdExternalAgent,
  CreateExternalAgentRequest: contracts.createExternalAgentRequest,
  UpdateExternalAgentRequest: contracts.updateExternalAgentRequest,
  ExternalAgentKey: contracts.externalAgentKey,
  WebhookConfig: contracts.webhookConfig,
  InvokeRequest: contracts.invokeRequest,
  Invoked: contracts.invoked,
  InvocationSummary: contracts.invocationSummary,
  Invocation: contracts.invocation,
  Usage: contracts.usage,
  Lineage: contracts.lineage,
  Stop: contracts.stop,
  OrganizationEvent: contracts.organizationEvent,
  Policy: contracts.policy,
  PolicyRequest: contracts.policyRequest,
  PolicyVersion: contracts.policyVersion,
  PolicyEvaluation: contracts.policyEvaluation,
  EvaluatePoliciesRequest: contracts.evaluatePoliciesRequest,
  ContextEntry: contracts.contextEntry,
  SetContextRequest: contracts.setContextRequest,
  AppendContextRequest: contracts.appendContextRequest,
  Handoff: contracts.handoff,
  CreateHandoffRequest: contracts.createHandoffRequest,
  CatalogueModel: contracts.catalogueModel,
  EnvVar: contracts.envVar,
  CreateEnvVarRequest: contracts.createEnvVarRequest,
  UpdateEnvVarRequest: contracts.updateEnvVarRequest,
  ProviderKey: contracts.providerKey,
  SetProviderKeyRequest: contracts.setProviderKeyRequest,
  ModelFallback: contracts.modelFallback,
  NodeTypeInfo: contracts.nodeTypeInfo,
  EraseRequest: contracts.eraseRequest,
  OrganizationErasure: contracts.organizationErasure,
  PersonErasure: contracts.personErasure,
};

const DESCRIPTION = `Build agents as graphs, run them durably, follow every step.

Errors are RFC 9457 problem documents with a stable \`code\`. Lists answer \`{data, next_cursor}\`, newest first. Times are
ISO 8601 in UTC, amounts of money decimal US dollars. Every answer carries \`X-Request-Id\`; send W3C \`traceparent\` to join
your own trace. \`x-access\` on an operation is the permission that it needs.`;

const TAGS = [
  { name: 'Accounts', description: 'Sign up, sign in, stay signed in.' },
  { name: 'Organization', description: 'The organization that a credential belongs to.' },
  { name: 'Members', description: 'The people of the organization and their roles.' },
  { name: 'Invitations', description: 'Links by which people become members.' },
  { name: 'Teams', description: 'Groups of members.' },
  { name: 'API keys', description: 'Credentials for programs.' },
  { name: 'Audit log', description: 'Who changed what, when and from where.' },
  { name: 'Agents', description: 'Graphs of nodes: drafts, published versions, their status.' },
  { name: 'Templates', description: 'Agents to begin with.' },
  { name: 'Shadow runs', description: 'A draft tried on what really happened.' },
  { name: 'Executions', description: 'Durable runs of agents: start them, follow them, read what they did.' },
  { name: 'External agents', description: 'Agents elsewhere that call ours, and their keys.' },
  { name: 'Invocations', description: 'What external agents called, and what was refused.' },
  { name: 'Lineage', description: 'What led to an execution, and what it reached.' },
  { name: 'Events', description: 'What happens in the organization: its types, the list and the live feed.' },
  { name: 'Webhooks', description: 'Who is told of events, signed; what was delivered, and what was not.' },
  { name: 'Notifications', description: 'What asks for your attention: the bell.' },
  { name: 'Notification channels', description: 'Chats and mailboxes that are told of events.' },
  { name: 'Chat accounts', description: 'Your accounts on chat platforms: what you press there counts as yours.' },
  { name: 'Projects', description: 'Groups of executions with the values that they share.' },
  { name: 'Governance', description: 'What may be started, by whom and how often; what is stopped.' },
  { name: 'Budgets', description: 'What may be spent, and what has been.' },
  { name: 'Approvals', description: 'What executions ask people before they go on.' },
  { name: 'Models', description: 'Language models that agents can use, with their prices.' },
  {
    name: 'Secrets',
    description: 'Secrets that agents send, and own access to model providers. Values are never shown.',
  },
  { name: 'Operations', description: 'Whether this installation is alive, ready, and which version it runs.' },
];

export type JsonObject = { [key: string]: unknown };

const documents = new WeakMap<object, JsonObject>();

/** The OpenAPI 3.1 document of every route of the app, made once per isolate. */
export function openApiDocument(app: OpenAPIHono<AppEnv>): JsonObject {
  let document = documents.get(app);
  if (document === undefined) {
    document = makeDocument(app);
    documents.set(app, document);
  }
  return document;
}

function makeDocument(app: OpenAPIHono<AppEnv>): JsonObject {
  const registry = app.openAPIRegistry;
  registry.registerComponent('securitySchemes', 'bearer', {
    type: 'http',
    scheme: 'bearer',
    description: "A user's access token, or an API key (`af_live_…`).",
  });
  registry.registerComponent('securitySchemes', 'apiKey', {
    type: 'apiKey',
    in: 'header',
    name: 'X-API-Key',
    description: 'An API key (`af_live_…`).',
  });
  // Schemas made before the OpenAPI extension was loaded lack its method, so it is borrowed from the prototype. z.json()
  // refers to itself and needs a name to be written down at all.
  const { openapi } = z.ZodType.prototype;
  for (const [name, schema] of Object.entries({ JsonValue: contracts.jsonValue, ...NAMED })) {
    registry.register(name, openapi.call(schema, name));
  }
  const document = app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'AgentFlow API',
      version,
      description: DESCRIPTION,
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    servers: [{ url: '/', description: 'This installation' }],
  }) as unknown as JsonObject;
  const linked = linkSchemas(document);
  linked.paths = withPlainParameters(linked.paths as JsonObject);
  describeIdempotencyKeys(linked);
  linked.tags = tagsOf(linked);
  return linked;
}

/** `:path{.+}` is the router's way of saying that the slashes belong to the parameter. */
function withPlainParameters(paths: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(paths).map(([path, item]) => [path.replace(/:(\w+)\{\.\+\}/, '{$1}'), item]),
  );
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const JSON_VALUE = { $ref: '#/components/schemas/JsonValue' };

/** The generator writes "a JSON value or null"; null is a JSON value, and `oneOf` would take it twice. */
function isNullableJson(value: JsonObject): boolean {
  return JSON.stringify(value) === JSON.stringify({ oneOf: [JSON_VALUE, { type: 'null' }] });
}

/** Puts a reference where a schema equals a named one. Names that nothing refers to are left out. */
function linkSchemas(document: JsonObject): JsonObject {
  const components = document.components as { schemas: Record<string, JsonObject> };
  const { schemas } = components;
  schemas.JsonValue = { description: 'Any JSON value' };
  const names = new Map(Object.entries(schemas).map(([name, schema]) => [JSON.stringify(schema), name]));
  const used = new Set<string>();

  const link = (value: unknown, own: string | null): unknown => {
    if (Array.isArray(value)) return value.map((each) => link(each, null));
    if (!isObject(value)) return value;
    if (isNullableJson(value)) return link(JSON_VALUE, null);
    const name = names.get(JSON.stringify(value));
    if (name !== undefined && name !== own) {
      if (!used.has(name)) {
        used.add(name);
        schemas[name] = link(schemas[name], name) as JsonObject;
      }
      return { $ref: `#/components/schemas/${name}` };
    }
    if (typeof value.$ref === 'string') {
      const referred = value.$ref.slice('#/components/schemas/'.length);
      if (!used.has(referred) && schemas[referred] !== undefined) {
        used.add(referred);
        schemas[referred] = link(schemas[referred], referred) as JsonObject;
      }
    }
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, link(each, null)]));
  };

  const paths = link(document.paths, null);
  const kept = Object.fromEntries(Object.entries(schemas).filter(([name]) => used.has(name)));
  return { ...document, paths, components: { ...components, schemas: kept } };
}

export interface DocumentedOperation extends JsonObject {
  readonly operationId?: string;
  readonly summary?: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly parameters?: readonly JsonObject[];
  readonly requestBody?: JsonObject;
  readonly responses: Readonly<Record<string, JsonObject>>;
}

/** Every operation of a document with its path and method, in the document's order. */
export function operationsOf(document: JsonObject): { path: string; method: string; operation: DocumentedOperation }[] {
  return Object.entries(document.paths as Record<string, Record<string, DocumentedOperation>>).flatMap(
    ([path, methods]) => Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
}

function describeIdempotencyKeys(document: JsonObject): void {
  for (const { operation } of operationsOf(document)) {
    if (operation['x-idempotency-key'] !== true) continue;
    delete operation['x-idempotency-key'];
    Object.assign(operation, {
      parameters: [
        ...(operation.parameters ?? []),
        {
          name: 'Idempotency-Key',
          in: 'header',
          required: false,
          description:
            'The same key with the same request within 24 hours gives the first answer again, with `Idempotency-Replayed: true`; with another request it is refused.',
          schema: { type: 'string', minLength: 1, maxLength: 255, pattern: IDEMPOTENCY_KEY.source },
        },
      ],
    });
  }
}

/** The tags in use, in the order in which one reads them. */
function tagsOf(document: JsonObject): { name: string; description: string }[] {
  const used = new Set(operationsOf(document).flatMap(({ operation }) => operation.tags ?? []));
  const described = TAGS.filter((tag) => used.has(tag.name));
  const others = [...used].filter((name) => !described.some((tag) => tag.name === name)).sort();
  return [...described, ...others.map((name) => ({ name, description: `${name}.` }))];
}
