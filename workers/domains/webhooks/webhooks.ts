import {
  type CreatedWebhook,
  type CreateWebhookRequest,
  MAX_TARGETS,
  type RotateSecretRequest,
  type UpdateWebhookRequest,
  type Webhook,
  type WebhookDetail,
  type WebhookFilter,
} from '@agentflow/contracts';
import {
  organizationDesk,
  type SubscriptionChange,
  type SubscriptionFields,
} from '../../../durable-objects/organization/client.ts';
import { webhookTarget } from '../../../durable-objects/webhook-target/client.ts';
import { db } from '../../db/client.ts';
import type { RequestContext } from '../../platform/context.ts';
import { ApiError, invalid, notFound } from '../../platform/errors.ts';
import { etagOf, isUnconditional, requireMatch } from '../../platform/etags.ts';
import { given } from '../../platform/given.ts';
import { newId } from '../../platform/ids.ts';
import { urlProblem } from '../../platform/outbound.ts';
import { pageOf } from '../../platform/pagination.ts';
import { auditOrigin } from '../audit/index.ts';
import { isWebhook, presentDetail, presentRow, presentWebhook, type WebhookRecord } from './present.ts';
import { selectSubscriptions } from './queries.ts';
import { requireScope } from './scope.ts';
import { hintOf, keptHeaders, maskedHeaders, newSecret, openSecrets, rotated, sealSecrets } from './signing-secrets.ts';

const deskOf = (ctx: RequestContext) => organizationDesk(ctx.env.ORGANIZATION, ctx.organizationId);

interface WithEtag<T> {
  readonly webhook: T;
  readonly etag: string;
}

/**
 * Makes a webhook, through the desk, which is the authority on it. Its secret is in the answer, this once. Throws
 * `validation_failed`, and `limit_reached`.
 */
export async function createWebhook(ctx: RequestContext, request: CreateWebhookRequest): Promise<CreatedWebhook> {
  const { env, organizationId } = ctx;
  const { url, description, events, filter, headers, signature, secret: own, is_active, ...delivery } = request;
  requireCallable(ctx, url);
  const [secret] = await Promise.all([newSecret(signature, own), requireScope(ctx, filter)]);
  const now = ctx.now();
  const id = newId('webhook', now);
  const secrets = { secrets: [{ secret: secret.secret, until: null }], headers: keptHeaders(headers, {}) };
  const record: WebhookRecord = {
    id,
    name: description,
    events,
    filter,
    settings: {
      kind: 'webhook',
      url,
      headers: maskedHeaders(headers),
      signature,
      public_key: secret.public_key,
      secret_hint: hintOf(secret),
      previous_secret_until: null,
      ...delivery,
    },
    sealed: await sealSecrets(env, organizationId, id, secrets),
    is_active,
    disabled: null,
    created_at: now,
    created_by: ctx.actor.id,
    updated_at: now,
    deleted_at: null,
    revision: 1,
  };
  const change = await deskOf(ctx).createSubscription(organizationId, record, auditOrigin(ctx));
  if (change.outcome === 'too_many') {
    throw new ApiError(
      'limit_reached',
      `There are ${MAX_TARGETS} webhooks and notification channels, and there can be no more.`,
    );
  }
  return { ...presentWebhook(record, now), secret: secret.shown };
}

/** From D1. */
export async function listWebhooks(
  { env, organizationId, now }: RequestContext,
  filter: WebhookFilter,
  before: string | undefined,
  limit: number,
): Promise<{ data: Webhook[]; next_cursor: string | null }> {
  const database = db(env, organizationId);
  const rows = await selectSubscriptions(database, organizationId, 'webhook', filter, { before, limit: limit + 1 });
  const { data, next_cursor } = pageOf(rows, limit);
  return { data: data.map((row) => presentRow(row, now())), next_cursor };
}

/** From the desk, so that what was changed is there at once. */
export async function getWebhook(ctx: RequestContext, id: string): Promise<WithEtag<WebhookDetail>> {
  return detailed(ctx, await requireWebhook(ctx, id));
}

