import type { Database } from '../../db/client.ts';
import { type DeliveryNoteStatus, selectKnown, updateDelivery } from './queries.ts';

/** How far the result of a call is on its way to the external agent's webhook. */
export interface WebhookDeliveryNote {
  readonly invocation_id: string;
  readonly delivery_id: string;
  /** `pending` after an attempt that failed and is followed by another. */
  readonly status: DeliveryNoteStatus;
  readonly attempts: number;
  /** Of the last attempt. */
  readonly error: string | null;
}

const MAX_ERROR_CHARACTERS = 500;

/**
 * Writes it into the invocation's row. Retelling changes nothing, and a later state is not taken back. False where D1 does
 * not have the call: its execution tells it on its own way, which may take longer, so that it is to be noted again later.
 */
export async function noteWebhookDelivery(
  database: Database,
  organizationId: string,
  { invocation_id, delivery_id, status, attempts, error }: WebhookDeliveryNote,
): Promise<boolean> {
  const [, known] = await database.batch([
    updateDelivery(database, organizationId, invocation_id, {
      webhook_delivery_status: status,
      webhook_delivery_attempts: attempts,
      webhook_delivery_error: error === null ? null : error.slice(0, MAX_ERROR_CHARACTERS),
      webhook_delivery_id: delivery_id,
    }),
    selectKnown(database, organizationId, invocation_id),
  ]);
  return known.length > 0;
}
