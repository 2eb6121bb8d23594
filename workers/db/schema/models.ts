import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { organizations } from './accounts.ts';

/** The models that are asked where a node's own can't answer and the node names none; no row: none. */
export const modelFallbacks = sqliteTable('model_fallbacks', {
  organization_id: text('organization_id')
    .primaryKey()
    .references(() => organizations.id),
  /** JSON list of `provider/name`, in their order. */
  models: text('models').notNull(),
  updated_at: integer('updated_at').notNull(),
  /** Id of the user or API key that set it. */
  updated_by: text('updated_by').notNull(),
});

/** An organization's own prices: they replace the catalogue's, or price an Ollama or custom model. */
export const modelPrices = sqliteTable(
  'model_prices',
  {
    organization_id: text('organization_id')
      .notNull()
      .references(() => organizations.id),
    /** `provider/name`. */
    model: text('model').notNull(),
    /** Micro-dollars per million tokens. */
    input_microusd_per_million: integer('input_microusd_per_million').notNull(),
    output_microusd_per_million: integer('output_microusd_per_million').notNull(),
    /** For models outside the catalogue. */
    context_tokens: integer('context_tokens'),
    updated_at: integer('updated_at').notNull(),
    /** Id of the user or API key that set it. */
    updated_by: text('updated_by').notNull(),
  },
  (table) => [primaryKey({ columns: [table.organization_id, table.model] })],
);
