import { Client } from './load.mjs';

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
  const agent = await post('/agents', { name: 'Linear', definition }, session.access_token);
  await post(`/agents/${agent.id}/publish`, {}, session.access_token);
  client.close();
  return { token: session.access_token, organizationId: session.organization.id, agentId: agent.id, email, password };
}
