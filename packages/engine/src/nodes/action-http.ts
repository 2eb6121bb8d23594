import { type JsonValue, LIMITS, type NodeConfig } from '@agentflow/contracts';
import { depthWithin } from '../json-depth.ts';
import type { HttpResult, StepContext } from '../ports.ts';
import { retryAfterMs } from './retry-after.ts';
import { completed, failed, refused, type StepHandler, type StepOutcome } from './step-outcome.ts';

type Config = NodeConfig<'action.http'>;
type Response = Extract<HttpResult, { ok: true }>;

interface Outgoing {
  readonly headers: Record<string, string>;
  readonly body: string | null;
}

/** The body as text, and the content type that it has unless the author set one. */
function outgoing(config: Config): Outgoing {
  const headers = { ...config.headers };
  const { body } = config;
  if (body === undefined || body === null || body === '') return { headers, body: null };
  const isText = typeof body === 'string';
  if (!Object.keys(headers).some((name) => name.toLowerCase() === 'content-type')) {
    headers['content-type'] = isText ? 'text/plain; charset=utf-8' : 'application/json';
  }
  return { headers, body: isText ? body : JSON.stringify(body) };
}

/** What can be told to be wrong before anything is sent. Whether the address may be called, the outbound port decides. */
export function checkRequest(config: Pick<Config, 'method' | 'url'>, { headers, body }: Outgoing): StepOutcome | null {
  if (!/^https?:\/\/[^\s/]/i.test(config.url)) {
    return refused('http_url_invalid', 'The URL must begin with https:// or http:// and name a host.');
  }
  if (body !== null && (config.method === 'GET' || config.method === 'HEAD')) {
    return refused('http_body_not_allowed', `A ${config.method} request can’t have a body.`);
  }
  for (const [name, value] of Object.entries(headers)) {
    if (/[\r\n\0]/.test(value)) return refused('http_header_invalid', `The header ${name} has a line break in it.`);
  }
  return null;
}

function isJson(contentType: string): boolean {
  return /^application\/([\w.-]+\+)?json\b/i.test(contentType.trim());
}

/** The answer's body: data when it says that it is JSON and is, text otherwise, null when there is none. */
export function incomingBody(
  response: Response,
  headers: Readonly<Record<string, string>>,
  context: StepContext,
): JsonValue {
  const { body, truncated } = response;
  if (truncated) context.log('warning', 'The answer is larger than what is kept; its body was cut.');
  if (body === '') return null;
  if (truncated || !isJson(headers['content-type'] ?? '')) return body;
  try {
    const data = JSON.parse(body) as JsonValue;
    if (depthWithin(data, LIMITS.json_depth)) return data;
    context.log('warning', 'The answer nests too deeply to be used as data; its body is kept as text.');
  } catch {
    context.log('warning', 'The answer says that it is JSON but is not; its body is kept as text.');
  }
  return body;
}

const RETRYABLE = new Set([408, 425, 429]);

/** The address without its query, which may carry what does not belong into a message. */
function addressOf(url: string): string {
  return url.split(/[?#]/, 1)[0] ?? '';
}

export function statusFailure(
  config: Pick<Config, 'method' | 'url'>,
  response: Response,
  headers: Readonly<Record<string, string>>,
): StepOutcome {
  const { status, body } = response;
  const excerpt = body.trim().slice(0, 300);
  const retryable = RETRYABLE.has(status) || status >= 500;
  const wait = retryable ? retryAfterMs(headers) : undefined;
  return failed({
    code: 'http_status',
    message: `${config.method} ${addressOf(config.url)} answered ${status}${excerpt === '' ? '.' : `: ${excerpt}`}`,
    retryable,
    ...(wait === undefined ? {} : { retry_after_ms: wait }),
  });
}

export function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

/** Calls a URL. A test run sends nothing and answers with what it would have sent. */
export const runHttp: StepHandler<'action.http'> = async (config, context, ports) => {
  const { method, url } = config;
  const request = outgoing(config);
  const wrong = checkRequest(config, request);
  if (wrong !== null) return wrong;
  if (context.mode === 'test') {
    const would_send = { method, url, headers: request.headers, body: config.body ?? null };
    return { kind: 'completed', output: { would_send }, handle: 'out', blocked: true, calls: [] };
  }
  const { signal, idempotency_key } = context;
  const response = await ports.http.request({ method, url, ...request, idempotency_key }, { signal });
  if (!response.ok) return failed(response.error);
  const headers = lowerCased(response.headers);
  if (response.status >= 400 && config.fail_on_status) return statusFailure(config, response, headers);
  return completed({ status: response.status, headers, body: incomingBody(response, headers, context) });
};
