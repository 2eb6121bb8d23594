import { z } from 'zod';
import { jsonValue, pageQuery, timestamp } from './common.ts';
import { eventPatterns, eventScope } from './events.ts';
import { deliveryId, eventId, webhookId } from './ids.ts';

/** Headers that say what a delivery is; nobody sets them. */
const OWN_HEADERS =
  /^(webhook-|x-webhook-|content-|host$|connection$|transfer-|user-agent$|cf-|x-forwarded|traceparent$)/i;

const customHeaders = z
  .record(
    z
      .string()
      .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/, 'must be the name of a header')
      .refine((name) => !OWN_HEADERS.test(name), 'is set by the delivery itself'),
    z
      .string()
      .min(1)
      .max(2000)
      .regex(/^[\t\x20-\x7e]+$/, 'must be printable ASCII'),
  )
  .refine((headers) => Object.keys(headers).length <= 20, 'at most 20 headers')
  .refine(
    (headers) => new Set(Object.keys(headers).map((name) => name.toLowerCase())).size === Object.keys(headers).length,
    'names a header twice: case does not matter',
  );

export const webhookUrl = z
  .url({ protocol: /^https?$/ })
  .max(2000)
  .refine((text) => !/^[a-z]+:\/\/[^/?#]*@/i.test(text), 'must have no user name or password');

/** `v1`: HMAC-SHA256 with a shared secret. `v1a`: Ed25519, checked with a public key. */
export const signatureScheme = z.enum(['v1', 'v1a']);
export type SignatureScheme = z.infer<typeof signatureScheme>;

/** Seconds that are waited after each failed attempt, give or take a tenth; after the last one the delivery has failed. */
export const DEFAULT_RETRY_SECONDS = [5, 60, 300, 1800, 7200, 28_800, 86_400];

const DAY_SECONDS = 86_400;
/** A target without a success for so long is disabled. */
export const DISABLED_AFTER_DAYS = 5;
export const DELIVERIES_KEPT_DAYS = 30;
/** Targets of an organization: webhooks and channels together. */
export const MAX_TARGETS = 100;

const ownSecret = z
  .string()
  .regex(/^whsec_([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/, 'must be whsec_ and base64')
  .refine((text) => {
    const bytes = Math.floor((text.replace(/^whsec_|=+$/g, '').length * 3) / 4);
    return bytes >= 24 && bytes <= 64;
  }, 'must have 24 to 64 bytes');

const fields = {
  url: webhookUrl,
  description: z.string().trim().max(400),
  events: eventPatterns,
  filter: eventScope,
  headers: customHeaders.describe('Sent with each delivery; shown masked'),
  rate_per_second: z.number().int().min(1).max(100).nullable().describe('null for no limit'),
  ordered: z.boolean().describe('One at a time in the order of events: what fails holds up what comes after it'),
  timeout_seconds: z.number().int().min(1).max(30),
  retry_seconds: z.array(z.number().int().min(1).max(DAY_SECONDS)).max(12),
  is_active: z.boolean(),
};

export const createWebhookRequest = z.strictObject({
  ...fields,
  description: fields.description.default(''),
  filter: fields.filter.default({ agent_ids: null, project_ids: null }),
  headers: fields.headers.default({}),
  rate_per_second: fields.rate_per_second.default(null),
  ordered: fields.ordered.default(false),
  timeout_seconds: fields.timeout_seconds.default(15),
  retry_seconds: fields.retry_seconds.default(DEFAULT_RETRY_SECONDS),
  is_active: fields.is_active.default(true),
  signature: signatureScheme.default('v1'),
  secret: ownSecret.optional().describe('One of your own, for `v1`; made when left out'),
});
export type CreateWebhookRequest = z.infer<typeof createWebhookRequest>;

/** What is left out stays as it is. Header values that come back masked stay as they are, too. Activating begins with what happens from then on. */
export const updateWebhookRequest = z.strictObject(fields).partial();
export type UpdateWebhookRequest = z.infer<typeof updateWebhookRequest>;

export const targetHealth = z.object({
  pending: z.number().int(),
  failed: z.number().int().describe('Dead letters'),
  delivered: z.number().int(),
  last_success_at: timestamp.nullable(),
  failing_since: timestamp.nullable(),
  last_error: z.string().nullable(),
  paused_until: timestamp.nullable().describe('By the circuit breaker, or because the receiver asked for it'),
});
export type TargetHealth = z.infer<typeof targetHealth>;

export const disabled = z.object({
  reason: z.enum(['gone', 'failing']).describe('It answered 410, or nothing arrived for five days'),
  detail: z.string(),
  at: timestamp,
});

export const webhook = z.object({
  id: webhookId,
  url: z.string(),
  description: z.string(),
  events: z.array(z.string()),
  filter: eventScope,
  headers: z.record(z.string(), z.string()).describe('Masked'),
  signature: signatureScheme,
  secret_hint: z.string().describe('The end of the secret: `***abcd`'),
  public_key: z.string().nullable().describe('`whpk_…` of `v1a`'),
  previous_secret_until: timestamp.nullable().describe('Until then the secret before this one signs, too'),
  rate_per_second: z.number().int().nullable(),
  ordered: z.boolean(),
  timeout_seconds: z.number().int(),
  retry_seconds: z.array(z.number().int()),
  is_active: z.boolean(),
  disabled: disabled.nullable().describe('Why it is not active, where nobody switched it off'),
  created_at: timestamp,
  created_by: z.string(),
  updated_at: timestamp,
});
export type Webhook = z.infer<typeof webhook>;

export const webhookDetail = webhook.extend({ health: targetHealth });
export type WebhookDetail = z.infer<typeof webhookDetail>;

export const createdWebhook = webhook.extend({
  secret: z.string().describe('`whsec_…`, or for `v1a` the public key: this once'),
});
export type CreatedWebhook = z.infer<typeof createdWebhook>;

export const rotateSecretRequest = z.strictObject({
  overlap_seconds: z
    .number()
    .int()
    .min(0)
    .max(7 * DAY_SECONDS)
    .default(DAY_SECONDS),
  secret: ownSecret.optional(),
});
export type RotateSecretRequest = z.infer<typeof rotateSecretRequest>;

export const DELIVERY_STATUSES = ['pending', 'delivered', 'failed'] as const;
export const deliveryStatus = z.enum(DELIVERY_STATUSES);
export type DeliveryStatus = z.infer<typeof deliveryStatus>;

export const delivery = z.object({
  id: deliveryId,
  target_id: z.string(),
  event_id: eventId,
  event_type: z.string(),
  is_test: z.boolean(),
  status: deliveryStatus,
  attempts: z.number().int(),
  created_at: timestamp,
  next_attempt_at: timestamp.nullable(),
  finished_at: timestamp.nullable(),
  last_status: z.number().int().nullable().describe('HTTP status of the last answer'),
  last_error: z.string().nullable(),
  last_duration_ms: z.number().int().nullable(),
});
export type Delivery = z.infer<typeof delivery>;

export const deliveryAttempt = z.object({
  number: z.number().int(),
  at: timestamp,
  duration_ms: z.number().int().nullable().describe('null while it is under way'),
  outcome: z.enum(['sending', 'delivered', 'failed', 'rate_limited', 'interrupted']),
  status: z.number().int().nullable(),
  error: z.string().nullable(),
  request_headers: z.record(z.string(), z.string()).describe('As they were sent; custom ones masked'),
  response_headers: z.record(z.string(), z.string()),
  response_body: z.string().nullable().describe('At most 16 KB of it'),
  response_truncated: z.boolean(),
});
export type DeliveryAttempt = z.infer<typeof deliveryAttempt>;

export const deliveryDetail = delivery.extend({
  url: z.string().describe('Masked where it opens the target to whoever has it'),
  request_body: z.string().nullable().describe('What is sent; null where it is not kept'),
  attempts_made: z.array(deliveryAttempt),
});
export type DeliveryDetail = z.infer<typeof deliveryDetail>;

export const deliveryQuery = pageQuery.extend({
  status: deliveryStatus.optional(),
  event_type: z.string().max(80).optional(),
  event_id: eventId.optional(),
});
export type DeliveryQuery = z.infer<typeof deliveryQuery>;

export const testWebhookRequest = z.strictObject({
  type: z.string().max(80).optional().describe('Sends the example of this type; a plain test when left out'),
});

/** What came of sending a test: the delivery as it is after its first attempt. */
export const testResult = z.object({ delivery: deliveryDetail });
export type TestResult = z.infer<typeof testResult>;

export const recoverRequest = z.strictObject({ since: timestamp });
export const recovered = z.object({ deliveries: z.number().int().describe('That were failed and are sent again') });
export type Recovered = z.infer<typeof recovered>;

export const webhookFilter = z.object({
  status: z.enum(['active', 'inactive']).optional(),
  event: z.string().max(80).optional().describe('Those that are told events of this type'),
});
export type WebhookFilter = z.infer<typeof webhookFilter>;

/** One item of a test's or an event's body, as it was signed. */
export const webhookBody = z.object({
  id: z.string(),
  type: z.string(),
  version: z.number().int(),
  timestamp,
  organization_id: z.string(),
  data: z.record(z.string(), jsonValue),
});
