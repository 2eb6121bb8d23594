import type { TemplateSource } from './template.ts';

export const invoiceCheck: TemplateSource = {
  id: 'invoice-check',
  name: 'Invoice check',
  description: 'Reads an invoice, compares it with what was ordered, and asks a person where the two differ.',
  category: 'finance',
  needs: [],
  definition: {
    nodes: [
      { id: 'invoice', type: 'trigger.manual', name: 'Invoice received', config: {} },
      {
        id: 'facts',
        type: 'ai.extract',
        name: 'Read the invoice',
        config: {
          model: 'builtin/extractive',
          prompt: '{{trigger.text}}',
          schema: {
            type: 'object',
            properties: {
              invoice_number: { type: 'string', description: 'Number of the invoice' },
              amount: { type: 'number', description: 'Total amount to pay' },
              date: { type: 'string', format: 'date', description: 'Day on which it is due' },
            },
          },
        },
      },
      {
        id: 'fits',
        type: 'logic.if',
        name: 'Is it what was ordered?',
        config: {
          conditions: {
            all: [{ field: '{{facts.output.amount}}', operator: 'equals', value: '{{trigger.ordered_amount}}' }],
          },
        },
      },
      {
        id: 'ask',
        type: 'human.approval',
        name: 'Ask a person',
        config: {
          title: 'Invoice {{facts.output.invoice_number}}',
          message: 'The invoice says {{facts.output.amount}}, the order {{trigger.ordered_amount}}. Pay it?',
          payload: { invoice: '{{facts.output}}', ordered_amount: '{{trigger.ordered_amount}}' },
        },
      },
      {
        id: 'payable',
        type: 'logic.transform',
        name: 'To be paid',
        config: { expression: '{ "status": "payable", "invoice": facts.output }' },
      },
      {
        id: 'rejected',
        type: 'logic.transform',
        name: 'Sent back',
        config: {
          expression: '{ "status": "rejected", "invoice": facts.output, "comment": ask.output.comment }',
        },
      },
    ],
    edges: [
      { id: 'invoice_facts', source: 'invoice', target: 'facts' },
      { id: 'facts_fits', source: 'facts', target: 'fits' },
      { id: 'fits_payable', source: 'fits', source_handle: 'true', target: 'payable' },
      { id: 'fits_ask', source: 'fits', source_handle: 'false', target: 'ask' },
      { id: 'ask_payable', source: 'ask', source_handle: 'approved', target: 'payable' },
      { id: 'ask_rejected', source: 'ask', source_handle: 'denied', target: 'rejected' },
    ],
    input_schema: {
      type: 'object',
      required: ['text', 'ordered_amount'],
      properties: {
        text: {
          type: 'string',
          title: 'Text of the invoice',
          examples: ['Invoice INV-2041. Total amount due: $1,250.00. Payable by 2026-12-15.'],
        },
        ordered_amount: { type: 'number', title: 'Ordered amount', examples: [1250] },
      },
    },
  },
};
