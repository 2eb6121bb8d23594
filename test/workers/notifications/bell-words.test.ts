import { EVENT_EXAMPLES, EVENT_TYPES, type EventType, type JsonValue } from '@agentflow/contracts';
import { describe, expect, it } from 'vitest';
import { bellWords } from '../../../workers/domains/notifications/bell-words.ts';

const words = (type: EventType, data: object = {}) =>
  bellWords({ type, data: { ...EVENT_EXAMPLES[type], ...data } as Record<string, JsonValue> });

/** Types whose page does not exist yet. */
const NOWHERE: readonly EventType[] = ['billing.payment_failed'];

describe('The words of a notification', () => {
  it.each(EVENT_TYPES)('say what %s is about, and where to go', (type) => {
    const { title, detail, path } = words(type);
    expect(title).toMatch(/^\S.{5,}\S$/);
    expect(`${title} ${detail}`).not.toMatch(/undefined|null|NaN|\[object/);
    if (NOWHERE.includes(type)) expect(path).toBeNull();
    else expect(path).toMatch(/^\/dashboard\/[a-z-]+/);
  });

  it('say at least what it is, of data that another release wrote', () => {
    const event = { type: 'execution.failed', data: { execution_id: null } } as const;
    expect(bellWords(event)).toEqual({ title: 'An execution has ended with an error', detail: '', path: null });
  });

  it('name nobody who was erased', () => {
    expect(words('member.removed', { email: null }).title).toBe('A person is no member any more');
  });

  it('are one line, without what turns text around, and cut at whole characters', () => {
    const hostile = `first\nsecond \u202eevil\u0007 ${'👩‍👩‍👧'.repeat(5000)}`;
    const { title, detail } = words('approval.requested', { title: hostile, message: hostile });
    for (const text of [title, detail]) {
      expect(text).not.toMatch(/[\p{Cc}\u202e]/u);
      expect(text).toMatch(/(👩‍👩‍👧)…$/u);
    }
    expect(title.length).toBeLessThanOrEqual(160);
    expect(detail.length).toBeLessThanOrEqual(300);
    expect(detail).toMatch(/^first second evil /);
  });
});
