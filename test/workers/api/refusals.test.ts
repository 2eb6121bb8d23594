import { env } from 'cloudflare:workers';
import { filesOf } from '@agentflow/agent-files';
import {
  type AgentDefinition,
  apiKeyScope,
  type CreatedExternalAgent,
  EXTERNAL_OPERATIONS,
  PERMISSIONS,
  type Permission,
  type RefinementStarted,
  roleAllows,
  type ShadowRun,
  type Stop,
  type TestResult,
} from '@agentflow/contracts';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { agentEdges, agentNode, publishedAgent, runToEnd } from '../../support/agents.ts';
import {
  type ApiOptions,
  api,
  createKey,
  expectProblem,
  type Member,
  PASSWORD,
  rawApi,
  signInAgain,
  signUp,
  withRole,
} from '../../support/api.ts';
import { askedOne } from '../../support/approvals.ts';
import { chatLinkToken, linkedAccount } from '../../support/chat-links.ts';
import { listEvents, logged } from '../../support/events.ts';
import { eventually } from '../../support/eventually.ts';
import { externalAgent, invoke } from '../../support/external-agents.ts';
import { authorizationQuery } from '../../support/oauth-client.ts';
import { joinAs } from '../../support/people.ts';
import { runtimeScenario } from '../../support/runtime-scenario.ts';
import { listedEnds, startShadowRun, withHeldDraft } from '../../support/shadow-runs.ts';
import { NOWHERE, webhookOf } from '../../support/webhooks.ts';
import { script } from '../executions/looping.ts';
import { deadKeys, expiredToken, forgedTokens } from './dead-credentials.ts';
import { type Listed, operations, permissionOf, smallestBody } from './served-document.ts';

/**
 * The matrix: for every operation of the served OpenAPI document one request on real objects, sent by everybody who may
 * not (401, 403, 404), and at last, unchanged, by the organization's owner, who gets 2xx and leaves a row in the audit
 * log. So each refusal is one of a request that would have worked, and a new route is covered without anybody
 * remembering it. What the document cannot tell stands in the tables below; a missing entry fails with a sentence that
 * says so.
 */

/** Operations that anybody may call. A route that should not be here is a leak; a new public one is a decision. */
const PUBLIC = [
  'getHealth',
  'getReadiness',
  'getRelease',
  'signUp',
  'logIn',
  'refreshSession',
  'logOut',
  'getInvitation',
  'acceptInvitation',
  'receiveChatCallback',
];

/** `before` is the real path in front of what is made. */
type Make<T> = (owner: Member, before: string) => Promise<T>;

