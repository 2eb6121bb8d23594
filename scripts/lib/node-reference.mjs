import { describeNodeTypes } from '@agentflow/contracts';

/** @typedef {{ type?: string | string[], enum?: unknown[], const?: unknown, anyOf?: Schema[], items?: Schema, default?: unknown, title?: string, description?: string, properties?: Record<string, Schema>, required?: string[], minimum?: number, maximum?: number, $ref?: string }} Schema */

/** A schema's shape in a few words. @param {Schema} schema @returns {string} */
function shapeOf(schema) {
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${value}\``).join(', ');
  if (schema.const !== undefined) return `\`${schema.const}\``;
  if (schema.anyOf !== undefined) return [...new Set(schema.anyOf.map(shapeOf))].join(' or ');
  if (schema.type === 'array') return `list of ${shapeOf(schema.items ?? {})}`;
  if (typeof schema.type === 'string') {
    const { minimum, maximum } = schema;
    const isBounded = schema.type === 'integer' || schema.type === 'number';
    const isSafe = (/** @type {number | undefined} */ value) => value !== undefined && Math.abs(value) < 2 ** 53 - 1;
    const range = isBounded && isSafe(minimum) && isSafe(maximum) ? ` ${minimum} to ${maximum}` : '';
    return `${schema.type}${range}`;
  }
  return 'any value';
}

/** @param {string} text */
const cell = (text) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

/** docs/nodes.md as the registry in contracts says it. */
export function nodeReference() {
  const lines = [
    '<!-- Generated from packages/contracts/src/nodes by `npm run docs:nodes`. -->',
    '',
    '# Nodes',
    '',
    'What an agent is made of. Text fields take `{{…}}` ([expressions](engine.md#expressions)); fields that are bare JSONata say so.',
    'Each node also takes `retry`, `timeout_ms`, `on_error` and `output_mapping` ([failures](engine.md#failures)). `GET /api/v1/node-types` answers the same as JSON Schema.',
  ];
  for (const type of describeNodeTypes()) {
    const schema = /** @type {Schema} */ (type.config_schema);
    const output = /** @type {Schema | null} */ (type.output_schema);
    const fields = Object.entries(schema.properties ?? {});
    lines.push('', `## ${type.title}: \`${type.type}\``, '', type.description);
    if (type.side_effect)
      lines.push('', 'Changes the outside world: a test run answers with what would have been sent.');
    if (fields.length > 0) {
      lines.push('', '| field | | |', '| --- | --- | --- |');
      for (const [name, field] of fields) {
        const isNeeded = schema.required?.includes(name) === true && field.default === undefined;
        const given =
          field.default === undefined
            ? isNeeded
              ? ', required'
              : ''
            : `, default \`${JSON.stringify(field.default)}\``;
        lines.push(`| \`${name}\` | ${cell(shapeOf(field) + given)} | ${cell(field.description ?? '')} |`);
      }
    }
    const exits = type.handles.map(({ handle, title }) => `\`${handle}\` (${title})`).join(', ');
    lines.push('', `Exits: ${exits === '' ? 'none' : exits}.`);
    const given = Object.entries(output?.properties ?? {}).map(([name, field]) =>
      field.description === undefined ? `\`${name}\`` : `\`${name}\` (${field.description})`,
    );
    if (given.length > 0) lines.push('', `Output: ${given.join(', ')}.`);
    lines.push('', '```json', JSON.stringify(type.example, null, 2), '```');
  }
  return `${lines.join('\n')}\n`;
}
