import type { TemplateSource } from './template.ts';

export const refundApproval: TemplateSource = {
  id: 'refund-approval',
  name: 'Approval before a refund',
  description:
    'Pays small refunds at once, asks a person about larger ones, and pays exactly what was approved, once per order.',
  category: 'finance',
  needs: [
    { kind: 'secret', name: 'PAYMENTS_API_TOKEN', description: 'Token of the API that pays refunds' },
    { kind: 'address', name: 'payments.example.com', description: 'The API that pays refunds' },
  ],
  definition: {
    nodes: [
      { id: 'request', type: 'trigger.manual', name: 'Refund requested', config: {} },
      {
        id: 'small',
        type: 'logic.if',
        name: 'Is it a small one?',
        config: { conditions: { all: [{ field: '{{trigger.amount}}', operator: 'less_or_equal', value: 50 }] } },
      },
      {
        id: 'ask',
        type: 'human.approval',
        name: 'Ask a person',
        config: {
          title: 'Refund for order {{trigger.order_number}}',
          message: 'Refund {{trigger.amount}} to {{trigger.customer}}?\n\nReason: {{trigger.reason}}',
          payload: {
            order_number: '{{trigger.order_number}}',
            customer: '{{trigger.customer}}',
            amount: '{{trigger.amount}}',
          },
          timeout_seconds: 172_800,
          on_timeout: 'deny',
        },
      },
      {
        id: 'refund',
        type: 'action.http',
        name: 'Pay the refund',
        config: {
          method: 'POST',
          url: 'https://payments.example.com/v1/refunds',
          headers: {
            Authorization: 'Bearer {{env.PAYMENTS_API_TOKEN}}',
            'Idempotency-Key': 'refund-{{trigger.order_number}}',
          },
          body: { order_number: '{{trigger.order_number}}', amount: '{{trigger.amount}}' },
        },
        retry: { max_attempts: 3, initial_ms: 1000, factor: 2, max_ms: 30_000 },
      },
      {
        id: 'paid',
        type: 'logic.transform',
        name: 'Paid',
        config: {
          expression:
            '{\n  "status": "refunded",\n  "order_number": trigger.order_number,\n  "amount": trigger.amount,\n  "answer": refund.output.body\n}',
        },
      },
      {
        id: 'declined',
        type: 'logic.transform',
        name: 'Declined',
        config: {
          expression:
            '{\n  "status": "declined",\n  "order_number": trigger.order_number,\n  "comment": ask.output.comment\n}',
        },
      },
    ],
    edges: [
      { id: 'request_small', source: 'request', target: 'small' },
      { id: 'small_refund', source: 'small', source_handle: 'true', target: 'refund' },
      { id: 'small_ask', source: 'small', source_handle: 'false', target: 'ask' },
      { id: 'ask_refund', source: 'ask', source_handle: 'approved', target: 'refund' },
      { id: 'ask_declined', source: 'ask', source_handle: 'denied', target: 'declined' },
      { id: 'refund_paid', source: 'refund', target: 'paid' },
    ],
    input_schema: {
      type: 'object',
      required: ['customer', 'order_number', 'amount'],
      properties: {
        customer: { type: 'string', title: 'Customer', examples: ['Ann Lee'] },
        order_number: { type: 'string', title: 'Order number', examples: ['A-1042'] },
        amount: { type: 'number', title: 'Amount', exclusiveMinimum: 0, examples: [120] },
        reason: { type: 'string', title: 'Reason', examples: ['The parcel arrived broken.'] },
      },
    },
  },
};
