import { env } from 'cloudflare:workers';
import { apiKeyScope, PERMISSIONS, type Permission, roleAllows } from '@agentflow/contracts';
import { SignJWT } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { keyring } from '../../../workers/platform/keyring.ts';
import { agentEdges, agentNode, publishedAgent } from '../../support/agents.ts';
import {
  type ApiOptions,
  api,
  createKey,
  expectProblem,
  type Member,
  rawApi,
  signInAgain,
  signUp,
  withRole,
} from '../../support/api.ts';

/**
 * Walks every operation of the served OpenAPI document, so that a new route is covered without anybody remembering it.
 * What the document cannot tell stands in three tables below; a missing entry fails with a sentence that says so.
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
];

/** Real objects of the owner's organization, by the path in front of the parameter. */
const OBJECTS: { [prefix: string]: (owner: Member) => Promise<string> } = {
  '/api/v1/agents/': async (owner) => (await agentOf(owner)).id,
  '/api/v1/executions/': executionOf,
  '/api/v1/auth/sessions/': async (owner) => (await signInAgain(owner)).session_id,
  '/api/v1/org/members/': async (owner) => (await withRole(owner, 'viewer')).user_id,
  '/api/v1/org/members/invitations/': invitationOf,
  '/api/v1/org/teams/': teamOf,
  '/api/v1/org/teams/{id}/members/': async (owner) => (await withRole(owner, 'viewer')).user_id,
  '/api/v1/org/api-keys/': async (owner) => (await createKey(owner, ['agents:read'])).id,
};

/** Parameters that are no object's id: any valid value. */
const VALUES: { [name: string]: string } = { n: '1', m: '1' };

/** Bodies that the schema alone does not lead to, by operation. */
const BODIES: { [operationId: string]: unknown } = {};

interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly properties?: { readonly [name: string]: Schema };
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly minItems?: number;
  readonly minimum?: number;
  readonly format?: string;
  readonly anyOf?: readonly Schema[];
}

interface Operation {
  readonly operationId?: string;
  readonly 'x-access'?: Permission | 'signed_in' | 'public';
  readonly requestBody?: { readonly content: { readonly [type: string]: { readonly schema: Schema } } };
}

interface Document {
  readonly paths: { readonly [path: string]: { readonly [method: string]: Operation } };
  readonly components: { readonly schemas: { readonly [name: string]: Schema } };
}

const document = (await api<Document>('/openapi.json')).body;

const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({
    path,
    method: method.toUpperCase(),
    id: operation.operationId ?? `${method} ${path}`,
    access: operation['x-access'],
    operation,
  })),
);
type Listed = (typeof operations)[number];
const guarded = operations.filter((each) => !PUBLIC.includes(each.id));
const withObject = guarded.filter((each) => each.path.includes('{'));

async function agentOf(owner: Member) {
  const nodes = [
    agentNode('start', 'trigger.manual'),
    agentNode('double', 'logic.transform', { expression: 'trigger.n * 2' }),
  ];
  return publishedAgent(owner, { nodes, edges: agentEdges('start>double') });
}

async function executionOf(owner: Member): Promise<string> {
  const agent = await agentOf(owner);
  const started = await api<{ id: string }>(`/agents/${agent.id}/execute`, {
    token: owner.token,
    body: { input: { n: 1 } },
  });
  expect(started.status, JSON.stringify(started.body)).toBe(202);
  return started.body.id;
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

/** The smallest value that a schema takes. */
function example(schema: Schema): unknown {
  if (schema.$ref !== undefined) {
    const name = schema.$ref.slice('#/components/schemas/'.length);
    const referred = document.components.schemas[name];
    if (referred === undefined) throw new Error(`the document refers to ${name} but does not define it`);
    return example(referred);
  }
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return schema.enum[0];
  if (schema.anyOf !== undefined) return example(schema.anyOf[0] ?? {});
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  switch (type) {
    case 'object':
      return Object.fromEntries(
        (schema.required ?? []).map((name) => [name, example(schema.properties?.[name] ?? {})]),
      );
    case 'array':
      return Array.from({ length: schema.minItems ?? 0 }, () => example(schema.items ?? {}));
    case 'integer':
    case 'number':
      return schema.minimum ?? 1;
    case 'boolean':
      return false;
    case 'string':
      return schema.format === 'date-time' ? '2040-01-01T00:00:00Z' : 'example';
    default:
      return {};
  }
}

function bodyOf({ id, operation }: Listed): unknown {
  if (BODIES[id] !== undefined) return BODIES[id];
  const content = operation.requestBody?.content['application/json'];
  return content === undefined ? undefined : example(content.schema);
}

async function call(listed: Listed, path: string, options: ApiOptions = {}) {
  const body = bodyOf(listed);
  return api(`/${path}`, { method: listed.method, ...(body === undefined ? {} : { body }), ...options });
}

/** The path with ids of the right form that name nothing. */
function anyPath({ path }: Listed): string {
  return path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => VALUES[name] ?? 'x');
}

