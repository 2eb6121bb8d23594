import { EVENT_CATALOGUE, EVENT_TYPES, type EventType, MESSAGE_KINDS, type MessageKind } from '@agentflow/contracts';
import { describe, expect, it } from 'vitest';
import { readActionValue } from '../../../workers/chat/messages/actions.ts';
import { exampleEvent } from '../../../workers/chat/messages/examples.ts';
import { messageOf } from '../../../workers/chat/messages/message-of.ts';

const OPTIONS = {
  organizationId: 'org_01jd9m0v8k3s5x7z2b4c6d8f0g',
  templates: {},
  publicUrl: 'https://flows.example/',
  buttons: true,
};

describe('what a chat is told of an event', () => {
  it.each(MESSAGE_KINDS)('the example of %s is what the catalogue takes, and is told as that kind', async (kind) => {
    const event = exampleEvent(kind);
    expect(EVENT_CATALOGUE[event.type as EventType].data.safeParse(event.data).success).toBe(true);
    const { message, problems } = await messageOf(event, OPTIONS);
    expect(problems).toEqual([]);
    expect(message.kind).toBe(kind);
    expect(message.title).not.toBe('');
    expect(message.link?.url).toMatch(/^https:\/\/flows\.example\/dashboard\/[a-z]/);
    expect(message.event).toMatchObject({ id: event.id, type: event.type, organization_id: OPTIONS.organizationId });
  });

  it('tells a test', async () => {
    const data = { message: 'Hello from AgentFlow', event_id: 'evt_1' };
    const { message } = await messageOf({ id: 'evt_1', type: 'webhook.test', at: 0, data }, OPTIONS);
    expect(message).toMatchObject({ kind: 'notice', text: 'Hello from AgentFlow', actions: [] });
  });

  it('a template takes the place of the text, by the kind of message', async () => {
    const templates = { result: 'Read for {{event.data.name}}: {{event.data.result.total}}', notice: 'never' };
    const { message, problems } = await messageOf(exampleEvent('result'), { ...OPTIONS, templates });
    expect(problems).toEqual([]);
    expect(message.text).toBe('Read for Claude Code: 1,280.00 EUR');
    expect(message.title).toBe('Invoice reader has answered Claude Code');
  });

  it.each([
    ['that is not closed', 'Hello {{event.data.name'],
    ['that is no expression', '{{ (( }}'],
    ['that never ends', '{{ ($f := function($n) { $f($n + 1) }; $f(0)) }}'],
    ['that calls what there is not', '{{ $eval("1") }}'],
  ])('a template %s leaves the standard text, and is told', async (_, result) => {
    const standard = await messageOf(exampleEvent('result'), OPTIONS);
    const { message, problems } = await messageOf(exampleEvent('result'), { ...OPTIONS, templates: { result } });
    expect(message.text).toBe(standard.message.text);
    expect(problems).toMatchObject([{ path: 'templates.result' }]);
    expect(problems[0]?.message).not.toBe('');
  });

  it('a template sees the event and nothing else', async () => {
    const templates = { notice: '[{{env.SECRET}}][{{trigger}}][{{context.x}}]' };
    const { message } = await messageOf(exampleEvent('notice'), { ...OPTIONS, templates });
    expect(message.text).toBe('[][][]');
  });

  it('an approval has buttons that say which one and what was shown', async () => {
    const { message } = await messageOf(exampleEvent('approval'), OPTIONS);
    expect(message.actions.map(({ id }) => id)).toEqual(['approve', 'deny']);
    for (const { id, value } of message.actions) {
      expect(new TextEncoder().encode(value).byteLength).toBeLessThanOrEqual(64);
      expect(readActionValue(value)).toEqual({
        decision: id,
        approval_id: exampleEvent('approval').data.approval_id,
        action_hash_start: '3f9a1c5e7b2d4086',
      });
    }
  });

  it('a form, a decided approval and a channel without buttons have none', async () => {
    const event = exampleEvent('approval');
    const form = await messageOf({ ...event, data: { ...event.data, kind: 'form' } }, OPTIONS);
    const late = await messageOf({ ...event, data: { ...event.data, status: 'approved' } }, OPTIONS);
    const without = await messageOf(event, { ...OPTIONS, buttons: false });
    expect([form, late, without].map(({ message }) => message.actions)).toEqual([[], [], []]);
  });

  it.each(['', 'approve', 'approve:apr_1:3f9a1c5e7b2d4086', 'allow:apr_01jd9m0v8k3s5x7z2b4c6d8f0g:3f9a1c5e7b2d4086'])(
    'reads no decision out of %j',
    (value) => {
      expect(readActionValue(value)).toBeNull();
    },
  );

  it('without an address of the UI there is no link', async () => {
    const { message } = await messageOf(exampleEvent('result'), { ...OPTIONS, publicUrl: null });
    expect(message.link).toBeNull();
  });

  it('has words for every type of event', async () => {
    const kinds = new Set<MessageKind>();
    for (const type of EVENT_TYPES) {
      const data = sampleOf(type);
      const { message } = await messageOf({ id: 'evt_1', type, at: 0, data }, OPTIONS);
      expect(message.title.length, type).toBeGreaterThan(5);
      expect(message.title, type).not.toMatch(/undefined|null|\[object/);
      expect(JSON.stringify(message.facts), type).not.toMatch(/undefined|NaN/);
      kinds.add(message.kind);
    }
    expect([...kinds].sort()).toEqual([...MESSAGE_KINDS].sort());
  });
});

/** The least that a type's schema takes. */
function sampleOf(type: EventType): Record<string, never> {
  const shape = EVENT_CATALOGUE[type].data.shape;
  const data = Object.fromEntries(
    Object.entries(shape).map(([name, schema]) => [name, CANDIDATES.find((value) => schema.safeParse(value).success)]),
  );
  return data as Record<string, never>;
}
const ID = '01jd9m0v8k3s5x7z2b4c6d8f0g';
const CANDIDATES: readonly unknown[] = [
  null,
  'text',
  7,
  false,
  '2026-11-21T09:30:00.000Z',
  { type: 'user', id: 'usr_1', name: 'Dana' },
  ...['apr', 'agt', 'exe', 'ext', 'evt', 'hof', 'inv', 'ivt', 'key', 'prj', 'stp', 'usr'].map(
    (kind) => `${kind}_${ID}`,
  ),
  ...[
    'approval',
    'live',
    'completed',
    'success',
    'api',
    'claude_code',
    'rest',
    'viewer',
    'failing',
    'webhook',
    'member',
  ],
];
