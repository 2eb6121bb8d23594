/** @typedef {{ type?: string | string[], enum?: unknown[], const?: unknown, anyOf?: Schema[], items?: Schema, default?: unknown, title?: string, description?: string, properties?: Record<string, Schema>, required?: string[], minimum?: number, maximum?: number, pattern?: string, $ref?: string }} Schema */

/** A schema's shape in a few words. @param {Schema} schema @returns {string} */
export function schemaShape(schema) {
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${value}\``).join(', ');
  if (schema.const !== undefined) return `\`${schema.const}\``;
  if (schema.anyOf !== undefined) return [...new Set(schema.anyOf.map(schemaShape))].join(' or ');
  if (schema.type === 'array') return `list of ${schemaShape(schema.items ?? {})}`;
  if (typeof schema.type === 'string') {
    const { minimum, maximum } = schema;
    const isBounded = schema.type === 'integer' || schema.type === 'number';
    const isSafe = (/** @type {number | undefined} */ value) => value !== undefined && Math.abs(value) < 2 ** 53 - 1;
    const range = isBounded && isSafe(minimum) && isSafe(maximum) ? ` ${minimum} to ${maximum}` : '';
    return `${schema.type}${range}`;
  }
  return Array.isArray(schema.type) ? schema.type.join(' or ') : 'any value';
}

/** Text as it may stand in a table. @param {string} text */
export const schemaCell = (text) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
