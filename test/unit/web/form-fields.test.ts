import { describe, expect, it } from 'vitest';
import { answersOf, draftOf, fieldsOf } from '../../../web/src/lib/form-fields.ts';

const SCHEMA = {
  type: 'object',
  properties: {
    name: { type: 'string', title: 'Who', description: 'First and last.' },
    note: { type: 'string', maxLength: 2000 },
    level: { enum: ['low', 2, null] },
    hours: { type: 'integer', default: 4 },
    tell: { type: 'boolean', default: true },
    rooms: { type: 'array', items: { type: 'string' } },
    extra: { type: 'object' },
  },
  required: ['name', 'extra'],
};
const fields = fieldsOf(SCHEMA) ?? [];

describe('a form of a schema', () => {
  it('has a control for what is simple, and JSON for the rest', () => {
    expect(fields.map(({ name, control }) => [name, control])).toEqual([
      ['name', 'text'],
      ['note', 'long_text'],
      ['level', 'choice'],
      ['hours', 'number'],
      ['tell', 'boolean'],
      ['rooms', 'lines'],
      ['extra', 'json'],
    ]);
    expect(fields[0]).toMatchObject({ title: 'Who', help: 'First and last.', required: true, initial: '' });
    expect(fields[3]).toMatchObject({ title: 'hours', required: false, initial: '4' });
    expect(fieldsOf({ type: 'array' })).toBeNull();
    expect(fieldsOf({ type: 'object' })).toBeNull();
  });

  it('leaves out what was not entered, and keeps defaults', () => {
    expect(answersOf(fields, {})).toEqual({ ok: true, form: { hours: 4, tell: true } });
  });

  it('reads what was entered as the schema has it', () => {
    const draft = { name: 'Marta', level: '2', hours: '1.5', tell: false, rooms: ' 301\n\n302 ', extra: '{"a": [1]}' };
    expect(answersOf(fields, draft)).toEqual({
      ok: true,
      form: { name: 'Marta', level: 2, hours: 1.5, tell: false, rooms: ['301', '302'], extra: { a: [1] } },
    });
  });

  it('sends text that is no number as it is, for the server to say so, and names JSON that can’t be read', () => {
    expect(answersOf(fields, { hours: 'a few' })).toMatchObject({ ok: true, form: { hours: 'a few' } });
    expect(answersOf(fields, { extra: '{' })).toEqual({ ok: false, field: 'extra' });
  });

  it('holds a value, and gives it back as it was', () => {
    const value = { name: 'Ada', level: 2, hours: 7, tell: false, rooms: ['a', 'b'], extra: { deep: [1] } };
    expect(answersOf(fields, draftOf(fields, value))).toEqual({ ok: true, form: value });
    expect(answersOf(fields, draftOf(fields, 'no object'))).toEqual({ ok: true, form: { tell: false } });
  });
});
