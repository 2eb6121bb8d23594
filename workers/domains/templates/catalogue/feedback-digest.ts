import type { TemplateSource } from './template.ts';

export const feedbackDigest: TemplateSource = {
  id: 'feedback-digest',
  name: 'Feedback digest',
  description: 'Sorts a list of comments by topic, five at a time, and counts what people talk about most.',
  category: 'support',
  needs: [],
  definition: {
    nodes: [
      { id: 'comments', type: 'trigger.manual', name: 'Comments', config: {} },
      {
        id: 'each',
        type: 'logic.loop',
        name: 'For each comment',
        config: { items: '{{trigger.comments}}', concurrency: 5, on_item_error: 'collect' },
      },
      {
        id: 'topic',
        type: 'ai.classify',
        name: 'What is it about?',
        config: {
          model: 'builtin/extractive',
          prompt: '{{item}}',
          labels: [
            {
              name: 'price',
              description: 'Prices, cost, plans and discounts: expensive or cheap',
              examples: ['It is too expensive for what it does.'],
            },
            {
              name: 'reliability',
              description: 'Crashes, errors, slow, broken, bugs',
              examples: ['The app crashes when I open a report.'],
            },
            {
              name: 'missing_feature',
              description: 'Wishes for features, integrations, exports',
              examples: ['I wish I could export to a spreadsheet.'],
            },
            {
              name: 'praise',
              description: 'Thanks, love, great, helpful',
              examples: ['Great product, my team loves it.'],
            },
            { name: 'other', description: 'Everything else' },
          ],
        },
      },
      {
        id: 'sorted',
        type: 'logic.transform',
        name: 'Comment with topic',
        config: { expression: '{ "comment": item, "topic": topic.output.label }' },
      },
      {
        id: 'digest',
        type: 'logic.transform',
        name: 'Digest',
        config: {
          expression:
            '{\n  "total": each.output.count,\n  "topics": each.output.results{ topic: $count(comment) },\n  "comments": each.output.results\n}',
        },
      },
    ],
    edges: [
      { id: 'comments_each', source: 'comments', target: 'each' },
      { id: 'each_topic', source: 'each', source_handle: 'each', target: 'topic' },
      { id: 'topic_sorted', source: 'topic', target: 'sorted' },
      { id: 'each_digest', source: 'each', source_handle: 'out', target: 'digest' },
    ],
    input_schema: {
      type: 'object',
      required: ['comments'],
      properties: {
        comments: {
          type: 'array',
          title: 'Comments',
          items: { type: 'string' },
          minItems: 1,
          examples: [
            ['The app crashes when I print.', 'Great product, thanks!', 'The price is too high for a small team.'],
          ],
        },
      },
    },
  },
};
