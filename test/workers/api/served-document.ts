import { type ExternalOperation, type Permission, permission } from '@agentflow/contracts';
import { api } from '../../support/api.ts';

/** What of the served OpenAPI document the tests of all operations read. */
interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly properties?: { readonly [name: string]: Schema };
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly minItems?: number;
  readonly minimum?: number;
  readonly format?: string;
  readonly anyOf?: readonly Schema[];
}

interface Operation {
  readonly operationId?: string;
  readonly 'x-access'?: Permission | 'signed_in' | 'external' | 'public';
  readonly 'x-external-agents'?: ExternalOperation;
  readonly requestBody?: { readonly content: { readonly [type: string]: { readonly schema: Schema } } };
}

interface Document {
  readonly paths: { readonly [path: string]: { readonly [method: string]: Operation } };
  readonly components: { readonly schemas: { readonly [name: string]: Schema } };
}

const document = (await api<Document>('/openapi.json')).body;

/** Every operation of the document, in its order. */
export const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({
    path,
    method: method.toUpperCase(),
    id: operation.operationId ?? `${method} ${path}`,
    access: operation['x-access'],
    external: operation['x-external-agents'],
    operation,
  })),
);

export type Listed = (typeof operations)[number];

/** The permission that an operation needs; null where being signed in, or nothing, is enough. */
export function permissionOf({ access }: Listed): Permission | null {
  const parsed = permission.safeParse(access);
  return parsed.success ? parsed.data : null;
}

/** The smallest body that an operation takes; undefined where it takes none. */
export function smallestBody({ operation }: Listed): unknown {
  const content = operation.requestBody?.content['application/json'];
  return content === undefined ? undefined : example(content.schema);
}

function example(schema: Schema): unknown {
  if (schema.$ref !== undefined) {
    const name = schema.$ref.slice('#/components/schemas/'.length);
    const referred = document.components.schemas[name];
    if (referred === undefined) throw new Error(`the document refers to ${name} but does not define it`);
    return example(referred);
  }
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return schema.enum[0];
  if (schema.anyOf !== undefined) return example(schema.anyOf[0] ?? {});
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  switch (type) {
    case 'object':
      return Object.fromEntries(
        (schema.required ?? []).map((name) => [name, example(schema.properties?.[name] ?? {})]),
      );
    case 'array':
      return Array.from({ length: schema.minItems ?? 0 }, () => example(schema.items ?? {}));
    case 'integer':
    case 'number':
      return schema.minimum ?? 1;
    case 'boolean':
      return false;
    case 'string':
      return schema.format === 'date-time' ? '2040-01-01T00:00:00Z' : 'example';
    default:
      return {};
  }
}