/** Real objects of the owner's organization, by the path in front of the parameter. */
const OBJECTS: { [prefix: string]: Make<string> } = {
  '/api/v1/agents/': async (owner) => (await agentOf(owner)).id,
  '/api/v1/agents/{id}/draft/files/': async () => 'agent.yaml',
  '/api/v1/executions/': executionOf,
  '/api/v1/executions/{id}/files/': async () => 'notes/a.md',
  '/deepagents-runtime/state/': (owner) => threadOf(owner),
  '/api/v1/templates/': async () => 'support-triage',
  '/api/v1/projects/': projectOf,
  '/api/v1/context/': projectOf,
  '/api/v1/policies/': async (owner) => {
    const made = await api<{ id: string }>('/policies', { token: owner.token, body: somePolicy() });
    expect(made.status, JSON.stringify(made.body)).toBe(201);
    return made.body.id;
  },
  '/api/v1/notification-channels/': async (owner) => {
    const made = await api<{ id: string }>('/notification-channels', { token: owner.token, body: someChannel() });
    expect(made.status, JSON.stringify(made.body)).toBe(201);
    return made.body.id;
  },
  '/api/v1/chat-accounts/': async (owner) => (await linkedAccount(owner)).id,
  '/api/workflows/': async (owner) => (await agentOf(owner)).id,
  '/api/proposals/': readyProposalOf,
  '/api/v1/proposals/': readyProposalOf,
  '/api/v1/refinements/': async (owner) => (await readyRefinementOf(owner)).thread_id,
  '/api/v1/approvals/': async (owner) => (await askedOne(owner)).id,
  '/api/v1/events/': async (owner) => {
    const event = logged('agent.paused');
    await listEvents(owner, [event]);
    return event.id;
  },
  '/api/v1/notifications/': async (owner) => {
    const event = logged('budget.overrun', {}, Date.now() + 1000);
    await listEvents(owner, [event]);
    return event.id;
  },
  '/api/v1/auth/sessions/': async (owner) => (await signInAgain(owner)).session_id,
  '/api/v1/org/members/': async (owner) => (await withRole(owner, 'viewer')).user_id,
  '/api/v1/org/members/invitations/': invitationOf,
  '/api/v1/org/teams/': teamOf,
  '/api/v1/org/teams/{id}/members/': async (owner) => (await withRole(owner, 'viewer')).user_id,
  '/api/v1/org/env-vars/': secretOf,
  '/api/v1/org/provider-keys/': providerKeyOf,
  '/api/v1/agents/{id}/shadow-runs/': async (owner, before) => {
    const agentId = before.split('/')[4] ?? '';
    await runToEnd(owner, agentId, { n: 1 });
    await listedEnds(owner, agentId, 1);
    return (await startShadowRun(owner, agentId)).id;
  },
  '/api/v1/agents/{id}/shadow-runs/{shadow_run_id}/comparisons/': async (owner, before) => {
    const run = await api<ShadowRun>(`/${before.replace(/\/comparisons\/$/, '')}`, { token: owner.token });
    return String(run.body.comparisons[0]?.execution_id);
  },
  '/api/v1/stops/': async (owner) => {
    const { id } = await externalAgent(owner);
    const { body } = await api<Stop>(`/external-agents/${id}`, { method: 'DELETE', token: owner.token });
    return body.stop_id;
  },
  '/api/v1/external-agents/': async (owner) => (await externalAgent(owner)).id,
  '/api/v1/invocations/': invocationOf,
  '/api/v1/external-agents/{id}/keys/': async (owner, before) => {
    const { body } = await api<{ data: { id: string }[] }>(`/${before.slice(0, -1)}`, { token: owner.token });
    return String(body.data[0]?.id);
  },
  '/api/v1/webhooks/': async (owner) => (await webhookOf(owner)).id,
  '/api/v1/deliveries/': testDeliveryOf,
  '/api/v1/org/api-keys/': async (owner) => (await createKey(owner, ['agents:read'])).id,
};

/** Objects in another state than those of their prefix, for operations that need it: the last parameter of the path. */
const OBJECT_OF: { [operationId: string]: Make<string> } = {
  deleteDraftFile: async (owner, before) => {
    const written = await api(`/${before}knowledge/terms.md`, {
      method: 'PUT',
      token: owner.token,
      body: { content: '' },
    });
    expect(written.status, JSON.stringify(written.body)).toBe(200);
    return 'knowledge/terms.md';
  },
  cancelExecution: (owner) => waitingExecutionOf(owner),
  cancelInvocation: invocationOf,
  invokeAgent: async (owner) => externalHouse(owner),
  removeTeamMember: async (owner, before) => {
    const { user_id } = await withRole(owner, 'viewer');
    const added = await api(`/${before}${user_id}`, { method: 'PUT', token: owner.token });
    expect(added.status, JSON.stringify(added.body)).toBe(204);
    return user_id;
  },
  cancelShadowRun: async (owner, before) => {
    const agentId = before.split('/')[4] ?? '';
    await withHeldDraft(owner, agentId, { n: 1 });
    return (await startShadowRun(owner, agentId)).id;
  },
  tryProposal: async (owner) => {
    const { proposal_id, agent_id } = await readyRefinementOf(owner);
    await api(`/agents/${agent_id}/publish`, { token: owner.token, body: {} });
    await runToEnd(owner, agent_id, { n: 1 });
    await listedEnds(owner, agent_id, 1);
    return proposal_id;
  },
  startShadowRun: async (owner) => {
    const { id } = await agentOf(owner);
    await runToEnd(owner, id, { n: 1 });
    await listedEnds(owner, id, 1);
    return id;
  },
  topUpAgentBudget: async (owner) => {
    const { id } = await agentOf(owner);
    return limited(owner, `/agents/${id}/budget`, id);
  },
  topUpProjectBudget: async (owner) => {
    const id = await projectOf(owner);
    return limited(owner, `/projects/${id}/budget`, id);
  },
  topUpExternalAgentBudget: async (owner) => {
    const { id } = await externalAgent(owner);
    return limited(owner, `/external-agents/${id}/budget`, id);
  },
  topUpExecution: (owner) => waitingExecutionOf(owner, { budget_usd: 1 }),
  testExternalAgentWebhook: async (owner) => {
    const webhook_config = { platform: 'generic', webhook_url: `${inject('targetUrl')}/echo` };
    return (await externalAgent(owner, { webhook_config })).id;
  },
  approveExecution: async (owner) => (await askedOne(owner)).execution_id,
  rollbackAgent: async (owner) => {
    const { id } = await agentOf(owner);
    expect((await api(`/agents/${id}/publish`, { token: owner.token, body: {} })).status).toBe(200);
    return id;
  },
};

