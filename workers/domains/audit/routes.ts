import { auditEntry, auditQuery, page } from '@agentflow/contracts';
import { requestContext } from '../../platform/auth.ts';
import { createRouter, json, operation } from '../../platform/router.ts';
import { listAuditEntries } from './list-audit-entries.ts';

const getAuditLogs = operation({
  method: 'get',
  path: '/org/audit-logs',
  operationId: 'listAuditLogs',
  access: 'audit:read',
  tags: ['Audit log'],
  summary: 'List changes',
  description:
    'Newest first; `from` and `to` are part of the range. Starts of executions are not listed here: executions tell who started them.',
  request: { query: auditQuery },
  responses: { 200: { description: 'A page of audit entries', content: json(page(auditEntry)) } },
});

export const auditRoutes = createRouter().openapi(getAuditLogs, async (c) =>
  c.json(await listAuditEntries(requestContext(c), c.req.valid('query')), 200),
);