/** Throws `validation_failed` and `precondition_failed`. */
export async function updateWebhook(
  ctx: RequestContext,
  id: string,
  request: UpdateWebhookRequest,
  ifMatch: string | undefined,
): Promise<WithEtag<WebhookDetail>> {
  const { env, organizationId } = ctx;
  const before = await requireWebhook(ctx, id);
  requireMatch(ifMatch, before.revision, 'The webhook');
  const { url, description, events, filter, headers, is_active, ...delivery } = request;
  if (url !== undefined) requireCallable(ctx, url);
  if (filter !== undefined) await requireScope(ctx, filter);
  let sealed: string | undefined;
  let shownHeaders: Record<string, string> | undefined;
  if (headers !== undefined) {
    const secrets = await openSecrets(env, organizationId, id, before.sealed);
    const kept = keptHeaders(headers, secrets.headers);
    shownHeaders = maskedHeaders(kept);
    // Sealed anew, the same would look changed.
    if (JSON.stringify(kept) !== JSON.stringify(secrets.headers)) {
      sealed = await sealSecrets(env, organizationId, id, { ...secrets, headers: kept });
    }
  }
  const settings = { ...before.settings, ...given({ url, headers: shownHeaders, ...delivery }) };
  const fields = given({ name: description, events, filter, settings, sealed, is_active });
  return detailed(ctx, await change(ctx, before, fields, isUnconditional(ifMatch)));
}

/** Nothing is sent from the moment that this returns. */
export async function deleteWebhook(ctx: RequestContext, id: string): Promise<void> {
  await requireWebhook(ctx, id);
  if (!(await deskOf(ctx).deleteSubscription(id, auditOrigin(ctx)))) throw notFound('webhook', id);
}

/** Puts a new secret first; those before it sign until the overlap ends, which is now with an overlap of 0. */
export async function rotateSecret(
  ctx: RequestContext,
  id: string,
  { overlap_seconds, secret: own }: RotateSecretRequest,
): Promise<CreatedWebhook> {
  const { env, organizationId } = ctx;
  const before = await requireWebhook(ctx, id);
  const stored = await openSecrets(env, organizationId, id, before.sealed);
  const secret = await newSecret(before.settings.signature, own);
  const now = ctx.now();
  const secrets = rotated(stored, secret.secret, overlap_seconds * 1000, now);
  const ends = secrets.flatMap(({ until }) => (until === null ? [] : [until]));
  const settings = {
    ...before.settings,
    public_key: secret.public_key,
    secret_hint: hintOf(secret),
    previous_secret_until: ends.length === 0 ? null : Math.max(...ends),
  };
  const sealed = await sealSecrets(env, organizationId, id, { ...stored, secrets });
  const after = await change(ctx, before, { settings, sealed }, true, 'secret_rotated');
  return { ...presentWebhook(after, now), secret: secret.shown };
}

/** Throws `not_found` for what is no webhook of the organization. */
export async function requireWebhook(ctx: RequestContext, id: string): Promise<WebhookRecord> {
  const record = await deskOf(ctx).subscription(id);
  if (!isWebhook(record)) throw notFound('webhook', id);
  return record;
}

/** What was written is made of what was read: it must still be there, unless it stands for itself. */
async function change(
  ctx: RequestContext,
  before: WebhookRecord,
  fields: SubscriptionFields,
  isUnconditional: boolean,
  action?: string,
): Promise<WebhookRecord> {
  const made = await deskOf(ctx).changeSubscription(before.id, fields, before.revision, auditOrigin(ctx), action);
  return changedWebhook(before, made, isUnconditional);
}

function changedWebhook(before: WebhookRecord, made: SubscriptionChange, isUnconditional: boolean): WebhookRecord {
  if (made.outcome === 'stale' && !isUnconditional) {
    requireMatch(etagOf(before.revision), made.subscription.revision, 'The webhook');
  }
  if (made.outcome === 'stale') throw new ApiError('conflict', 'The webhook is being changed. Try again.');
  if (made.outcome !== 'done' || !isWebhook(made.subscription)) throw notFound('webhook', before.id);
  return made.subscription;
}

async function detailed(ctx: RequestContext, record: WebhookRecord): Promise<WithEtag<WebhookDetail>> {
  const health = await webhookTarget(ctx.env.WEBHOOK_TARGET, record.id).health();
  return { webhook: presentDetail(record, health, ctx.now()), etag: etagOf(record.revision) };
}

function requireCallable({ env }: RequestContext, url: string): void {
  const problem = urlProblem(env, url);
  if (problem !== null) throw invalid([{ path: 'url', message: problem }]);
}
