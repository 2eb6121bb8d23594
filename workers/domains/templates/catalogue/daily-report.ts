import type { TemplateSource } from './template.ts';

export const dailyReport: TemplateSource = {
  id: 'daily-report',
  name: 'Daily report',
  description:
    'Reads what happened yesterday from an API on every working day, sums it up in a few sentences and posts them to your chat.',
  category: 'operations',
  needs: [
    { kind: 'secret', name: 'REPORT_API_TOKEN', description: 'Token of the API that is read' },
    { kind: 'secret', name: 'CHAT_API_TOKEN', description: 'Token of the chat that gets the report' },
    { kind: 'address', name: 'reports.example.com', description: 'The API that tells what happened' },
    { kind: 'address', name: 'chat.example.com', description: 'The chat that gets the report' },
  ],
  definition: {
    nodes: [
      {
        id: 'morning',
        type: 'trigger.schedule',
        name: 'Working days at eight',
        config: { cron: '0 8 * * mon-fri', timezone: 'UTC' },
      },
      {
        id: 'yesterday',
        type: 'action.http',
        name: 'Read yesterday',
        config: {
          method: 'GET',
          url: 'https://reports.example.com/v1/yesterday',
          headers: { Authorization: 'Bearer {{env.REPORT_API_TOKEN}}' },
        },
        retry: { max_attempts: 5, initial_ms: 2000, factor: 2, max_ms: 60_000 },
      },
      {
        id: 'summary',
        type: 'ai.summarize',
        name: 'Sum it up',
        config: {
          model: 'builtin/extractive',
          system:
            'You write the morning report of a team. Say what changed and what needs attention today; leave out what is as always.',
          prompt: 'What happened yesterday:\n\n{{yesterday.output.body}}',
          max_sentences: 4,
        },
      },
      {
        id: 'post',
        type: 'action.http',
        name: 'Post to the chat',
        config: {
          method: 'POST',
          url: 'https://chat.example.com/api/messages',
          headers: { Authorization: 'Bearer {{env.CHAT_API_TOKEN}}' },
          body: { channel: 'daily', text: '{{summary.output.summary}}' },
        },
      },
    ],
    edges: [
      { id: 'morning_yesterday', source: 'morning', target: 'yesterday' },
      { id: 'yesterday_summary', source: 'yesterday', target: 'summary' },
      { id: 'summary_post', source: 'summary', target: 'post' },
    ],
    settings: { timeout_ms: 900_000, max_concurrency: 1, concurrency_policy: 'queue' },
  },
};