/** Parameters that are no object's id: any valid value. */
const VALUES: { [name: string]: string } = { n: '1', m: '1', key: 'plan' };

/**
 * Bodies that the schema alone does not lead to, by operation: they must change something. A function makes what the body
 * speaks of.
 */
const BODIES: { [operationId: string]: object | ((owner: Member) => Promise<object>) } = {
  setNotificationSettings: { muted: ['channel.unhealthy'], added: [] },
  decideConsent: async (owner) => ({
    request: await authorizationQuery(),
    decision: 'approve',
    external_agent_id: (await externalAgent(owner)).id,
  }),
  putDraftFile: { content: 'nodes: []\nedges: []\n' },
  createWebhook: { url: NOWHERE, events: ['*'] },
  updateWebhook: { description: 'Another description' },
  recoverWebhook: { since: '2026-01-01T00:00:00Z' },
  createEnvVar: { name: 'API_TOKEN', value: 'value' },
  setProviderKey: { api_key: 'key-of-the-test' },
  updateEnvVar: { value: 'another value' },
  setOrganizationBudget: { limit_usd: 1000, period: 'month' },
  setAgentBudget: { limit_usd: 10.5, period: 'day', on_exceeded: 'fail' },
  setProjectBudget: { limit_usd: 10, period: 'total' },
  topUpOrganizationBudget: async (owner) => {
    await limited(owner, '/org/budget', '');
    return { amount_usd: 1, period: 'total' };
  },
  topUpAgentBudget: { amount_usd: 1 },
  topUpProjectBudget: { amount_usd: 1 },
  setExternalAgentBudget: { limit_usd: 10, period: 'day' },
  topUpExternalAgentBudget: { amount_usd: 1 },
  topUpExecution: { amount_usd: 1 },
  createHandoff: async (owner) => ({ to_agent_id: (await agentOf(owner)).id, instructions: 'Go on.' }),
  updateProject: { name: 'Another name' },
  createPolicy: somePolicy(),
  updatePolicy: somePolicy(),
  setPolicyDefault: { default: 'deny' },
  evaluatePolicies: async (owner) => ({
    request: { subject: { kind: 'user', role: 'viewer' }, agent_id: (await agentOf(owner)).id },
  }),
  changePassword: { current_password: PASSWORD, new_password: 'another long passphrase' },
  rollbackAgent: { version: 1 },
  refineAgent: endlessRefinement,
  refineWorkflow: endlessRefinement,
  setAgentStatus: { status: 'paused' },
  inviteMember: { email: 'somebody@example.com', role: 'viewer' },
  switchOrganization: async (owner) => {
    const other = await signUp();
    await joinAs(owner, other, 'viewer');
    return { organization_id: other.organization_id };
  },
  eraseOrganization: async ({ token }) => ({ confirm: await confirmOf(token, '/org/erasure'), password: PASSWORD }),
  eraseMe: async (owner) => {
    await withRole(owner, 'owner');
    return { confirm: owner.email, password: PASSWORD };
  },
  createTeam: { name: 'A team' },
  setRetention: { days: 90 },
  setRateLimits: { per_key: { hour: 100 } },
  updateTeam: { name: 'A renamed team' },
  setModelFallback: { models: ['builtin/extractive'] },
  setModelPrice: { model: 'custom/example', input_usd_per_million: 1, output_usd_per_million: 2 },
  updateAgent: { name: 'Renamed' },
  createNotificationChannel: someChannel(),
  updateNotificationChannel: { name: 'Renamed' },
  linkChatAccount: async (owner) => ({ token: await chatLinkToken(owner) }),
  createExternalAgent: { name: 'Outside', platform: 'custom' },
  updateExternalAgent: { name: 'Renamed' },
  setExternalAgentRateLimits: { minute: 5 },
  invokeAgent: async (owner) => ({ agent_id: (await agentOf(owner)).id, input: { n: 1 } }),
  invokeRuntime: async (owner) => ({ agent_id: (await agentOf(owner)).id, input_payload: { n: 1 } }),
};
/** Operations whose path names what every organization has, or its own of: a stranger is answered too. */
const EVERYBODYS = ['setProviderKey', 'getTemplate', 'installTemplate'];

