import { and, eq } from 'drizzle-orm';
import type { Database } from '../../db/client.ts';
import { modelFallbacks, modelPrices } from '../../db/schema/models.ts';

export type ModelPriceRow = typeof modelPrices.$inferSelect;

export type ModelFallbackRow = typeof modelFallbacks.$inferSelect;

/** Every price that the organization has set, by model. */
export function priceOverrides(db: Database, organizationId: string) {
  return db
    .select()
    .from(modelPrices)
    .where(eq(modelPrices.organization_id, organizationId))
    .orderBy(modelPrices.model);
}

export function fallbackRow(db: Database, organizationId: string) {
  return db.select().from(modelFallbacks).where(eq(modelFallbacks.organization_id, organizationId));
}

/** Sets the chain, in place of the one that stood before. */
export function upsertFallback(db: Database, row: ModelFallbackRow) {
  const { organization_id: _organization, ...changed } = row;
  return db
    .insert(modelFallbacks)
    .values(row)
    .onConflictDoUpdate({ target: modelFallbacks.organization_id, set: changed });
}

/** Sets a price, in place of the one that stood before. */
export function upsertModelPrice(db: Database, row: ModelPriceRow) {
  const { organization_id: _organization, model: _model, ...changed } = row;
  return db
    .insert(modelPrices)
    .values(row)
    .onConflictDoUpdate({ target: [modelPrices.organization_id, modelPrices.model], set: changed });
}

export function deleteModelPrice(db: Database, organizationId: string, model: string) {
  return db
    .delete(modelPrices)
    .where(and(eq(modelPrices.organization_id, organizationId), eq(modelPrices.model, model)));
}
