import { db } from '../../workers/db/client.ts';
import { noteWebhookDelivery } from '../../workers/domains/invocations/index.ts';
import type { Env } from '../../workers/platform/env.ts';
import { organizationKey } from '../../workers/platform/organization-key.ts';
import { circuitFetch } from '../../workers/platform/outbound/circuit-fetch.ts';
import { outboundFetch } from '../../workers/platform/outbound.ts';
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
import type { Sent } from './aftermath.ts';
import { type OpenedWebhook, openedWebhook, sendWebhook } from './send-webhook.ts';
import type { Send } from './sender.ts';
import type { ClaimedDelivery } from './store/deliveries.ts';
import type { TargetState } from './store/target.ts';
import type { Listeners } from './telling.ts';

/** Should what is sealed not be readable now: the database is away, or a key is missing. */
const SEALED_WAIT_MS = 60_000;

/** Sends deliveries of one target. A test goes out although the host's circuit is open: a person asks. */
export function senderOf(env: Env, ctx: DurableObjectState, logger: () => Logger): Send {
  const outbound = outboundFetch(ctx.exports.Outbound);
  const circuits = new Circuits(env.CIRCUIT, { clock: Date.now, random: Math.random });
  let opened: OpenedWebhook | null = null;

  async function webhook(delivery: ClaimedDelivery, state: TargetState, timeoutMs: number): Promise<Sent> {
    const { organization_id, target_id, subscription } = state;
    const { sealed, settings } = subscription;
    if (settings.kind !== 'webhook') throw new Error(`${settings.kind} is no webhook`);
    if (opened?.sealed !== sealed) {
      opened = await openedWebhook(sealed, await unsealed<WebhookSecrets>(env, organization_id, target_id, sealed));
    }
    const fetch = delivery.is_test ? outbound : circuitFetch(outbound, (host) => circuits.host(organization_id, host));
    return sendWebhook(fetch, delivery, state, settings, opened, timeoutMs);
  }

  return async (delivery, state, timeoutMs) => {
    try {
      return await webhook(delivery, state, timeoutMs);
    } catch (error) {
      logger().log('error', 'target.send_failed', describeError(error));
      return { sent: false, wait_ms: SEALED_WAIT_MS, reason: 'The secrets of this target can’t be read now.' };
    }
  };
}

async function unsealed<T>(env: Env, organizationId: string, targetId: string, sealed: string): Promise<T> {
  const key = await organizationKey(env, organizationId);
  return JSON.parse(await open(key, sealed, subscriptionPlace(organizationId, targetId))) as T;
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