const made = new Map<string, Promise<string>>();

/** The owner's object behind a prefix: one for all operations, but a fresh one for each that deletes. */
function objectOf(prefix: string, { method }: Listed): Promise<string> | undefined {
  const make = OBJECTS[prefix];
  if (make === undefined || method === 'DELETE') return make?.(owner);
  const known = made.get(prefix) ?? make(owner);
  made.set(prefix, known);
  return known;
}

/** The path with ids of the owner's real objects. */
async function realPath(listed: Listed): Promise<string> {
  const { path, id } = listed;
  let real = '';
  let rest = path;
  for (;;) {
    const parameter = /\{(\w+)\}/.exec(rest);
    if (parameter === null) return real + rest;
    const [whole, name = ''] = parameter;
    const prefix = path.slice(0, path.length - rest.length + parameter.index);
    const value = (await objectOf(prefix, listed)) ?? VALUES[name];
    if (value === undefined) {
      throw new Error(`${id}: add to OBJECTS how to make what {${name}} after ${prefix} names, or its value to VALUES`);
    }
    real += rest.slice(0, parameter.index) + value;
    rest = rest.slice(parameter.index + whole.length);
  }
}

const named = (list: Listed[]) => list.map((each) => [`${each.method} ${each.path}`, each] as const);

let owner: Member;
let stranger: Member;
let viewer: Member;
let strangerKey: string;

beforeAll(async () => {
  owner = await signUp();
  stranger = await signUp();
  viewer = await withRole(owner, 'viewer');
  strangerKey = (await createKey(stranger, apiKeyScope.options)).key;
});

const keys = new Map<Permission, string>();

/** A key of the owner's organization with this one scope. */
async function keyOf(scope: Permission): Promise<string> {
  const key = keys.get(scope) ?? (await createKey(owner, [scope])).key;
  keys.set(scope, key);
  return key;
}

async function tokenWith(options: {
  alg?: string;
  kid?: string;
  secret?: Uint8Array;
  expires?: number;
  audience?: string;
}) {
  const [first] = keyring('AUTH_KEYS', env.AUTH_KEYS);
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT({
    sub: owner.user_id,
    org: owner.organization_id,
    sid: owner.session_id,
    role: 'owner',
    name: 'x',
  })
    .setProtectedHeader({ alg: options.alg ?? 'HS256', kid: options.kid ?? first.kid })
    .setIssuer('agentflow')
    .setAudience(options.audience ?? 'agentflow:api')
    .setIssuedAt(now - 100)
    .setExpirationTime(now + (options.expires ?? 100))
    .sign(options.secret ?? first.bytes);
}

function unsigned(header: object): string {
  const encode = (value: object) =>
    btoa(JSON.stringify(value)).replaceAll('=', '').replaceAll('+', '-').replaceAll('/', '_');
  const now = Math.floor(Date.now() / 1000);
  const { user_id: sub, organization_id: org, session_id: sid } = owner;
  const claims = {
    iss: 'agentflow',
    aud: 'agentflow:api',
    iat: now,
    exp: now + 100,
    sub,
    org,
    sid,
    role: 'owner',
    name: 'x',
  };
  return `${encode(header)}.${encode(claims)}.`;
}

