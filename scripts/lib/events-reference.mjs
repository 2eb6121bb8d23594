import { describeEventTypes, EVENT_ALIASES } from '@agentflow/contracts';
import { schemaCell, schemaShape } from './schema-shape.mjs';

/** @typedef {import('./schema-shape.mjs').Schema} Schema */

const PATTERN = /^\^([a-z]{3}_)/;

/** An id by its prefix, everything else by its shape. @param {Schema} schema @returns {string} */
function shapeOf(schema) {
  if (schema.anyOf !== undefined) return schema.anyOf.map(shapeOf).join(' or ');
  const prefix = PATTERN.exec(schema.pattern ?? '')?.[1];
  return prefix === undefined ? schemaShape(schema) : `id, \`${prefix}…\``;
}

/** docs/events.md as the catalogue in contracts says it. */
export function eventsReference() {
  const types = describeEventTypes();
  const lines = [
    '<!-- Generated from packages/contracts/src/event-catalogue.ts by `npm run docs:events`. -->',
    '',
    '# Events',
    '',
    'What happens in an organization, as `GET /api/v1/events` lists it for 30 days and as webhooks and notification channels are told it:',
    '',
    '```json',
    JSON.stringify(
      {
        id: 'evt_01k7x1a9b0c1d2e3f4g5h6j7k8',
        type: 'agent.paused',
        version: 1,
        timestamp: '2026-10-20T08:30:00.000Z',
        organization_id: 'org_01k7ww0z1y2x3w4v5t6s7r8q9p',
        data: types.find(({ type }) => type === 'agent.paused')?.example,
      },
      null,
      2,
    ),
    '```',
    '',
    "`timestamp` is when it happened. `version` is that of the type's data: it grows when a field goes or means something else; fields are added",
    'without it, so leave those alone that you do not know. `GET /api/v1/event-types` answers what stands below as JSON Schema.',
    '',
    'The list has `?type=` (types, families as in `execution.*` and aliases, with commas between them), `?agent_id=`, `?project_id=`, `?from=` and',
    '`?to=`. It shows the events whose permission the caller has. What an external agent was answered is not in it: the invocation has it.',
    'The bell tells the types marked so to everybody who may see them; each person can mute some and add others (`PUT /api/v1/notifications/settings`).',
    '',
    '| type | when | permission | bell |',
    '| --- | --- | --- | :-: |',
    ...types.map(
      ({ type, description, permission, notifies, state }) =>
        `| [\`${type}\`](#${type.replaceAll('.', '')}) | ${description}${state === 'reserved' ? ' (not told yet)' : ''} | \`${permission}\` | ${notifies ? '✓' : ''} |`,
    ),
    '',
    '## Aliases',
    '',
    'Other names that subscriptions and filters take. What is sent has the name on the right, once.',
    '',
    '| alias | type |',
    '| --- | --- |',
    ...Object.entries(EVENT_ALIASES).map(([alias, type]) => `| \`${alias}\` | \`${type}\` |`),
  ];
  for (const { type, description, version, state, schema, example } of types) {
    const fields = Object.entries(/** @type {Schema} */ (schema).properties ?? {});
    const reserved = state === 'reserved' ? ' Nothing tells it yet; it can be subscribed to.' : '';
    lines.push(
      '',
      `## ${type}`,
      '',
      `${description}.${reserved} Version ${version}.`,
      '',
      '| field | | |',
      '| --- | --- | --- |',
    );
    for (const [name, field] of fields) {
      lines.push(`| \`${name}\` | ${schemaCell(shapeOf(field))} | ${schemaCell(field.description ?? '')} |`);
    }
    lines.push('', '```json', JSON.stringify(example, null, 2), '```');
  }
  return `${lines.join('\n')}\n`;
}
