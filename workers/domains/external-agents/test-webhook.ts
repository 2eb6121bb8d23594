import { type ChannelTestResult, EVENT_EXAMPLES, type EventData, type JsonValue } from '@agentflow/contracts';
import { organizationDesk, subscriptionPlace } from '../../../durable-objects/organization/client.ts';
import { messageOf, previewMessage } from '../../chat/index.ts';
import { db } from '../../db/client.ts';
import { openChat } from '../../platform/chat-secrets.ts';
import type { RequestContext } from '../../platform/context.ts';
import { invalid, notFound } from '../../platform/errors.ts';
import { newId } from '../../platform/ids.ts';
import { configuredOrigin } from '../../platform/public-url.ts';
import { auditOrigin, auditRow } from '../audit/index.ts';
import { sendTest } from '../webhooks/index.ts';

/**
 * Sends the sample of a result to an external agent's webhook and waits for what comes of it; the preview is the message
 * that was sent. Throws `validation_failed` where it has no webhook.
 */
export async function testExternalAgentWebhook(ctx: RequestContext, id: string): Promise<ChannelTestResult> {
  const { env, organizationId } = ctx;
  const agent = await organizationDesk(env.ORGANIZATION, organizationId).externalAgent(id);
  if (agent === null) throw notFound('external agent', id);
  if (agent.webhook_sealed === null) {
    throw invalid([{ path: 'webhook_config', message: 'is not set: there is nothing to send to' }]);
  }
  const at = ctx.now();
  const sample: EventData<'external_agent.invoked'> = {
    ...EVENT_EXAMPLES['external_agent.invoked'],
    external_agent_id: id,
    name: agent.name,
    platform: agent.platform,
  };
  const event = {
    id: newId('event', at),
    type: 'external_agent.invoked',
    at,
    data: sample as Readonly<Record<string, JsonValue>>,
  } as const;
  const delivery = await sendTest(ctx, id, event);
  if (delivery === null) throw notFound('external agent', id);

  const place = subscriptionPlace(organizationId, id);
  const config = await openChat(env, organizationId, place, agent.webhook_sealed);
  const publicUrl = configuredOrigin(env);
  const { message, problems } = await messageOf(event, { organizationId, templates: {}, publicUrl, buttons: false });
  const entry = {
    action: 'external_agent.webhook_tested',
    resource_type: 'external_agent',
    resource_id: id,
    details: { platform: config.platform, delivery_id: delivery.id, status: delivery.status },
  };
  await auditRow(db(env, organizationId), organizationId, auditOrigin(ctx), entry, at);
  return { delivery, preview: previewMessage(config.platform, message, problems, config) };
}
