import {
  type CreateWebhookRequest,
  type createWebhookRequest,
  DEFAULT_RETRY_SECONDS,
  type UpdateWebhookRequest,
  type Webhook,
} from '@agentflow/contracts';
import type { UseFormReturn } from 'react-hook-form';
import type { z } from 'zod';

/** What the fields hold: a request to create one, whether it is made or changed. */
export type WebhookFormValues = z.input<typeof createWebhookRequest>;
export type WebhookForm = UseFormReturn<WebhookFormValues, unknown, CreateWebhookRequest>;

export const NEW_WEBHOOK: WebhookFormValues = {
  url: '',
  description: '',
  events: ['*'],
  filter: { agent_ids: null, project_ids: null },
  headers: {},
  rate_per_second: null,
  ordered: false,
  timeout_seconds: 15,
  retry_seconds: [...DEFAULT_RETRY_SECONDS],
  is_active: true,
  signature: 'v1',
};

export function formOf(webhook: Webhook): WebhookFormValues {
  const { url, description, events, filter, headers, rate_per_second, ordered } = webhook;
  const { timeout_seconds, retry_seconds, is_active, signature } = webhook;
  return {
    url,
    description,
    events,
    filter,
    headers,
    rate_per_second,
    ordered,
    timeout_seconds,
    retry_seconds,
    is_active,
    signature,
  };
}

/** What is sent to change one: how it signs stays, and whether it is active is switched elsewhere. */
export function changesOf(form: CreateWebhookRequest): UpdateWebhookRequest {
  const { signature: _, secret: __, is_active: ___, ...changes } = form;
  return changes;
}