/** Queries without which an operation does nothing, with the question mark. */
const QUERIES: { [operationId: string]: (owner: Member) => Promise<string> } = {
  describeChatAccountLink: async (owner) => `?token=${await chatLinkToken(owner)}`,
  describeConsent: async () => `?request=${encodeURIComponent(await authorizationQuery())}`,
  removeModelPrice: async ({ token }) => {
    const body = { model: 'custom/priced', input_usd_per_million: 1, output_usd_per_million: 2 };
    expect((await api('/models/prices', { method: 'PUT', token, body })).status).toBe(200);
    return '?model=custom/priced';
  },
};

/** Operations that would spoil the others' objects: each gets an organization and an owner of its own. */
const OWN_ORGANIZATION = [
  'changePassword',
  'revokeOtherSessions',
  'switchOrganization',
  'eraseOrganization',
  'eraseMe',
  'setPolicyDefault',
];

/** Operations that change and still leave nothing in the audit log, each with its reason. */
const UNTOLD: { [operationId: string]: string } = {
  executeAgent: 'the execution itself tells who started it, and programs start thousands',
  testAgent: 'the same',
  invokeAgent: 'the same: an invocation is the record of the call',
  setContext: 'the value itself tells who wrote it last, and agents write thousands',
  appendContext: 'the same',
  retryExecution: 'as executeAgent',
  invokeRuntime: 'as executeAgent',
  validateAgent: 'changes nothing',
  evaluatePolicies: 'the same',
  previewNotification: 'the same',
  switchOrganization: 'the organization that was switched to is told',
  eraseOrganization: 'the audit log goes with the organization',
  readNotification: 'what one has read is nobody else’s',
  readAllNotifications: 'the same',
  setNotificationSettings: 'what one’s own bell tells is nobody else’s',
  createRefinementTicket: 'changes nothing: lets its caller watch for a minute what they may read anyway',
  createFeedTicket: 'changes nothing: lets its caller watch for a minute what they may read anyway',
  createStreamTicket: 'changes nothing: lets its caller follow for a minute what they may read anyway',
};

const guarded = operations.filter((each) => !PUBLIC.includes(each.id));
const named = (list: readonly Listed[]) => list.map((each) => [`${each.method} ${each.path}`, each] as const);

async function agentOf(owner: Member) {
  const nodes = [
    agentNode('start', 'trigger.manual'),
    agentNode('double', 'logic.transform', { expression: 'trigger.n * 2' }),
  ];
  return publishedAgent(owner, { nodes, edges: agentEdges('start>double') });
}

/** One that does not end: its end would leave a row in the audit log. */
async function endlessRefinement() {
  return { user_prompt: `Rename it. ${(await runtimeScenario()).mark}` };
}

/** A refinement whose proposal waits for a decision. */
async function readyRefinementOf(owner: Member) {
  const { id: agent_id } = await agentOf(owner);
  const { body: definition } = await api<AgentDefinition>(`/agents/${agent_id}/draft`, { token: owner.token });
  const knowledge = { note: 'Doubles a number.' };
  const files = { event_type: 'on_state_update', data: { files: filesOf({ ...definition, knowledge }), todos: [] } };
  const end = { event_type: 'end', data: { status: 'completed', result: 'Noted.', error: null } };
  const runtime = await runtimeScenario({ frames: [files, end] });
  const started = await api<RefinementStarted>(`/agents/${agent_id}/refinements`, {
    token: owner.token,
    body: { user_prompt: `Note what it does. ${runtime.mark}` },
  });
  expect(started.status, JSON.stringify(started.body)).toBe(202);
  const { proposal_id } = started.body;
  await eventually(async () => {
    const { body } = await api<{ status: string }>(`/proposals/${proposal_id}`, { token: owner.token });
    return body.status === 'ready';
  });
  return { ...started.body, agent_id };
}

