import type { Context } from 'hono';
import {
  executionObject,
  FRAMES_HEADER,
  type FrameWatcher,
  ORGANIZATION_HEADER,
  STREAM_URL,
} from '../../../durable-objects/execution/client.ts';
import type { Env } from '../../platform/env.ts';
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

/** A WebSocket in the runtime's protocol, from the frame after `after` on; null for an execution that the watcher's organization does not have. */
export async function openFrames(env: Env, id: string, after: number, watcher: FrameWatcher): Promise<Response | null> {
  const headers = { upgrade: 'websocket', [FRAMES_HEADER]: encodeURIComponent(JSON.stringify(watcher)) };
  const response = await executionObject(env.EXECUTION, id).fetch(`${STREAM_URL}?after=${after}`, { headers });
  return response.status === 404 ? null : response;
}
