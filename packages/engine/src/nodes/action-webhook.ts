import { checkRequest, incomingBody, lowerCased, statusFailure } from './action-http.ts';
import { completed, failed, type StepHandler } from './step-outcome.ts';

/**
 * Posts `{type, timestamp, data}`. The signature is made where the request leaves, since only there the secret is known.
 * Every attempt has the same `webhook-id`, by which a receiver tells that it has had the event before.
 */
export const runWebhook: StepHandler<'action.webhook'> = async (config, context, ports) => {
  const { url, event, payload = null, secret, headers = {} } = config;
  const { now, idempotency_key, signal, mode } = context;
  const content = { type: event, timestamp: new Date(now).toISOString(), data: payload };
  const request = {
    method: 'POST' as const,
    url,
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify(content),
  };
  const wrong = checkRequest(request, request);
  if (wrong !== null) return wrong;
  if (mode === 'test') {
    const would_send = { method: 'POST', url, headers: request.headers, body: content };
    return { kind: 'completed', output: { would_send }, handle: 'out', blocked: true, calls: [] };
  }
  const sign = { secret, id: idempotency_key, timestamp: Math.floor(now / 1000) };
  const response = await ports.http.request({ ...request, idempotency_key, sign }, { signal });
  if (!response.ok) return failed(response.error);
  const answered = lowerCased(response.headers);
  if (response.status >= 400) return statusFailure(request, response, answered);
  return completed({ id: sign.id, status: response.status, body: incomingBody(response, answered, context) });
};