async function readyProposalOf(owner: Member): Promise<string> {
  return (await readyRefinementOf(owner)).proposal_id;
}

function someChannel() {
  const config = { platform: 'slack', webhook_url: `${inject('toolServerUrl')}/echo` };
  return { name: 'Operations', config, events: ['execution.failed'] };
}

/** One that refuses nobody. */
function somePolicy() {
  const about = { subjects: [{ kind: '*' }], actions: ['*'], resources: { agents: ['*'] } };
  return { name: crypto.randomUUID(), effect: 'allow', ...about };
}

/** With a value under `plan`, for what is read and appended there. */
async function projectOf({ token }: Member): Promise<string> {
  const { body } = await api<{ id: string }>('/projects', { token, body: { name: crypto.randomUUID() } });
  const set = await api(`/context/${body.id}/plan`, { method: 'PUT', token, body: { value: [] } });
  expect(set.status, JSON.stringify(set.body)).toBe(200);
  return body.id;
}

/** Gives back `id`, of what has a budget then. */
async function limited({ token }: Member, path: string, id: string): Promise<string> {
  const set = await api(path, { method: 'PUT', token, body: { limit_usd: 1000, period: 'total' } });
  expect(set.status, JSON.stringify(set.body)).toBe(200);
  return id;
}

async function started(owner: Member, agentId: string, more: object = {}): Promise<string> {
  const answer = await api<{ id: string }>(`/agents/${agentId}/execute`, {
    token: owner.token,
    body: { input: { n: 1 }, ...more },
  });
  expect(answer.status, JSON.stringify(answer.body)).toBe(202);
  return answer.body.id;
}

/** Of a job that brought its definition. */
async function threadOf({ token }: Member): Promise<string> {
  const agent_definition = { nodes: [agentNode('start', 'trigger.manual')], edges: [] };
  const made = await api<{ thread_id: string }>('//deepagents-runtime/invoke', { token, body: { agent_definition } });
  expect(made.status, JSON.stringify(made.body)).toBe(202);
  return made.body.thread_id;
}

async function secretOf(owner: Member): Promise<string> {
  const name = `SECRET_${crypto.randomUUID().slice(0, 8).toUpperCase()}`;
  const made = await api('/org/env-vars', { token: owner.token, body: { name, value: 'value' } });
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  return name;
}

async function providerKeyOf(owner: Member): Promise<string> {
  const body = { api_key: 'key-of-the-owner' };
  const set = await api('/org/provider-keys/anthropic', { method: 'PUT', token: owner.token, body });
  expect(set.status, JSON.stringify(set.body)).toBe(200);
  return 'anthropic';
}

/** The word that an erasure asks for. */
async function confirmOf(token: string, path: string): Promise<string> {
  return (await api<{ confirm: string }>(path, { token })).body.confirm;
}

/** Of a test event that has arrived. */
async function testDeliveryOf(owner: Member): Promise<string> {
  const { id } = await webhookOf(owner, { url: `${inject('targetUrl')}/echo` });
  const sent = await api<TestResult>(`/webhooks/${id}/test`, { token: owner.token, body: {} });
  expect(sent.status, JSON.stringify(sent.body)).toBe(200);
  return sent.body.delivery.id;
}

async function invitationOf(owner: Member): Promise<string> {
  const body = { email: `${crypto.randomUUID()}@example.com`, role: 'viewer' };
  const made = await api<{ id: string }>('/org/members/invite', { token: owner.token, body });
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  return made.body.id;
}

async function teamOf(owner: Member): Promise<string> {
  const made = await api<{ id: string }>('/org/teams', { token: owner.token, body: { name: crypto.randomUUID() } });
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  return made.body.id;
}

/** Keys of the external agents that the matrix calls as, by their ids. */
const externalKeys = new Map<string, string>();

async function externalHouse(owner: Member): Promise<string> {
  const { id, api_key } = await externalAgent(owner);
  externalKeys.set(id, api_key);
  return id;
}

/** One that ends when it is cancelled and not before. */
async function invocationOf(owner: Member): Promise<string> {
  const nodes = [agentNode('start', 'trigger.manual'), agentNode('wait', 'logic.delay', { seconds: 3600 })];
  const { id } = await publishedAgent(owner, { nodes, edges: agentEdges('start>wait') });
  const { status, body } = await invoke(await externalAgent(owner), id);
  expect(status, JSON.stringify(body)).toBe(202);
  return body.invocation_id;
}

