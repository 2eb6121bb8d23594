import type { JsonValue } from '@agentflow/contracts';
import { describe, expect, it } from 'vitest';
import { extract } from '../../../workers/models/builtin/extract.ts';

const text = { type: 'string' } as const;
const read = (message: string, properties: Record<string, JsonValue>) =>
  extract(message, { type: 'object', properties });

const MAIL = `Hello,

my name is Ana Silva and I bought two Aurora Desk Lamps on 3 March 2026 (order #10432). I paid $1,049.90 with my card, invoice INV-2026-0077.
One is broken, so please refund it. Call me at +44 20 7946 0958 or write to ana.silva@example.com. The form at https://shop.example/returns?x=1 fails
in Firefox 131 on Windows 11, app version 4.2.1.

Regards,
Ana Silva
Silva & Sons Ltd`;

describe('extraction by name, format and type', () => {
  it('reads what the text tells', () => {
    const properties = {
      customer_name: text,
      company: text,
      email: { type: 'string', format: 'email' },
      phone: text,
      order_number: text,
      invoiceNumber: text,
      purchase_date: { type: 'string', format: 'date' },
      total_amount: { type: 'number' },
      currency: text,
      quantity: { type: 'integer' },
      product: text,
      website: text,
      browser: text,
      os: text,
      version: text,
      wants_refund: { type: 'boolean' },
    };
    expect(read(MAIL, properties)).toEqual({
      customer_name: 'Ana Silva',
      company: 'Silva & Sons Ltd',
      email: 'ana.silva@example.com',
      phone: '+44 20 7946 0958',
      order_number: '10432',
      invoiceNumber: 'INV-2026-0077',
      purchase_date: '2026-03-03',
      total_amount: 1049.9,
      currency: 'USD',
      quantity: 2,
      product: 'Aurora Desk Lamps',
      website: 'https://shop.example/returns?x=1',
      browser: 'Firefox 131',
      os: 'Windows 11',
      version: '4.2.1',
      wants_refund: true,
    });
  });

  it('invents nothing: what the text does not tell is null', () => {
    const properties = {
      name: text,
      company: text,
      email: text,
      phone: text,
      order_number: text,
      tracking_number: text,
      amount: { type: 'number' },
      due_date: { type: 'string', format: 'date' },
      quantity: { type: 'integer' },
      is_urgent: { type: 'boolean' },
      city: text,
      address: { type: 'object', properties: { street: text, zip: text } },
    };
    const found = read(
      "The page is blank since yesterday, can't see my 2 reports. I'm not happy, call me next Friday.",
      properties,
    );
    for (const [name, value] of Object.entries(found)) expect({ [name]: value }).toEqual({ [name]: null });
  });

  it('reads lines of the form "Key: value"', () => {
    const form =
      'Name: Jo Park\nCompany: Blue Fin\nNumber of seats: 12\nPlan: Pro\nDeadline: 12/31/2026\nNewsletter: no\nTotal: 1.299,00 EUR';
    const properties = {
      name: text,
      company: text,
      seats: { type: 'integer' },
      plan: text,
      deadline: { type: 'string', format: 'date' },
      newsletter: { type: 'boolean' },
      total: { type: 'number' },
    };
    expect(read(form, properties)).toEqual({
      name: 'Jo Park',
      company: 'Blue Fin',
      seats: 12,
      plan: 'Pro',
      deadline: '2026-12-31',
      newsletter: false,
      total: 1299,
    });
  });

  it.each([
    ['order_number', 'My order number is 88-4412, thanks', '88-4412'],
    ['order_id', 'Order no. A1029 is late', 'A1029'],
    ['ticket_id', 'see ticket #5521', '5521'],
    ['account_number', 'account 0042991 is locked', '0042991'],
    ['tracking_number', 'the parcel 1Z999AA10123456784 is stuck', '1Z999AA10123456784'],
    ['order_number', 'I have ordered 3 chairs', null],
    ['customer_name', "Hi, I'm Trying to log in", null],
    ['customer_name', 'Hi, this is Lena Vogt from Acme', 'Lena Vogt'],
    ['date', 'It broke on 05/06/2026', null],
    ['date', 'It broke on 25/06/2026', '2026-06-25'],
    ['date', 'It broke on June 5th, 2026', '2026-06-05'],
    ['error_code', 'It says E-2041 when I submit', 'E-2041'],
    ['phone', 'Card 2026-03-03 and order 123456', null],
  ])('%s in "%s" is %s', (name, message, wanted) => {
    expect(read(message, { [name]: text })).toEqual({ [name]: wanted });
  });

  it('chooses among the values of an enum', () => {
    const properties = {
      category: { type: 'string', enum: ['billing', 'technical', 'shipping'] },
      priority: { enum: ['low', 'medium', 'high'] },
      sentiment: { enum: ['positive', 'neutral', 'negative'] },
    };
    const message = 'You charged my card twice and nobody answers. This is unacceptable, I am furious!';
    expect(read(message, properties)).toEqual({ category: 'billing', priority: 'high', sentiment: 'negative' });
  });

  it('tells denied from unsaid', () => {
    const properties = { is_urgent: { type: 'boolean' } };
    expect(read('This is urgent', properties)).toEqual({ is_urgent: true });
    expect(read('This is not urgent', properties)).toEqual({ is_urgent: false });
    expect(read('Hello', properties)).toEqual({ is_urgent: null });
  });

  it('reads lists and nested objects', () => {
    const message = 'Write to a@example.com and b@example.com about orders #771 and #772.\n- blue cups\n- red plates';
    const properties = {
      emails: { type: 'array', items: { type: 'string', format: 'email' } },
      order_numbers: { type: 'array', items: text },
      items: { type: 'array', items: text },
      contact: { type: 'object', properties: { email: text, phone: text } },
    };
    expect(read(message, properties)).toEqual({
      emails: ['a@example.com', 'b@example.com'],
      order_numbers: ['771', '772'],
      items: ['blue cups', 'red plates'],
      contact: { email: 'a@example.com', phone: null },
    });
  });

  it('is not led astray by odd schemas and long texts', () => {
    expect(read('x', { ['__proto__']: text, constructor: text })).toEqual(
      Object.fromEntries([
        ['__proto__', null],
        ['constructor', null],
      ]),
    );
    expect(read('a'.repeat(64), { code: { type: 'string', pattern: '^(a+)+$' } })).toEqual({ code: null });
    const started = performance.now();
    read(`${'order 12 of invoice INV-1 for $3 and a@b.example '.repeat(8000)}`, {
      order_number: text,
      amount: { type: 'number' },
      name: text,
      company: text,
    });
    expect(performance.now() - started).toBeLessThan(3000);
  });
});
