import { cloudEvent, type JobRequest, jobRequest } from '@agentflow/contracts';
import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { ApiError, invalid } from '../../platform/errors.ts';
import { idempotencyKey } from '../../platform/idempotency.ts';
import type { AppEnv } from '../../platform/router.ts';

/** A job, and what makes it the same as another one; null where nothing does. */
export interface AskedJob {
  readonly job: JobRequest;
  readonly key: string | null;
}

const STRUCTURED = 'application/cloudevents+json';
const BATCH = 'application/cloudevents-batch+json';

/** CloudEvents, 3.1.3 of the HTTP binding: attributes are headers, percent-encoded. */
const CE = 'ce-';

/**
 * The job in a request: as it stands, as the data of a CloudEvent in structured mode, or as the body beside `ce-` headers
 * (binary mode). Throws `validation_failed` with every field that is wrong, `unsupported_media_type` for batches.
 */
export function jobOf(c: Context<AppEnv>): AskedJob {
  const body: unknown = JSON.parse(c.var.bodyText === undefined || c.var.bodyText === '' ? '{}' : c.var.bodyText);
  const type = (c.req.header('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase();
  if (type === BATCH) {
    throw new ApiError('unsupported_media_type', 'Batches of events are not taken: send each event by itself.');
  }
  if (type === STRUCTURED) {
    const event = parse(cloudEvent, body, '');
    if (event.data === undefined) {
      throw invalid([{ path: 'data', message: 'must be the job, as JSON: data_base64 is not read' }]);
    }
    requireJson(event.datacontenttype);
    return withKey(c, parse(jobRequest, event.data, 'data.'), event);
  }
  if (c.req.header(`${CE}specversion`) === undefined) return withKey(c, parse(jobRequest, body, ''), null);
  const event = parse(cloudEvent, attributesOf(c), 'ce-');
  return withKey(c, parse(jobRequest, body, ''), event);
}

function attributesOf(c: Context<AppEnv>): Record<string, string> {
  const attributes: Record<string, string> = {};
  for (const name of ['specversion', 'id', 'source', 'type']) {
    const value = c.req.header(CE + name);
    if (value !== undefined) attributes[name] = decoded(value);
  }
  return attributes;
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

function requireJson(type: string | undefined): void {
  if (type === undefined || /^application\/(?:[\w.-]+\+)?json\b/i.test(type)) return;
  throw invalid([{ path: 'datacontenttype', message: 'must be application/json: a job is JSON' }]);
}

/** By its own id, else by that of the event, which source and id make together, else by the header. No header is like the others. */
function withKey(
  c: Context<AppEnv>,
  { job_id, ...rest }: JobRequest,
  event: { readonly id: string; readonly source: string } | null,
): AskedJob {
  // A header says it nearer to the call than the job does.
  const { trace_id, ...named } = rest;
  const job = c.req.header('traceparent') === undefined && trace_id !== undefined ? { ...named, trace_id } : named;
  if (job_id !== undefined) return { job, key: `job ${job_id}` };
  if (event !== null) return { job, key: `event ${JSON.stringify([event.source, event.id])}` };
  return { job, key: idempotencyKey(c.req.header('idempotency-key')) };
}

function parse<T>(schema: z.ZodType<T>, value: unknown, before: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw invalid(
    parsed.error.issues
      .slice(0, 100)
      .map(({ path, message }) => ({ path: before + path.map(String).join('.'), message })),
  );
}

/** What the OpenAPI document says of the body; `jobOf` reads it, since what it is depends on the headers. */
export const invokeBody = z
  .looseObject({}, { error: 'must be one job or one event: batches are not taken' })
  .describe(
    'A JobRequest: {job_id?, agent_id | agent_definition, input_payload?, trace_id?}; or with Content-Type application/cloudevents+json a CloudEvent with one as its data',
  );
