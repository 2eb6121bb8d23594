import { EVENT_CATALOGUE, EVENT_EXAMPLES, EVENT_TYPES, type EventTypeInfo } from '@agentflow/contracts';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { api, createKey, signUp } from '../../support/api.ts';

describe('The types of events', () => {
  it('are told with schemas that take their examples and want all of their fields', async () => {
    const owner = await signUp();
    const { key } = await createKey(owner, ['secrets:read']);
    const { status, body } = await api<{ data: EventTypeInfo[] }>('/event-types', { key });
    expect(status).toBe(200);
    expect(body.data.map(({ type }) => type)).toEqual(EVENT_TYPES);
    for (const { type, schema, example, permission, description } of body.data) {
      expect(example).toEqual(EVENT_CATALOGUE[type].data.strict().parse(EVENT_EXAMPLES[type]));
      const told = z.fromJSONSchema(schema as never);
      expect(told.safeParse(example).error, type).toBeUndefined();
      expect(told.safeParse({ ...example, added_later: 1 }).success, type).toBe(true);
      for (const name of schema.required as string[]) {
        expect(told.safeParse({ ...example, [name]: undefined }).success, `${type} without ${name}`).toBe(false);
      }
      expect({ permission, description }).toEqual({
        permission: EVENT_CATALOGUE[type].permission,
        description: EVENT_CATALOGUE[type].description,
      });
    }
    const failed = body.data.find(({ type }) => type === 'execution.failed');
    expect(failed).toMatchObject({ state: 'active', aliases: ['workflow.failed', 'agent.failed'], notifies: false });
    expect(body.data.find(({ type }) => type === 'billing.payment_failed')?.state).toBe('reserved');
  });
});
