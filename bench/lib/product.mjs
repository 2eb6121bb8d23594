import { Client } from './load.mjs';
import { watchFromOutside } from './sockets.mjs';

/** The queue that the Worker writes and reads, by its binding. */
export const QUEUES = { WAKEUPS: 'agentflow-wakeups' };

/** Bindings of the Worker's objects. */
export const OBJECTS = {
  EXECUTION: 'ExecutionObject',
  ORGANIZATION: 'OrganizationObject',
  IP_THROTTLE: 'IpThrottleObject',
  CIRCUIT: 'CircuitObject',
  SHADOW_RUN: 'ShadowRunObject',
  REFINEMENT: 'RefinementObject',
  WEBHOOK_TARGET: 'WebhookTargetObject',
};

/** A chain of `steps` transforms, each adding one to `n`. @param {number} steps */
export function linearAgent(steps) {
  const transforms = Array.from({ length: steps }, (_, index) => ({
    id: `n${index}`,
    type: 'logic.transform',
    config: { expression: index === 0 ? '{"n": trigger.n + 1}' : `{"n": n${index - 1}.output.n + 1}` },
  }));
  const nodes = [{ id: 'start', type: 'trigger.manual', config: {} }, ...transforms];
  const edges = nodes
    .slice(1)
    .map((node, index) => ({ id: `e${index}`, source: nodes[index]?.id ?? '', target: node.id }));
  return { nodes, edges };
}

/** So many branches side by side, each calling a URL. @param {number} branches @param {string} url */
export function parallelAgent(branches, url) {
  const calls = Array.from({ length: branches }, (_, index) => ({
    id: `c${index}`,
    type: 'action.http',
    config: { url },
  }));
  const nodes = [
    { id: 'start', type: 'trigger.manual', config: {} },
    ...calls,
    { id: 'join', type: 'logic.merge', config: {} },
  ];
  const edges = calls.flatMap(({ id }) => [
    { id: `to_${id}`, source: 'start', target: id },
    { id: `from_${id}`, source: id, target: 'join' },
  ]);
  return { nodes, edges };
}

/** A chain of `steps` transforms, then a question to a person, then another transform. @param {number} steps */
export function askingAgent(steps) {
  const { nodes, edges } = linearAgent(steps);
  return {
    nodes: [
      ...nodes,
      { id: 'ask', type: 'human.approval', config: { message: 'Go on?' } },
      { id: 'after', type: 'logic.transform', config: { expression: '1' } },
    ],
    edges: [
      ...edges,
      { id: 'to_ask', source: `n${steps - 1}`, target: 'ask' },
      { id: 'from_ask', source: 'ask', target: 'after', source_handle: 'approved' },
    ],
  };
}

/** A loop that calls a URL, one round after the other: two events each time that it answers. @param {number} rounds @param {string} url */
export function tickingAgent(rounds, url) {
  return {
    nodes: [
      { id: 'start', type: 'trigger.manual', config: {} },
      { id: 'rounds', type: 'logic.loop', config: { count: rounds } },
      { id: 'call', type: 'action.http', config: { url } },
    ],
    edges: [
      { id: 'e0', source: 'start', target: 'rounds' },
      { id: 'e1', source: 'rounds', target: 'call', source_handle: 'each' },
    ],
  };
}

/**
 * Makes an agent of a definition and publishes it.
 *
 * @param {Client} client @param {string} token @param {string} name @param {{ nodes: object[], edges: object[] }} definition
 * @returns {Promise<string>} its id
 */
export async function publish(client, token, name, definition) {
  /** @param {string} path @param {object} body */
  const post = async (path, body) => {
    const headers = { authorization: `Bearer ${token}` };
    const answer = await client.send({ method: 'POST', path: `/api/v1${path}`, headers, body: JSON.stringify(body) });
    if (answer.status >= 300) throw new Error(`${path} answered ${answer.status}: ${answer.body}`);
    return JSON.parse(answer.body);
  };
  const { id } = await post('/agents', { name, definition });
  await post(`/agents/${id}/publish`, {});
  return id;
}

/**
 * Signs up, makes an agent of a definition and publishes it.
 *
 * @param {string} url @param {{ nodes: object[], edges: object[] }} definition
 * @returns {Promise<{ token: string, organizationId: string, agentId: string, email: string, password: string }>}
 */
export async function prepareProduct(url, definition) {
  const client = new Client(url, 1);
  /** @param {string} path @param {object} body @param {string} [token] */
  const post = async (path, body, token) => {
    const answer = await client.send({
      method: 'POST',
      path: `/api/v1${path}`,
      ...(token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }),
      body: JSON.stringify(body),
    });
    if (answer.status >= 300) throw new Error(`${path} answered ${answer.status}: ${answer.body}`);
    return JSON.parse(answer.body);
  };
  const email = `bench-${Date.now()}@example.com`;
  const password = 'a long passphrase for the bench';
  const session = await post('/auth/signup', { organization_name: 'Bench', email, password });
  const agentId = await publish(client, session.access_token, 'Linear', definition);
  client.close();
  return { token: session.access_token, organizationId: session.organization.id, agentId, email, password };
}

/**
 * Starts an agent of a definition and watches its execution over many sockets to its end.
 *
 * @param {string} url @param {string} token @param {{ nodes: object[], edges: object[] }} definition @param {number} sockets
 */
export async function watchExecution(url, token, definition, sockets) {
  const client = new Client(url, 1);
  const headers = { authorization: `Bearer ${token}` };
  const agentId = await publish(client, token, `Watched by ${sockets}`, definition);
  const answer = await client.send({
    method: 'POST',
    path: `/api/v1/agents/${agentId}/execute`,
    headers,
    body: '{"input":{}}',
  });
  client.close();
  if (answer.status !== 202) throw new Error(`the start answered ${answer.status}: ${answer.body}`);
  const stream = `${url.replace('http', 'ws')}/api/v1/executions/${JSON.parse(answer.body).id}/stream?after=0`;
  return watchFromOutside({ url: stream, headers, sockets }).done;
}
