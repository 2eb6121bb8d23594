import { createHash, randomBytes } from 'node:crypto';
import { apiClient, must } from './api-client.mjs';
import { readJson, writeJson } from './local-files.mjs';

/**
 * @typedef {object} Demo What the demo organization of this machine needs to be used again.
 * @property {string} email
 * @property {string} password
 * @property {string} [api_key]
 * @property {string} [agent_id]
 * @property {string} [agent_file] SHA-256 of the agent file that was published last.
 */

const KEY_SCOPES = ['agents:read', 'agents:write', 'agents:publish', 'agents:execute', 'executions:read'];

function newPassword() {
  return randomBytes(15).toString('base64url');
}

/**
 * Signs in to the demo organization, creating it where there is none.
 * @param {string} url
 * @param {string} record File that keeps its password.
 * @returns {Promise<{ demo: Demo, token: string, created: boolean }>}
 */
async function signIn(url, record) {
  const call = apiClient(url);
  const known = /** @type {Demo | null} */ (readJson(record));
  if (known !== null) {
    const { email, password } = known;
    const login = await call('POST', '/auth/login', { email, password });
    if (login.status === 200) return { demo: known, token: login.body.access_token, created: false };
  }
  // A state folder that was deleted has forgotten the account, and takes the recorded login again.
  const password = known?.password ?? newPassword();
  const emails = [known?.email ?? 'demo@agentflow.local', `demo-${randomBytes(3).toString('hex')}@agentflow.local`];
  for (const email of emails) {
    const signup = await call('POST', '/auth/signup', { organization_name: 'Demo', name: 'Demo', email, password });
    if (signup.body?.code === 'email_taken') continue;
    const { access_token } = must(signup, 'Creating the demo organization');
    const demo = { email, password };
    writeJson(record, demo);
    return { demo, token: access_token, created: true };
  }
  throw new Error('two fresh e-mail addresses were both taken');
}

/**
 * @param {string} url
 * @param {string} token
 * @param {Demo} demo
 * @returns {Promise<string>} An API key that works.
 */
async function ensureKey(url, token, demo) {
  if (demo.api_key !== undefined) {
    const check = await apiClient(url, demo.api_key)('GET', '/auth/me');
    if (check.status === 200) return demo.api_key;
  }
  const answer = await apiClient(url, token)('POST', '/org/api-keys', { name: 'npm start', scopes: KEY_SCOPES });
  return must(answer, 'Creating an API key').key;
}

/**
 * Imports and publishes the agent, or publishes it anew when its file has changed since.
 * @param {string} url
 * @param {string} key
 * @param {Demo} demo
 * @param {string} file The agent file, as text.
 * @returns {Promise<string>} The agent's id.
 */
async function ensureAgent(url, key, demo, file) {
  const call = apiClient(url, key);
  const current = demo.agent_id === undefined ? null : await call('GET', `/agents/${demo.agent_id}`);
  const usable = current?.status === 200 && current.body.status === 'active' ? String(current.body.id) : null;
  const fileHash = createHash('sha256').update(file).digest('hex');
  if (usable !== null && demo.agent_file === fileHash) return usable;
  const parsed = JSON.parse(file);
  let id = usable;
  if (id === null) id = String(must(await call('POST', '/agents/import', parsed), 'Importing the triage agent').id);
  else must(await call('PUT', `/agents/${id}/draft`, parsed.definition), 'Updating the triage agent');
  const message = { change_message: 'Published by npm start' };
  must(await call('POST', `/agents/${id}/publish`, message), 'Publishing the triage agent');
  demo.agent_file = fileHash;
  return id;
}

/**
 * Makes the demo organization, its API key and its published agent, or finds them again.
 * @param {string} url
 * @param {string} record File that keeps login and key between runs.
 * @param {string} agentFile The agent file, as JSON text.
 * @returns {Promise<Required<Demo> & { created: boolean }>}
 */
export async function ensureDemo(url, record, agentFile) {
  const { demo, token, created } = await signIn(url, record);
  demo.api_key = await ensureKey(url, token, demo);
  writeJson(record, demo);
  demo.agent_id = await ensureAgent(url, demo.api_key, demo, agentFile);
  writeJson(record, demo);
  return { agent_file: '', ...demo, api_key: demo.api_key, agent_id: demo.agent_id, created };
}