/** One that has ended, with `notes/a.md` among its files. */
async function executionOf(owner: Member): Promise<string> {
  const deep = { files: { 'notes/a.md': 'one' } };
  const task = { model: `custom/${await script([{ text: 'Done.' }])}`, prompt: 'Do nothing.', deep };
  const nodes = [agentNode('start', 'trigger.manual'), agentNode('act', 'ai.agent', task)];
  const { id } = await publishedAgent(owner, { nodes, edges: agentEdges('start>act') });
  return (await runToEnd(owner, id)).id;
}

/** One that ends when it is cancelled and not before: its only call is never answered. */
async function waitingExecutionOf(owner: Member, more: object = {}): Promise<string> {
  const url = `${inject('toolServerUrl')}/gate/${crypto.randomUUID()}`;
  const nodes = [agentNode('start', 'trigger.manual'), agentNode('call', 'action.http', { url })];
  const { id } = await publishedAgent(owner, { nodes, edges: agentEdges('start>call') });
  return started(owner, id, more);
}

/** An organization with the people and keys that the matrix sends; what is asked for first is made then. */
class House {
  private dead: Promise<{ expired: string; revoked: string }> | undefined;
  private outside: Promise<CreatedExternalAgent> | undefined;
  private readonly keys = new Map<Permission, Promise<string>>();
  private readonly objects = new Map<string, Promise<string>>();

  private constructor(
    readonly owner: Member,
    readonly viewer: Member,
  ) {}

  static async build(): Promise<House> {
    const owner = await signUp();
    return new House(owner, await withRole(owner, 'viewer'));
  }

  deadKeys(): Promise<{ expired: string; revoked: string }> {
    this.dead ??= deadKeys(this.owner);
    return this.dead;
  }

  /** A key with this one scope. */
  keyWith(scope: Permission): Promise<string> {
    const key = this.keys.get(scope) ?? createKey(this.owner, [scope]).then((made) => made.key);
    this.keys.set(scope, key);
    return key;
  }

  /** The object behind a prefix: one for all who only read it, a fresh one for each operation that changes it. */
  object(prefix: string, { id, method }: Listed, isLast: boolean, before: string): Promise<string> | undefined {
    const special = isLast ? OBJECT_OF[id] : undefined;
    const make = special ?? OBJECTS[prefix];
    if (make === undefined || special !== undefined || method !== 'GET') return make?.(this.owner, before);
    const known = this.objects.get(prefix) ?? make(this.owner, before);
    this.objects.set(prefix, known);
    return known;
  }

  /** An external agent that may do everything that one may. */
  external(): Promise<CreatedExternalAgent> {
    this.outside ??= externalAgent(this.owner, { operations: [...EXTERNAL_OPERATIONS] });
    return this.outside;
  }

  async auditRows(): Promise<number> {
    const row = await env.DB.prepare('SELECT count(*) AS n FROM audit_logs WHERE organization_id = ?')
      .bind(this.owner.organization_id)
      .first<{ n: number }>();
    return row?.n ?? 0;
  }
}

/** The one request of an operation. */
interface Prepared {
  readonly house: House;
  readonly path: string;
  send(options?: ApiOptions): ReturnType<typeof api>;
}

const prepared = new Map<string, Promise<Prepared>>();
let shared: Promise<House> | undefined;

function requestOf(listed: Listed): Promise<Prepared> {
  const known = prepared.get(listed.id) ?? prepare(listed);
  prepared.set(listed.id, known);
  return known;
}

async function prepare(listed: Listed): Promise<Prepared> {
  const { id, method } = listed;
  shared ??= House.build();
  const house = OWN_ORGANIZATION.includes(id) ? await House.build() : await shared;
  const path = (await realPath(house, listed)) + ((await QUERIES[id]?.(house.owner)) ?? '');
  const entry = BODIES[id];
  const body = typeof entry === 'function' ? await entry(house.owner) : (entry ?? smallestBody(listed));
  return {
    house,
    path: `/${path}`,
    send: (options) => api(`/${path}`, { method, ...(body === undefined ? {} : { body }), ...options }),
  };
}

