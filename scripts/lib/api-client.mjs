import { Refusal } from './toolchain.mjs';

/** @typedef {{ status: number, body: any, headers: Headers }} Answer */

/**
 * Calls the API of a local server.
 * @param {string} url Origin, without a trailing slash.
 * @param {string | null} [credential] Access token or API key.
 */
export function apiClient(url, credential = null) {
  /**
   * @param {string} method
   * @param {string} path Under /api/v1.
   * @param {unknown} [body]
   * @param {Record<string, string>} [headers]
   * @returns {Promise<Answer>}
   */
  async function call(method, path, body, headers = {}) {
    const answer = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: {
        ...(credential === null ? {} : { Authorization: `Bearer ${credential}` }),
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(90_000),
    });
    const text = await answer.text();
    let parsed = null;
    try {
      parsed = text === '' ? null : JSON.parse(text);
    } catch {
      parsed = { detail: text.slice(0, 300) };
    }
    return { status: answer.status, body: parsed, headers: answer.headers };
  }
  return call;
}

/**
 * The body of an answer that must have one of these statuses.
 * @param {Answer} answer
 * @param {string} what What was being done, for the sentence when it failed.
 * @param {readonly number[]} [wanted]
 */
export function must({ status, body }, what, wanted = [200, 201]) {
  if (wanted.includes(status)) return body;
  const problems = /** @type {{ path: string, message: string }[]} */ (body?.errors ?? []);
  const details = problems.slice(0, 8).map(({ path, message }) => `\n  ${path}: ${message}`);
  throw new Refusal(
    `${what} was answered with ${status} ${body?.code ?? ''} (request ${body?.request_id ?? 'unknown'}): ${body?.detail ?? ''}${details.join('')}`,
  );
}
