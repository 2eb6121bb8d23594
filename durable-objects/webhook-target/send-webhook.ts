import { OutboundError } from '../../workers/platform/outbound.ts';
import { signedHeaders, type WebhookSigner, webhookSigner } from '../../workers/platform/webhook-signature.ts';
import type { WebhookSecrets, WebhookSettings } from '../organization/client.ts';
import { type Attempted, type Sent, unanswered } from './aftermath.ts';
import { BODY_MS, type KeptAnswer, keepAnswer } from './answer.ts';
import { retryAfter } from './retry-plan.ts';
import type { ClaimedDelivery } from './store/deliveries.ts';
import type { TargetState } from './store/target.ts';

const USER_AGENT = 'AgentFlow-Webhooks/1';
const GONE = 410;
const TOO_MANY_REQUESTS = 429;
const UNAVAILABLE = 503;

/** What was opened of a subscription, as long as it is sealed the same way. */
export interface OpenedWebhook {
  readonly sealed: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly secrets: readonly string[];
  readonly signers: readonly { readonly signer: WebhookSigner; readonly until: number | null }[];
}

export async function openedWebhook(sealed: string, { headers, secrets }: WebhookSecrets): Promise<OpenedWebhook> {
  const signers = secrets.map(async ({ secret, until }) => ({ signer: await webhookSigner(secret), until }));
  return { sealed, headers, secrets: secrets.map(({ secret }) => secret), signers: await Promise.all(signers) };
}

/** The body of every attempt of a delivery, byte for byte: `webhookBody` of the contracts. */
export function bodyOf(
  { event_id, type, version, at, data }: Pick<ClaimedDelivery, 'event_id' | 'type' | 'version' | 'at' | 'data'>,
  organizationId: string,
): string {
  const head = { id: event_id, type, version, timestamp: new Date(at).toISOString(), organization_id: organizationId };
  return `${JSON.stringify(head).slice(0, -1)},"data":${data}}`;
}

/** One attempt. `fetch` is the guarded way out. Never rejects. */
export async function sendWebhook(
  fetch: typeof globalThis.fetch,
  delivery: ClaimedDelivery,
  { organization_id }: TargetState,
  settings: WebhookSettings,
  opened: OpenedWebhook,
  timeoutMs: number,
): Promise<Sent> {
  const body = bodyOf(delivery, organization_id);
  const now = Date.now();
  const timestamp = Math.floor(now / 1000);
  const signers = opened.signers.filter(({ until }) => until === null || until > now).map(({ signer }) => signer);
  const signed = await signedHeaders(signers, { id: delivery.event_id, timestamp }, body);
  const own = { 'content-type': 'application/json', 'user-agent': USER_AGENT, ...signed };
  const shown = { ...masked(opened.headers), ...own };
  const limit = new AbortController();
  const endAt = now + timeoutMs;
  const abort = () => limit.abort(new DOMException('the time is up', 'TimeoutError'));
  let timer = setTimeout(abort, timeoutMs);
  try {
    const response = await fetch(settings.url, {
      method: 'POST',
      headers: { ...opened.headers, ...own },
      body,
      signal: limit.signal,
    });
    clearTimeout(timer);
    timer = setTimeout(abort, Math.max(0, Math.min(BODY_MS, endAt - Date.now())));
    const kept = await keepAnswer(response, limit.signal, [...Object.values(opened.headers), ...opened.secrets]);
    return answered(response, kept, shown, Date.now());
  } catch (error) {
    if (error instanceof OutboundError && error.code === 'upstream_unavailable') {
      return { sent: false, wait_ms: error.retry_after_ms ?? BODY_MS, reason: error.message };
    }
    return unanswered(limit.signal.aborted ? `No answer within ${timeoutMs / 1000} s.` : messageOf(error), shown);
  } finally {
    clearTimeout(timer);
  }
}

function answered(
  response: Response,
  kept: KeptAnswer,
  request_headers: Record<string, string>,
  now: number,
): Attempted {
  const { status } = response;
  const asks = status === TOO_MANY_REQUESTS || status === UNAVAILABLE;
  return {
    sent: true,
    outcome: response.ok ? 'delivered' : status === TOO_MANY_REQUESTS ? 'rate_limited' : 'failed',
    gone: status === GONE,
    final: false,
    status,
    error: response.ok ? null : `It answered ${status}.`,
    retry_after_ms: asks ? retryAfter(response.headers.get('retry-after'), now) : null,
    request_headers,
    request_body: null,
    response_headers: kept.headers,
    response_body: kept.body,
    response_truncated: kept.truncated,
  };
}

function masked(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.keys(headers).map((name) => [name, '***']));
}

/** What the guarded way out says may be shown; anything else is ours. */
function messageOf(error: unknown): string {
  return error instanceof OutboundError ? error.message : 'The request could not be made.';
}
