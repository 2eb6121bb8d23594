import type { TemplateSource } from './template.ts';

export const incidentResponse: TemplateSource = {
  id: 'incident-response',
  name: 'Incident response',
  description: 'Sums a report of trouble up, judges how bad it is, has a person take it, and announces who does.',
  category: 'operations',
  needs: [
    { kind: 'secret', name: 'STATUS_WEBHOOK_SECRET', description: 'Secret that your receiver checks signatures with' },
    { kind: 'address', name: 'status.example.com', description: 'Where incidents are announced' },
  ],
  definition: {
    nodes: [
      { id: 'report', type: 'trigger.manual', name: 'Trouble reported', config: {} },
      {
        id: 'summary',
        type: 'ai.summarize',
        name: 'Sum it up',
        config: { model: 'builtin/extractive', prompt: '{{trigger.title}}\n\n{{trigger.report}}', max_sentences: 2 },
      },
      {
        id: 'severity',
        type: 'ai.classify',
        name: 'How bad is it?',
        config: {
          model: 'builtin/extractive',
          prompt: '{{trigger.title}}\n\n{{trigger.report}}',
          labels: [
            { name: 'minor', description: 'Cosmetic, one person, a workaround exists' },
            { name: 'major', description: 'Many people are blocked, errors, slow' },
            { name: 'critical', description: 'Outage, everything is down, data loss, a security breach' },
          ],
        },
      },
      { id: 'known', type: 'logic.merge', name: 'Both are known', config: { mode: 'all', combine: 'by_node' } },
      {
        id: 'take',
        type: 'human.form',
        name: 'Who takes it?',
        config: {
          title: 'Incident: {{trigger.title}}',
          message: '{{summary.output.summary}}\n\nLooks {{severity.output.label}}.',
          schema: {
            type: 'object',
            required: ['lead'],
            properties: {
              lead: { type: 'string', minLength: 1, title: 'Who leads' },
              severity: { type: 'string', enum: ['minor', 'major', 'critical'], title: 'Severity' },
              next_update: { type: 'string', title: 'Next update' },
            },
          },
          timeout_seconds: 3600,
          on_timeout: 'continue',
        },
      },
      {
        id: 'incident',
        type: 'logic.transform',
        name: 'Incident',
        config: {
          expression:
            '{\n  "title": trigger.title,\n  "summary": summary.output.summary,\n  "severity": take.output.form.severity ? take.output.form.severity : severity.output.label,\n  "lead": take.output.form.lead,\n  "next_update": take.output.form.next_update\n}',
        },
      },
      {
        id: 'announce',
        type: 'action.webhook',
        name: 'Announce it',
        config: {
          url: 'https://status.example.com/hooks/incidents',
          event: 'incident.opened',
          payload: '{{incident.output}}',
          secret: '{{env.STATUS_WEBHOOK_SECRET}}',
        },
      },
    ],
    edges: [
      { id: 'report_summary', source: 'report', target: 'summary' },
      { id: 'report_severity', source: 'report', target: 'severity' },
      { id: 'summary_known', source: 'summary', target: 'known' },
      { id: 'severity_known', source: 'severity', target: 'known' },
      { id: 'known_take', source: 'known', target: 'take' },
      { id: 'take_incident', source: 'take', target: 'incident' },
      { id: 'incident_announce', source: 'incident', target: 'announce' },
    ],
    input_schema: {
      type: 'object',
      required: ['title', 'report'],
      properties: {
        title: { type: 'string', title: 'Title', examples: ['Checkout fails'] },
        report: {
          type: 'string',
          title: 'What is seen',
          examples: ['Since ten this morning every payment ends with error 502. All customers in Europe are affected.'],
        },
      },
    },
  },
};
