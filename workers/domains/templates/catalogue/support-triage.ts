import { agentFile } from '@agentflow/contracts';
import file from '../../../../examples/triage-agent.json';
import type { TemplateSource } from './template.ts';

const { name, description, definition } = agentFile.parse(file);

export const supportTriage: TemplateSource = {
  id: 'support-triage',
  name,
  description,
  category: 'support',
  needs: [],
  definition: {
    ...definition,
    input_schema: {
      type: 'object',
      required: ['subject', 'body'],
      properties: {
        subject: { type: 'string', title: 'Subject', examples: ['Charged twice'] },
        body: {
          type: 'string',
          title: 'Message',
          examples: ['My card was charged twice for invoice INV-77. Please refund one of the two payments.'],
        },
        from: { type: 'string', title: 'Sender', examples: ['ann@example.com'] },
      },
    },
  },
};
