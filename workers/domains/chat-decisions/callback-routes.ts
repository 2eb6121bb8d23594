import { notificationChannelId, organizationId } from '@agentflow/contracts';
import { z } from '@hono/zod-openapi';
import { publicOrigin } from '../../platform/public-url.ts';
import { createRouter, operation, refusal } from '../../platform/router.ts';
import { receiveCallback } from './receive.ts';

const receive = operation({
  method: 'post',
  path: '/chat-callbacks/{organization_id}/{channel_id}',
  operationId: 'receiveChatCallback',
  tags: ['Notification channels'],
  summary: 'What a chat platform calls when somebody presses a button',
  description:
    "In the platform's own form: Slack's signed forms, Discord's signed interactions, Telegram's updates with the secret that it was given. Decides the approval as the member to whom the account is connected.",
  access: 'public',
  request: { params: z.object({ organization_id: organizationId, channel_id: notificationChannelId }) },
  responses: {
    200: { description: 'As the platform wants it' },
    401: refusal('The signature is missing, wrong, or too old', 'unauthenticated'),
  },
});

export const chatCallbackRoutes = createRouter().openapi(receive, async (c) => {
  const { organization_id, channel_id } = c.req.valid('param');
  const ctx = {
    env: c.env,
    organizationId: organization_id,
    ip: c.get('ip'),
    requestId: c.get('requestId'),
    log: c.get('log').with({ organization_id, channel_id }),
    origin: publicOrigin(c.env, c.req.url),
    now: Date.now,
    waitUntil: (work: Promise<unknown>) => c.executionCtx.waitUntil(work),
  };
  const body = await receiveCallback(ctx, channel_id, { headers: c.req.raw.headers, body: c.get('bodyText') ?? '' });
  return body === null ? c.body(null, 200) : c.json(body, 200);
});