describe('the document', () => {
  it('says for every operation who may call it', () => {
    const silent = guarded.filter(({ access }) => access === undefined || access === 'public').map(({ id }) => id);
    expect(silent, 'give these routes an access, or add them to PUBLIC').toEqual([]);
    const unknown = guarded.filter(({ access }) => access !== 'signed_in' && !Object.hasOwn(PERMISSIONS, access ?? ''));
    expect(unknown).toEqual([]);
    expect(operations.map(({ id }) => id)).toEqual(expect.arrayContaining(PUBLIC));
  });
});

describe('anonymous callers', () => {
  it.each(named(guarded))('%s', async (_name, listed) => {
    const path = anyPath(listed);
    expectProblem(await call(listed, path), 401, 'unauthenticated');
    // Nothing of the body is read, let alone judged, before the caller is known.
    if (listed.method !== 'GET') expectProblem(await call(listed, path, { body: '{' }), 401, 'unauthenticated');
  });
});

describe('credentials that are not valid', () => {
  it.each(named(guarded))('%s', async (_name, listed) => {
    const path = await realPath(listed);
    const tokens = [
      'x',
      await tokenWith({ secret: new TextEncoder().encode('another key of thirty-two bytes!') }),
      await tokenWith({ kid: 'unknown' }),
      await tokenWith({ alg: 'HS512', secret: new Uint8Array(64).fill(7) }),
      await tokenWith({ audience: 'agentflow:stream' }),
      unsigned({ alg: 'none', kid: 'test1' }),
      unsigned({ alg: 'None' }),
      `af_live_${owner.organization_id.slice(4)}_${'0'.repeat(48)}`,
      `af_live_${'0'.repeat(26)}_${'0'.repeat(48)}`,
      'af_live_x',
    ];
    for (const token of tokens) expectProblem(await call(listed, path, { token }), 401, 'unauthenticated');
    expectProblem(await call(listed, path, { token: await tokenWith({ expires: -10 }) }), 401, 'token_expired');
    const basic = { headers: { authorization: `Basic ${btoa('a:b')}` } };
    expectProblem(await call(listed, path, basic), 401, 'unauthenticated');
  });
});

describe('callers without the permission', () => {
  const denied = guarded.filter(({ access }) => access !== undefined && access !== 'signed_in' && access !== 'public');

  it.each(named(denied))('%s', async (_name, listed) => {
    const access = listed.access as Permission;
    const path = await realPath(listed);
    if (!roleAllows('viewer', access)) {
      expectProblem(await call(listed, path, { token: viewer.token }), 403, 'forbidden');
    }
    const other = access === 'org:read' ? 'agents:read' : 'org:read';
    const key = await keyOf(other);
    expectProblem(await call(listed, path, { key }), 403, 'forbidden');
  });
});

describe('strangers', () => {
  it.each(named(withObject))('%s', async (_name, listed) => {
    const path = await realPath(listed);
    const key = strangerKey;
    for (const credential of [{ token: stranger.token }, { key }]) {
      const answer = await call(listed, path, credential);
      expect(
        answer.status,
        `${listed.id} answered ${JSON.stringify(answer.body)}; is its body in BODIES valid?`,
      ).not.toBe(422);
      const problem = expectProblem(answer, 404, 'not_found');
      expect(JSON.stringify(problem)).not.toContain(owner.organization_id);
    }
    const own = await call(listed, path, { token: owner.token });
    expect([401, 403, 404], `${listed.id} refused its owner: ${JSON.stringify(own.body)}`).not.toContain(own.status);
  });
});

describe("an execution's socket, which OpenAPI cannot describe", () => {
  it('refuses as the other routes do', async () => {
    const path = `/executions/${await executionOf(owner)}/stream`;
    const connect = async (query: string, headers: Record<string, string>) => {
      const response = await rawApi(path + query, { headers: { upgrade: 'websocket', ...headers } });
      response.webSocket?.accept();
      response.webSocket?.close();
      return response.status;
    };
    expect(await connect('', {})).toBe(401);
    expect(await connect('?ticket=x', {})).toBe(401);
    expect(await connect(`?ticket=${owner.token}`, {})).toBe(401);
    const { key } = await createKey(owner, ['agents:read']);
    expect(await connect('', { authorization: `Bearer ${key}` })).toBe(403);
    expect(await connect('', { authorization: `Bearer ${stranger.token}` })).toBe(404);
    expect(await connect('', { authorization: `Bearer ${owner.token}` })).toBe(101);
  });
});