/** The path with ids of the owner's real objects. */
async function realPath(house: House, listed: Listed): Promise<string> {
  const { path, id } = listed;
  let real = '';
  let rest = path;
  for (;;) {
    const parameter = /\{(\w+)\}/.exec(rest);
    if (parameter === null) return real + rest;
    const [whole, name = ''] = parameter;
    const prefix = path.slice(0, path.length - rest.length + parameter.index);
    const after = rest.slice(parameter.index + whole.length);
    const before = real + rest.slice(0, parameter.index);
    const value = (await house.object(prefix, listed, !after.includes('{'), before)) ?? VALUES[name];
    if (value === undefined) {
      throw new Error(`${id}: add to OBJECTS how to make what {${name}} after ${prefix} names, or its value to VALUES`);
    }
    real = before + value;
    rest = after;
  }
}

describe('the document', () => {
  it('says for every operation who may call it', () => {
    const silent = guarded.filter(({ access }) => access === undefined || access === 'public').map(({ id }) => id);
    expect(silent, 'give these routes an access, or add them to PUBLIC').toEqual([]);
    const known = [...Object.keys(PERMISSIONS), 'signed_in', 'external'];
    const unknown = guarded.filter(({ access }) => !known.includes(access ?? ''));
    expect(unknown).toEqual([]);
  });

  it('has every operation that the tables name', () => {
    const tables = [PUBLIC, OWN_ORGANIZATION, ...[OBJECT_OF, BODIES, QUERIES, UNTOLD].map(Object.keys)].flat();
    expect(operations.map(({ id }) => id)).toEqual(expect.arrayContaining(tables));
  });
});

describe('anonymous callers', () => {
  it.each(named(guarded))('%s', async (_name, listed) => {
    const { send } = await requestOf(listed);
    expectProblem(await send(), 401, 'unauthenticated');
    // Nothing of the body is read, let alone judged, before the caller is known.
    if (listed.method !== 'GET') expectProblem(await send({ body: '{' }), 401, 'unauthenticated');
  });
});

describe('credentials that are not valid', () => {
  it.each(named(guarded))('%s', async (_name, listed) => {
    const { send, house } = await requestOf(listed);
    for (const token of await forgedTokens(house.owner)) expectProblem(await send({ token }), 401, 'unauthenticated');
    const basic = { headers: { authorization: `Basic ${btoa('a:b')}` } };
    expectProblem(await send(basic), 401, 'unauthenticated');
  });
});

describe('credentials that were valid once', () => {
  it.each(named(guarded))('%s', async (_name, listed) => {
    const { send, house } = await requestOf(listed);
    expectProblem(await send({ token: await expiredToken(house.owner) }), 401, 'token_expired');
    const { expired, revoked } = await house.deadKeys();
    expectProblem(await send({ key: expired }), 401, 'token_expired');
    expectProblem(await send({ key: revoked }), 401, 'unauthenticated');
  });
});

describe('callers without the permission', () => {
  const permitted = guarded.flatMap((listed) => {
    const needed = permissionOf(listed);
    return needed === null ? [] : [[`${listed.method} ${listed.path}`, listed, needed] as const];
  });

  it.each(permitted)('%s', async (_name, listed, needed) => {
    const { send, house } = await requestOf(listed);
    if (!roleAllows('viewer', needed)) expectProblem(await send({ token: house.viewer.token }), 403, 'forbidden');
    const key = await house.keyWith(needed === 'org:read' ? 'agents:read' : 'org:read');
    expectProblem(await send({ key }), 403, 'forbidden');
  });
});

