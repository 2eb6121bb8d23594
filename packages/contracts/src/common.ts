import { z } from 'zod';

export type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue };

/** Any JSON value. Depth and size are bounded where bodies are read, before a schema sees them. */
export const jsonValue: z.ZodType<JsonValue> = z.json() as z.ZodType<JsonValue>;
export const jsonObject = z.record(z.string(), jsonValue);

export const timestamp = z.iso.datetime().describe('ISO 8601, UTC');

export const pageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(20),
  cursor: z.string().max(200).optional(),
});

/** Lists answer `{data, next_cursor}`, newest first; `next_cursor` is null on the last page. */
export function page<T extends z.ZodType>(item: T) {
  return z.object({ data: z.array(item), next_cursor: z.string().nullable() });
}

export const displayName = z.string().trim().min(1).max(120);

/** Limits on what callers may send, in bytes of UTF-8 unless said. */
export const LIMITS = {
  body_bytes: 256 * 1024,
  input_bytes: 1024 * 1024,
  definition_bytes: 768 * 1024,
  definition_nodes: 300,
  definition_edges: 1200,
  json_depth: 64,
  name_characters: 120,
} as const;
