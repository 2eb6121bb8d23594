import { describe, expect, it } from 'vitest';
import {
  createAutosave,
  type SaveOutcome,
  type SaveState,
} from '../../../../web/src/features/builder/draft/autosave.ts';

/** A document, a server whose answers are given by hand, and timers that fire when told. */
function desk() {
  const doc = { current: {} as object };
  const sent: { value: object; etag: string | null; answer: (outcome: SaveOutcome) => Promise<void> }[] = [];
  const states: SaveState['kind'][] = [];
  let timer: { act: () => void; ms: number } | null = null;
  const autosave = createAutosave<object>('"1"', {
    current: () => doc.current,
    save: (value, etag) =>
      new Promise((resolve) => {
        sent.push({
          value,
          etag,
          answer: async (outcome) => {
            resolve(outcome);
            await new Promise((settled) => setImmediate(settled));
          },
        });
      }),
    onState: ({ kind }) => states.push(kind),
    setTimer: (act, ms) => {
      const own = { act, ms };
      timer = own;
      return () => {
        if (timer === own) timer = null;
      };
    },
  });
  return {
    autosave,
    sent,
    states,
    type() {
      doc.current = {};
      autosave.changed();
      return doc.current;
    },
    put(value: object) {
      doc.current = value;
      autosave.changed();
    },
    waits: () => timer?.ms ?? null,
    fire() {
      const due = timer;
      timer = null;
      due?.act();
    },
    doc,
  };
}

describe('autosave', () => {
  it('saves once after a pause, with the tag of what was saved before', async () => {
    const { type, fire, sent, states } = desk();
    type();
    const last = type();
    expect(sent).toHaveLength(0);
    fire();
    expect(sent[0]).toMatchObject({ value: last, etag: '"1"' });
    await sent[0]?.answer({ kind: 'saved', etag: '"2"' });
    expect(states.at(-1)).toBe('saved');
    type();
    fire();
    expect(sent[1]?.etag).toBe('"2"');
  });

  it('saves what was typed during a save after it, never beside it', async () => {
    const { type, fire, sent, states } = desk();
    type();
    fire();
    const later = type();
    fire();
    expect(sent).toHaveLength(1);
    await sent[0]?.answer({ kind: 'saved', etag: '"2"' });
    expect(states.at(-1)).toBe('unsaved');
    fire();
    expect(sent[1]).toMatchObject({ value: later, etag: '"2"' });
  });

  it('tries again, later each time, while the server is not there', async () => {
    const { type, fire, sent, states, waits } = desk();
    type();
    fire();
    await sent[0]?.answer({ kind: 'unreachable', offline: true });
    expect([states.at(-1), waits()]).toEqual(['unreachable', 2000]);
    fire();
    await sent[1]?.answer({ kind: 'unreachable', offline: true });
    expect(waits()).toBe(4000);
    fire();
    await sent[2]?.answer({ kind: 'saved', etag: '"2"' });
    expect([states.at(-1), waits()]).toEqual(['saved', null]);
  });

  it('waits for a person at a conflict, and saves over it or takes the other when told', async () => {
    const { autosave, type, fire, sent, states, waits, doc } = desk();
    type();
    fire();
    await sent[0]?.answer({ kind: 'conflict' });
    type();
    expect([states.at(-1), waits()]).toEqual(['conflict', null]);
    expect(await autosave.flush()).toBe(false);
    const over = autosave.overwrite('"9"');
    expect(sent[1]).toMatchObject({ value: doc.current, etag: '"9"' });
    await sent[1]?.answer({ kind: 'saved', etag: '"10"' });
    expect(await over).toBe(true);

    type();
    fire();
    await sent[2]?.answer({ kind: 'conflict' });
    autosave.adopt('"11"');
    expect(states.at(-1)).toBe('saved');
    type();
    fire();
    expect(sent[3]?.etag).toBe('"11"');
  });

  it('is at rest again when what was saved comes back', () => {
    const { put, doc, states, waits } = desk();
    const saved = doc.current;
    put({});
    expect(states.at(-1)).toBe('unsaved');
    put(saved);
    expect([states.at(-1), waits()]).toEqual(['saved', null]);
  });

  it('flushes at once, and tells whether everything is stored', async () => {
    const { autosave, type, sent } = desk();
    expect(await autosave.flush()).toBe(true);
    type();
    const stored = autosave.flush();
    await sent[0]?.answer({ kind: 'saved', etag: '"2"' });
    expect(await stored).toBe(true);
    type();
    const refused = autosave.flush();
    await sent[1]?.answer({ kind: 'refused', error: new Error('too large') });
    expect(await refused).toBe(false);
  });
});
