import type { TemplateSource } from './template.ts';

export const leadEnrichment: TemplateSource = {
  id: 'lead-enrichment',
  name: 'Webhook enrichment',
  description:
    'Takes a contact from a webhook, looks its company up, and saves both in your CRM. A company that is not found stops nothing.',
  category: 'sales',
  needs: [
    { kind: 'secret', name: 'COMPANY_API_TOKEN', description: 'Token of the API that knows companies' },
    { kind: 'secret', name: 'CRM_API_TOKEN', description: 'Token of your CRM' },
    { kind: 'address', name: 'companies.example.com', description: 'The API that knows companies' },
    { kind: 'address', name: 'crm.example.com', description: 'Your CRM' },
  ],
  definition: {
    nodes: [
      { id: 'contact', type: 'trigger.webhook', name: 'New contact', config: { methods: ['POST'] } },
      {
        id: 'company',
        type: 'action.http',
        name: 'Look the company up',
        config: {
          method: 'GET',
          url: "https://companies.example.com/v1/find?domain={{$encodeUrlComponent($substringAfter(trigger.email, '@'))}}",
          headers: { Authorization: 'Bearer {{env.COMPANY_API_TOKEN}}' },
          fail_on_status: false,
        },
        retry: { max_attempts: 3, initial_ms: 1000, factor: 2, max_ms: 10_000 },
        on_error: 'continue',
      },
      {
        id: 'lead',
        type: 'logic.transform',
        name: 'Put together',
        config: {
          expression:
            '{\n  "email": trigger.email,\n  "name": trigger.name,\n  "message": trigger.message,\n  "company": company.output.status = 200 ? company.output.body : null\n}',
        },
      },
      {
        id: 'save',
        type: 'action.http',
        name: 'Save in the CRM',
        config: {
          method: 'POST',
          url: 'https://crm.example.com/v1/contacts',
          headers: { Authorization: 'Bearer {{env.CRM_API_TOKEN}}' },
          body: '{{lead.output}}',
        },
        retry: { max_attempts: 5, initial_ms: 1000, factor: 2, max_ms: 60_000 },
      },
    ],
    edges: [
      { id: 'contact_company', source: 'contact', target: 'company' },
      { id: 'company_lead', source: 'company', target: 'lead' },
      { id: 'lead_save', source: 'lead', target: 'save' },
    ],
    input_schema: {
      type: 'object',
      required: ['email'],
      properties: {
        email: { type: 'string', format: 'email', title: 'E-mail', examples: ['ann@example.com'] },
        name: { type: 'string', title: 'Name', examples: ['Ann Lee'] },
        message: { type: 'string', title: 'Message', examples: ['We would like to see a demo.'] },
      },
    },
  },
};
