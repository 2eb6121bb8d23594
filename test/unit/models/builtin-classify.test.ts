import { describe, expect, it } from 'vitest';
import { classify } from '../../../workers/models/builtin/classify.ts';

const named = (...names: string[]) => names.map((name) => ({ name, description: '', examples: [] }));
const label = (text: string, ...names: string[]) => classify(text, named(...names)).label;

describe('classification by bare names', () => {
  const TEAMS = ['billing', 'technical', 'account', 'shipping', 'other'];

  it.each([
    ['You took the money twice!', 'billing'],
    ['I forgot my password and cannot log in', 'account'],
    ['The app crashes on start', 'technical'],
    ['parcel never came', 'shipping'],
    ['Could you send me the invocie again? Our acountant lost it, the payement went through.', 'billing'],
    ['zzz qqq', 'other'],
  ])('%s → %s', (text, wanted) => {
    expect(label(text, ...TEAMS)).toBe(wanted);
  });

  it('does not depend on the order of the labels', () => {
    for (const names of [TEAMS, [...TEAMS].reverse()])
      expect(label('My refund has not arrived', ...names)).toBe('billing');
  });

  it('hears what the topic is not', () => {
    const text = 'This is not a billing question and has nothing to do with payments. The page shows an error.';
    expect(label(text, 'billing', 'technical')).toBe('technical');
  });

  it('weighs what the writer wants over what it is about', () => {
    const text = 'It would be nice if invoices could be sorted by date. Please consider adding that.';
    expect(label(text, 'billing', 'feature_request')).toBe('feature_request');
    expect(label('How do I export my data?', 'bug', 'question', 'feature')).toBe('question');
  });

  it('learns from examples', () => {
    const labels = [
      { name: 'alpha', description: '', examples: ['The turbine hums', 'Our turbine vibrates at night'] },
      { name: 'beta', description: '', examples: ['The greenhouse is cold', 'Tomatoes freeze in the greenhouse'] },
    ];
    expect(classify('Why does the turbine vibrate?', labels).label).toBe('alpha');
    expect(classify('It is too cold in the greenhouse', labels).label).toBe('beta');
  });

  it('says by a low confidence that there was nothing to go by', () => {
    expect(classify('lorem ipsum', named('alpha', 'beta'))).toEqual({ label: 'alpha', confidence: 0.25 });
    const sure = classify('Refund the duplicate charge on my invoice', named('billing', 'technical')).confidence;
    expect(sure).toBeGreaterThan(0.8);
  });

  it('ignores the words of an instruction in front of the ticket', () => {
    const text =
      'Decide how urgent this customer message is:\n\nThere is a small typo in the footer, whenever you have time.';
    expect(label(text, 'low', 'normal', 'high', 'urgent')).toBe('low');
  });

  it('ignores what is quoted below the message', () => {
    const text =
      'Where is my parcel?\n\nOn Mon, 2 Mar 2026 at 10:00, Support wrote:\n> Your invoice is attached, pay by card.\n> Refunds, billing, charges.';
    expect(label(text, 'billing', 'shipping')).toBe('shipping');
  });
});

describe('scales of urgency', () => {
  const OUTAGE = 'URGENT: production is down, nobody in the company can work!!';
  const WISH = 'Just curious, no rush: might you add a dark mode some day?';
  const BLOCKED = 'I cannot log in since this morning and have to finish my report.';

  it.each([
    { names: ['low', 'normal', 'high', 'urgent'], wanted: ['urgent', 'low', 'high'] },
    { names: ['P1', 'P2', 'P3', 'P4'], wanted: ['P1', 'P4', 'P2'] },
    { names: ['critical', 'high', 'medium', 'low'], wanted: ['critical', 'low', 'high'] },
    { names: ['sev1', 'sev2', 'sev3'], wanted: ['sev1', 'sev3', 'sev2'] },
    {
      names: ['Low priority', 'Medium priority', 'High priority'],
      wanted: ['High priority', 'Low priority', 'High priority'],
    },
    { names: ['urgent', 'not urgent'], wanted: ['urgent', 'not urgent', 'not urgent'] },
  ])('$names', ({ names, wanted }) => {
    expect([OUTAGE, WISH, BLOCKED].map((text) => label(text, ...names))).toEqual(wanted);
  });

  it('hears "not urgent"', () => {
    expect(label('This is not urgent, but the total on my invoice is wrong.', 'low', 'normal', 'high', 'urgent')).toBe(
      'low',
    );
    expect(label('This is urgent, the total on my invoice is wrong.', 'low', 'normal', 'high', 'urgent')).not.toBe(
      'low',
    );
  });

  it('is deterministic', () => {
    const once = classify(BLOCKED, named('low', 'normal', 'high', 'urgent'));
    for (let round = 0; round < 5; round++)
      expect(classify(BLOCKED, named('low', 'normal', 'high', 'urgent'))).toEqual(once);
  });
});
