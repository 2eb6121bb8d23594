import { retention, setRetentionRequest } from '@agentflow/contracts';
import { requestContext } from '../../platform/auth.ts';
import { createRouter, json, operation } from '../../platform/router.ts';
import { getRetention, setRetention } from './retention.ts';

const getOperation = operation({
  method: 'get',
  path: '/org/retention',
  operationId: 'getRetention',
  access: 'org:read',
  tags: ['Organization'],
  summary: 'How long executions are kept, and the payloads of invocations in the database',
  responses: { 200: { description: 'The setting, and what it deletes next', content: json(retention) } },
});

const putOperation = operation({
  method: 'put',
  path: '/org/retention',
  operationId: 'setRetention',
  access: 'org:manage',
  tags: ['Organization'],
  summary: 'Choose how long executions are kept',
  description:
    'What is left out stays as it is. Counts from the end of an execution, for those that have ended before too. Nothing is deleted within 24 hours of a change: until then it can be taken back. An execution goes with its steps, events, logs and values; audit entries, cost records and invocations without their payloads stay.',
  request: { body: { content: json(setRetentionRequest) } },
  responses: { 200: { description: 'The setting, and what it deletes first', content: json(retention) } },
});

export const retentionRoutes = createRouter()
  .openapi(getOperation, async (c) => c.json(await getRetention(requestContext(c)), 200))
  .openapi(putOperation, async (c) => c.json(await setRetention(requestContext(c), c.req.valid('json')), 200));
