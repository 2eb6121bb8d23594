import type { ChatConfig, JsonValue } from '@agentflow/contracts';
import {
  type Sent as ChatSent,
  chatApis,
  type MessageEvent,
  messageOf,
  sendMessage,
} from '../../workers/chat/index.ts';
import { db } from '../../workers/db/client.ts';
import { noteWebhookDelivery } from '../../workers/domains/invocations/index.ts';
import { memberAddresses } from '../../workers/domains/notifications/index.ts';
import type { Env } from '../../workers/platform/env.ts';
import { createMailer } from '../../workers/platform/mail.ts';
import { organizationKey } from '../../workers/platform/organization-key.ts';
import { circuitFetch } from '../../workers/platform/outbound/circuit-fetch.ts';
import { OutboundError, outboundFetch } from '../../workers/platform/outbound.ts';
import { configuredOrigin } from '../../workers/platform/public-url.ts';
import { describeError, type Logger } from '../../workers/platform/telemetry.ts';
import { open } from '../../workers/platform/vault.ts';
import { Circuits } from '../circuit/client.ts';
import {
  organizationDesk,
  type Pulled,
  type PullRequest,
  subscriptionPlace,
  type WebhookSecrets,
} from '../organization/client.ts';
import { CALLS_OF_A_MESSAGE, type Sent } from './aftermath.ts';
import { type OpenedWebhook, openedWebhook, sendWebhook } from './send-webhook.ts';
import type { Send } from './sender.ts';
import type { ClaimedDelivery } from './store/deliveries.ts';
import type { TargetState } from './store/target.ts';
import type { Listeners } from './telling.ts';

/** Of a circuit that does not say when it is worth another try. */
const CIRCUIT_WAIT_MS = 2000;
/** Should what is sealed not be readable now: the database is away, or a key is missing. */
const SEALED_WAIT_MS = 60_000;

/** Sends deliveries of one target. A test goes out although the host's circuit is open: a person asks. */
export function senderOf(env: Env, ctx: DurableObjectState, logger: () => Logger): Send {
  const outbound = outboundFetch(ctx.exports.Outbound);
  const circuits = new Circuits(env.CIRCUIT, { clock: Date.now, random: Math.random });
  const guarded = ({ is_test }: ClaimedDelivery, { organization_id }: TargetState) =>
    is_test ? outbound : circuitFetch(outbound, (host) => circuits.host(organization_id, host));
  let opened: OpenedWebhook | null = null;
  let chat: { readonly sealed: string; readonly config: ChatConfig } | null = null;

  return async (delivery, state, timeoutMs) => {
    const { sealed, settings } = state.subscription;
    const fetch = guarded(delivery, state);
    try {
      if (settings.kind !== 'webhook') {
        if (chat?.sealed !== sealed) chat = { sealed, config: await unsealed<ChatConfig>(env, state) };
        return await sendChat(env, fetch, delivery, state, chat.config, timeoutMs);
      }
      if (opened?.sealed !== sealed) opened = await openedWebhook(sealed, await unsealed<WebhookSecrets>(env, state));
      return await sendWebhook(fetch, delivery, state, settings, opened, timeoutMs);
    } catch (error) {
      logger().log('error', 'target.send_failed', describeError(error));
      return { sent: false, wait_ms: SEALED_WAIT_MS, reason: 'What is needed to send it can’t be read now.' };
    }
  };
}

/** The event as a message in the form of the target's chat platform. */
async function sendChat(
  env: Env,
  fetch: typeof globalThis.fetch,
  { event_id, type, at, data }: ClaimedDelivery,
  { organization_id, target_id, subscription: { settings } }: TargetState,
  config: ChatConfig,
  timeoutMs: number,
): Promise<Sent> {
  const event = { id: event_id, type: type as MessageEvent['type'], at, data: JSON.parse(data) as Data };
  const { message } = await messageOf(event, {
    organizationId: organization_id,
    templates: settings.kind === 'channel' ? settings.templates : {},
    buttons: settings.kind === 'channel' && settings.buttons,
    publicUrl: configuredOrigin(env),
  });
  let refusal: OutboundError | null = null;
  const sent = await sendMessage(await toMembers(env, organization_id, config), message, {
    fetch: async (request) => {
      try {
        return await fetch(request);
      } catch (error) {
        if (error instanceof OutboundError && error.code === 'upstream_unavailable') refusal = error;
        throw error;
      }
    },
    mailer: createMailer(env),
    apis: chatApis(env),
    idempotencyKey: `${target_id}/${event_id}`,
    timeout_ms: Math.ceil(timeoutMs / CALLS_OF_A_MESSAGE),
  });
  return refusal === null ? attemptedBy(sent) : notSent(refusal);
}

/** Mail goes to who is a member when it is sent, whatever they were when the channel was made. */
async function toMembers(env: Env, organizationId: string, config: ChatConfig): Promise<ChatConfig> {
  if (config.platform !== 'email') return config;
  return { ...config, to: await memberAddresses(env, organizationId, config.to) };
}

type Data = Readonly<Record<string, JsonValue>>;

function notSent({ message, retry_after_ms = CIRCUIT_WAIT_MS }: OutboundError): Sent {
  return { sent: false, wait_ms: retry_after_ms, reason: message };
}

function attemptedBy({ outcome, status, error, retry_after_ms, request, response }: ChatSent): Sent {
  return {
    sent: true,
    outcome: outcome === 'delivered' || outcome === 'rate_limited' ? outcome : 'failed',
    gone: outcome === 'gone',
    final: outcome === 'refused',
    status,
    error,
    retry_after_ms,
    request_headers: request.headers,
    request_body: request.body,
    response_headers: response.headers,
    response_body: response.body,
    response_truncated: response.truncated,
  };
}

async function unsealed<T>(env: Env, { organization_id, target_id, subscription }: TargetState): Promise<T> {
  const key = await organizationKey(env, organization_id);
  return JSON.parse(await open(key, subscription.sealed, subscriptionPlace(organization_id, target_id))) as T;
}

interface PulledDesk {
  pullEvents(request: PullRequest): Promise<Pulled>;
}

export function pullFrom(env: Env, organizationId: string, request: PullRequest): Promise<Pulled> {
  // The type that RPC gives to data of any depth has no end.
  const desk = organizationDesk(env.ORGANIZATION, organizationId) as unknown as PulledDesk;
  return desk.pullEvents(request);
}

/** Where a target tells what others have to know of it. */
export function tellingOf(env: Env): Listeners {
  const desk = (organizationId: string) => organizationDesk(env.ORGANIZATION, organizationId);
  return {
    disabled: ({ organization_id, target_id }, disabling) =>
      desk(organization_id).disableTarget({ target_id, ...disabling }),
    invocation: ({ organization_id }, note) => noteWebhookDelivery(db(env, organization_id), organization_id, note),
    attempts: ({ organization_id }, attempts) => desk(organization_id).noteAttempts(attempts),
  };
}
