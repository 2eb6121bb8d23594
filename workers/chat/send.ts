import type { ChatConfig } from '@agentflow/contracts';
import { OutboundError } from '../platform/outbound/error.ts';
import { readBounded } from '../platform/outbound/read-bounded.ts';
import { maskedAddress, masking } from './mask.ts';
import type {
  ChatAdapter,
  ChatMessage,
  ChatRequest,
  HttpAdapter,
  MailAdapter,
  SendPorts,
  Sent,
  Verdict,
} from './port.ts';
import { adapterOf } from './registry.ts';

const MAX_BODY_BYTES = 16 * 1024;
const UNTOLD_HEADERS = new Set(['set-cookie', 'set-cookie2']);

/**
 * Sends a message, and once more in its plain form where the platform does not take the rich one, or to where the chat
 * has moved. Never rejects for what the platform or the network can do wrong.
 */
export async function sendMessage(config: ChatConfig, message: ChatMessage, ports: SendPorts): Promise<Sent> {
  const adapter = adapterOf(config.platform, ports.adapter_version);
  if (adapter.transport === 'mail') return await sendMail(adapter, config, message, ports);
  const first = await attempt(adapter, config, adapter.format(message, config), ports);
  const moved = first.verdict.outcome === 'moved' ? first.verdict : null;
  const target = moved?.config ?? config;
  const second = moved === null ? first : await attempt(adapter, target, adapter.format(message, target), ports);
  if (second.verdict.outcome !== 'malformed') return sentOf(adapter, second, { plain: false, note: moved?.error });
  const third = await attempt(adapter, target, adapter.plain(message, target), ports);
  return sentOf(adapter, third, { plain: true, note: moved?.error ?? second.verdict.error });
}

interface Attempt {
  readonly verdict: Verdict;
  readonly status: number | null;
  readonly request: Sent['request'];
  readonly response: Sent['response'];
}

const NO_RESPONSE: Sent['response'] = { headers: {}, body: '', truncated: false };

async function attempt(adapter: HttpAdapter, config: ChatConfig, payload: unknown, ports: SendPorts): Promise<Attempt> {
  const mask = masking(config);
  const request = await adapter.request(config, payload, { apis: ports.apis, idempotencyKey: ports.idempotencyKey });
  const kept = keptRequest(request, config, mask);
  try {
    const { status, headers, body, truncated } = await call(request, ports);
    const verdict = adapter.classify({ status, headers, body }, config);
    const response = { headers: maskedValues(headers, mask), body: mask(body), truncated };
    return { verdict: maskedVerdict(verdict, mask), status, request: kept, response };
  } catch (error) {
    return { verdict: failureOf(error, ports.timeout_ms), status: null, request: kept, response: NO_RESPONSE };
  }
}

async function call(request: ChatRequest, ports: SendPorts) {
  const { url, method, headers, body } = request;
  const response = await ports.fetch(
    new Request(url, {
      method,
      headers: { 'user-agent': 'AgentFlow', ...headers },
      body,
      redirect: 'manual',
      signal: AbortSignal.timeout(ports.timeout_ms),
    }),
  );
  const told: Record<string, string> = {};
  for (const [name, value] of response.headers) if (!UNTOLD_HEADERS.has(name)) told[name] = value;
  const { text, truncated } = await readBounded(response, MAX_BODY_BYTES);
  return { status: response.status, headers: told, body: text, truncated };
}

function failureOf(error: unknown, timeoutMs: number): Verdict {
  if (error instanceof OutboundError) {
    const { code, message, retryable, retry_after_ms = null } = error;
    // A redirect may be a moment's trouble of the other side; a forbidden address stays one.
    const useless = !retryable && code === 'outbound_blocked';
    return useless ? { outcome: 'refused', error: message } : { outcome: 'failed', error: message, retry_after_ms };
  }
  const timedOut = error instanceof Error && (error.name === 'TimeoutError' || error.name === 'AbortError');
  const words = timedOut ? `no answer within ${timeoutMs} ms` : 'the answer broke off';
  return { outcome: 'failed', error: words, retry_after_ms: null };
}

async function sendMail(
  adapter: MailAdapter,
  config: ChatConfig,
  message: ChatMessage,
  ports: SendPorts,
): Promise<Sent> {
  const payload = adapter.format(message, config);
  const request = { url: 'mailto:', headers: {}, body: JSON.stringify(payload) };
  const verdict: Verdict =
    ports.mailer === null
      ? { outcome: 'refused', error: 'no mail is set up here' }
      : await adapter.send(config, payload, ports.mailer, ports.idempotencyKey);
  return sentOf(adapter, { verdict, status: null, request, response: NO_RESPONSE }, { plain: false });
}

function sentOf(
  adapter: ChatAdapter,
  { verdict, status, request, response }: Attempt,
  { plain, note }: { readonly plain: boolean; readonly note?: string | undefined },
): Sent {
  const about = { status, plain, adapter_version: adapter.version, request, response };
  switch (verdict.outcome) {
    case 'delivered':
      return {
        ...about,
        outcome: 'delivered',
        error: note ?? null,
        retry_after_ms: verdict.pause_ms ?? null,
        message_ref: verdict.message_ref,
      };
    case 'rate_limited':
    case 'failed':
      return {
        ...about,
        outcome: verdict.outcome,
        error: verdict.error,
        retry_after_ms: verdict.retry_after_ms,
        message_ref: null,
      };
    case 'gone':
    case 'refused':
      return { ...about, outcome: verdict.outcome, error: verdict.error, retry_after_ms: null, message_ref: null };
    default:
      return { ...about, outcome: 'refused', error: verdict.error, retry_after_ms: null, message_ref: null };
  }
}

function keptRequest(request: ChatRequest, config: ChatConfig, mask: (text: string) => string): Sent['request'] {
  return {
    url: maskedAddress(request.url, config),
    headers: maskedValues(request.headers, mask),
    body: mask(request.body),
  };
}

function maskedValues(
  values: Readonly<Record<string, string>>,
  mask: (text: string) => string,
): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, mask(value)]));
}

function maskedVerdict(verdict: Verdict, mask: (text: string) => string): Verdict {
  return 'error' in verdict ? { ...verdict, error: mask(verdict.error) } : verdict;
}
