import type { TemplateSource } from './template.ts';

export const leadScoring: TemplateSource = {
  id: 'lead-scoring',
  name: 'Lead scoring',
  description:
    'Reads the facts out of an inquiry, judges how serious it is, gives it a score, and tells sales about the best ones.',
  category: 'sales',
  needs: [
    { kind: 'secret', name: 'SALES_WEBHOOK_SECRET', description: 'Secret that your receiver checks signatures with' },
    { kind: 'address', name: 'sales.example.com', description: 'Where sales hears of good leads' },
  ],
  definition: {
    nodes: [
      { id: 'inquiry', type: 'trigger.manual', name: 'New inquiry', config: {} },
      {
        id: 'facts',
        type: 'ai.extract',
        name: 'Read the facts',
        config: {
          model: 'builtin/extractive',
          prompt: 'From: {{trigger.from}}\n\n{{trigger.message}}',
          schema: {
            type: 'object',
            properties: {
              company: { type: 'string', description: 'Company of the sender' },
              team_size: { type: 'number', description: 'Number of people who would use it' },
              budget: { type: 'number', description: 'Amount of money that they can spend' },
              phone: { type: 'string', description: 'Phone number to call back' },
            },
          },
        },
      },
      {
        id: 'interest',
        type: 'ai.classify',
        name: 'How serious is it?',
        config: {
          model: 'builtin/extractive',
          prompt: '{{trigger.message}}',
          labels: [
            {
              name: 'ready_to_buy',
              description: 'Asks for a quote, an order, a contract or a demo, names a budget or a date',
              examples: ['We are 40 people and want to start next month. Please send a quote.'],
            },
            {
              name: 'evaluating',
              description: 'Compares products, asks about features, prices or security',
              examples: ['How do you compare with others, and is there a plan for small teams?'],
            },
            {
              name: 'curious',
              description: 'A student, a general question, no plan to buy',
              examples: ['I am writing a paper and have a question about your product.'],
            },
            {
              name: 'spam',
              description: 'Advertising and offers of services',
              examples: ['We offer SEO services at a discount.'],
            },
          ],
        },
      },
      { id: 'known', type: 'logic.merge', name: 'Both are known', config: { mode: 'all', combine: 'by_node' } },
      {
        id: 'score',
        type: 'logic.transform',
        name: 'Score',
        config: {
          expression:
            '(\n  $points := $lookup({ "ready_to_buy": 60, "evaluating": 35, "curious": 10, "spam": 0 }, interest.output.label);\n  $people := facts.output.team_size ? facts.output.team_size : 0;\n  $size := $people > 20 ? 25 : $people > 5 ? 15 : 0;\n  $budget := facts.output.budget ? 15 : 0;\n  {\n    "from": trigger.from,\n    "interest": interest.output.label,\n    "score": $points = 0 ? 0 : $sum([$points, $size, $budget]),\n    "facts": facts.output\n  }\n)',
        },
      },
      {
        id: 'good',
        type: 'logic.if',
        name: 'Is it a good one?',
        config: { conditions: { all: [{ field: '{{score.output.score}}', operator: 'greater_or_equal', value: 60 }] } },
      },
      {
        id: 'tell_sales',
        type: 'action.webhook',
        name: 'Tell sales',
        config: {
          url: 'https://sales.example.com/hooks/leads',
          event: 'lead.scored',
          payload: '{{score.output}}',
          secret: '{{env.SALES_WEBHOOK_SECRET}}',
        },
      },
      { id: 'result', type: 'logic.transform', name: 'Result', config: { expression: 'score.output' } },
    ],
    edges: [
      { id: 'inquiry_facts', source: 'inquiry', target: 'facts' },
      { id: 'inquiry_interest', source: 'inquiry', target: 'interest' },
      { id: 'facts_known', source: 'facts', target: 'known' },
      { id: 'interest_known', source: 'interest', target: 'known' },
      { id: 'known_score', source: 'known', target: 'score' },
      { id: 'score_good', source: 'score', target: 'good' },
      { id: 'good_tell', source: 'good', source_handle: 'true', target: 'tell_sales' },
      { id: 'good_result', source: 'good', source_handle: 'false', target: 'result' },
      { id: 'tell_result', source: 'tell_sales', target: 'result' },
    ],
    input_schema: {
      type: 'object',
      required: ['message'],
      properties: {
        from: { type: 'string', title: 'Sender', examples: ['ann@example.com'] },
        message: {
          type: 'string',
          title: 'Message',
          examples: ['We are 40 people at Example Ltd and want to start next month. Please send a quote.'],
        },
      },
    },
  },
};