describe('keys of external agents', () => {
  it.each(named(guarded.filter(({ external }) => external === undefined)))('%s', async (_name, listed) => {
    const { send, house } = await requestOf(listed);
    expectProblem(await send({ key: (await house.external()).api_key }), 403, 'forbidden');
  });

  const open = guarded.filter(({ external }) => external !== undefined);

  it('open what is for them alone when they may do it', async () => {
    expect(open.map(({ id }) => id)).toContain('invokeAgent');
    for (const listed of open) {
      const { send, house } = await requestOf(listed);
      const others = EXTERNAL_OPERATIONS.filter((each) => each !== listed.external);
      const { api_key } = await externalAgent(house.owner, { operations: others });
      const answer = await send({ key: api_key });
      expect([403, 404], listed.id).toContain(answer.status);
    }
  });

  it.each(named(open))('that are dead or deactivated: %s', async (_name, listed) => {
    const { send, house } = await requestOf(listed);
    const { owner } = house;
    const revoked = await externalAgent(owner);
    const path = `/external-agents/${revoked.id}/keys/${revoked.key_id}`;
    expect((await api(path, { method: 'DELETE', token: owner.token })).status).toBe(202);
    expectProblem(await send({ key: revoked.api_key }), 401, 'unauthenticated');
    const deleted = await externalAgent(owner);
    expect((await api(`/external-agents/${deleted.id}`, { method: 'DELETE', token: owner.token })).status).toBe(202);
    expectProblem(await send({ key: deleted.api_key }), 401, 'unauthenticated');
    const inactive = await externalAgent(owner);
    const body = { is_active: false };
    expect((await api(`/external-agents/${inactive.id}`, { method: 'PUT', token: owner.token, body })).status).toBe(
      202,
    );
    const refused = await send({ key: inactive.api_key });
    expect([403, 404]).toContain(refused.status);
  });
});

describe('strangers', () => {
  let stranger: Member;
  let key: string;
  let outside: string;
  beforeAll(async () => {
    stranger = await signUp();
    key = (await createKey(stranger, apiKeyScope.options)).key;
    outside = (await externalAgent(stranger)).api_key;
  });

  it.each(named(guarded.filter(({ path, id }) => path.includes('{') && !EVERYBODYS.includes(id))))(
    '%s',
    async (_name, listed) => {
      const { send, house } = await requestOf(listed);
      const people = listed.access === 'external' ? [] : [{ token: stranger.token }, { key }];
      const outsiders = listed.external === undefined ? [] : [{ key: outside }];
      for (const credential of [...people, ...outsiders]) {
        const problem = expectProblem(await send(credential), 404, 'not_found');
        expect(JSON.stringify(problem)).not.toContain(house.owner.organization_id);
      }
    },
  );
});

describe('at last the owner, with the same request', () => {
  it.each(named(guarded))('%s', async (_name, listed) => {
    const { id, method } = listed;
    const { send, house, path } = await requestOf(listed);
    const before = await house.auditRows();
    const external = externalKeys.get(/ext_[^/]+/.exec(path)?.[0] ?? '');
    const answer = await send(listed.access === 'external' ? { key: external ?? '' } : { token: house.owner.token });
    const says = `${id} answered its owner ${answer.status} ${JSON.stringify(answer.body)}`;
    const help = 'give it what it needs in BODIES, QUERIES, OBJECT_OF or OWN_ORGANIZATION';
    expect(answer.status >= 200 && answer.status < 300, `${says}: ${help}`).toBe(true);
    if (method === 'GET') return;
    const told = (await house.auditRows()) > before;
    const reason = UNTOLD[id];
    if (reason === undefined)
      expect(
        told,
        `${id} left no row in the audit log: write one, change something in BODIES, or say why in UNTOLD`,
      ).toBe(true);
    else expect(told, `${id} stands in UNTOLD (${reason}) but left a row in the audit log`).toBe(false);
  });
});

describe("an execution's socket, which OpenAPI cannot describe", () => {
  it('refuses as the other routes do', async () => {
    const { owner, ...house } = await signUpWithDeadKeys();
    const stranger = await signUp();
    const path = `/executions/${await executionOf(owner)}/stream`;
    const connect = async (query: string, headers: Record<string, string>) => {
      const response = await rawApi(path + query, { headers: { upgrade: 'websocket', ...headers } });
      response.webSocket?.accept();
      response.webSocket?.close();
      return response.status;
    };
    const bearer = (credential: string) => connect('', { authorization: `Bearer ${credential}` });
    expect(await connect('', {})).toBe(401);
    expect(await connect('?ticket=x', {})).toBe(401);
    expect(await connect(`?ticket=${owner.token}`, {})).toBe(401);
    for (const dead of [house.expired, house.revoked]) expect(await bearer(dead)).toBe(401);
    expect(await bearer((await createKey(owner, ['agents:read'])).key)).toBe(403);
    expect(await bearer(stranger.token)).toBe(404);
    expect(await bearer(owner.token)).toBe(101);
  });

  async function signUpWithDeadKeys() {
    const owner = await signUp();
    return { owner, ...(await deadKeys(owner)) };
  }
});
