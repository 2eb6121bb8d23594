import { describeNodeTypes } from '@agentflow/contracts';
import { schemaCell as cell, schemaShape as shapeOf } from './schema-shape.mjs';

/** @typedef {import('./schema-shape.mjs').Schema} Schema */

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
