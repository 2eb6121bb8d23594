import { z } from 'zod';
import { EVENT_CATALOGUE, EVENT_TYPES } from './event-catalogue.ts';
import { EVENT_EXAMPLES } from './event-examples.ts';
import { EVENT_ALIASES, type EventTypeInfo } from './events.ts';

/** The catalogue as it is answered and documented: every type with its JSON Schema and an example. */
export function describeEventTypes(): EventTypeInfo[] {
  return EVENT_TYPES.map((type) => {
    const { description, version, permission, notifies, reserved, data } = EVENT_CATALOGUE[type];
    return {
      type,
      description,
      version,
      permission,
      notifies,
      state: reserved === true ? 'reserved' : 'active',
      aliases: Object.keys(EVENT_ALIASES).filter((alias) => EVENT_ALIASES[alias] === type),
      // As a reader has to take it: fields that come later are no surprise.
      schema: z.toJSONSchema(data, { io: 'input' }) as EventTypeInfo['schema'],
      example: EVENT_EXAMPLES[type] as EventTypeInfo['example'],
    };
  });
}
