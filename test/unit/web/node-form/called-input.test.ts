import { describe, expect, it } from 'vitest';
import { calledInputFields, isInput } from '../../../../web/src/features/node-form/called-input.ts';

describe('calledInputFields', () => {
  it('gives each property the control that its type asks for, whatever hints it pretends to have', () => {
    const fields = calledInputFields({
      type: 'object',
      required: ['subject'],
      properties: {
        subject: { type: 'string', title: 'Subject', maxLength: 100, description: 'In a few words' },
        body: { type: 'string' },
        amount: { type: 'number' },
        urgent: { type: 'boolean' },
        team: { type: 'string', enum: ['billing', 'sales'], control: 'model', when: { field: 'x' }, advanced: true },
        tags: { type: 'array', items: { type: 'string' } },
        order: { type: 'object' },
      },
    });
    expect(fields?.map(({ name, control }) => [name, control])).toEqual([
      ['subject', 'template'],
      ['body', 'prompt'],
      ['amount', 'number_or_template'],
      ['urgent', 'boolean'],
      ['team', 'select'],
      ['tags', 'text_list'],
      ['order', 'json'],
    ]);
    expect(fields?.[0]).toMatchObject({ title: 'Subject', help: 'In a few words', required: true });
    expect(fields?.[4]).toMatchObject({ computable: true, required: false });
    expect(fields?.[4]).not.toHaveProperty('advanced');
  });

  it('gives nothing for a schema that fields can’t show', () => {
    for (const schema of [undefined, true, { type: 'array' }, { type: 'object' }, { type: 'object', properties: {} }]) {
      expect(calledInputFields(schema)).toBeNull();
    }
  });
});

describe('isInput', () => {
  it('takes objects, and nothing yet', () => {
    expect([undefined, {}, { a: 1 }].every(isInput)).toBe(true);
    expect([null, [], '{{trigger}}', 3].some(isInput)).toBe(false);
  });
});
