import type { Context } from 'hono';
import { executionObject, ORGANIZATION_HEADER, STREAM_URL } from '../../../durable-objects/execution/client.ts';
import { notFound } from '../../platform/errors.ts';
import type { AppEnv } from '../../platform/router.ts';

/** The event log of an execution from `after` on: a WebSocket for an upgrade, else server-sent events. */
export async function openStream(
  c: Context<AppEnv>,
  id: string,
  organizationId: string,
  after: number,
): Promise<Response> {
  const headers = new Headers({ [ORGANIZATION_HEADER]: organizationId });
  const upgrade = c.req.header('upgrade');
  if (upgrade !== undefined) headers.set('upgrade', upgrade);
  const response = await executionObject(c.env.EXECUTION, id).fetch(`${STREAM_URL}?after=${after}`, { headers });
  if (response.status === 404) throw notFound('execution', id);
  return response;
}
