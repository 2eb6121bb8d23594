import type { JsonValue } from '@agentflow/contracts';

type Schema = { readonly [key: string]: JsonValue | undefined };

function asSchema(value: JsonValue | undefined): Schema | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null;
}

const TEXT_BY_FORMAT: Record<string, string> = {
  email: 'ada@example.com',
  'date-time': '2026-01-31T09:30:00Z',
  date: '2026-01-31',
  uri: 'https://example.com',
};

/** An input that fits a JSON Schema's shape: its own examples and defaults where it has them, place-holders elsewhere. */
export function exampleOf(schema: JsonValue | undefined, depth = 0): JsonValue {
  const node = asSchema(schema);
  if (node === null || depth > 8) return {};
  if (Array.isArray(node.examples) && node.examples.length > 0) return node.examples[0] as JsonValue;
  for (const given of [node.example, node.default, node.const]) if (given !== undefined) return given;
  if (Array.isArray(node.enum) && node.enum.length > 0) return node.enum[0] as JsonValue;
  const type = Array.isArray(node.type) ? node.type[0] : node.type;
  const properties = asSchema(node.properties);
  if (type === 'object' || properties !== null) {
    return Object.fromEntries(
      Object.entries(properties ?? {}).map(([name, inner]) => [name, exampleOf(inner, depth + 1)]),
    );
  }
  if (type === 'array') return node.items === undefined ? [] : [exampleOf(node.items, depth + 1)];
  if (type === 'number' || type === 'integer') return typeof node.minimum === 'number' ? node.minimum : 0;
  if (type === 'boolean') return false;
  if (type === 'null') return null;
  if (type === 'string') return (typeof node.format === 'string' ? TEXT_BY_FORMAT[node.format] : undefined) ?? '';
  return {};
}
