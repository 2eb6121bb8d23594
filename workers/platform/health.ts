import { createRoute, z } from '@hono/zod-openapi';
import { executionObject } from '../../durable-objects/execution/client.ts';
import { organizationDesk } from '../../durable-objects/organization/client.ts';
import { version } from '../../package.json';
import type { Env } from './env.ts';
import { createRouter } from './router.ts';
import { describeError, type Logger } from './telemetry.ts';

/** A probe that takes longer counts as down. */
const PROBE_TIMEOUT_MS = 3000;
/** Name of the objects that are probed; a probe leaves no storage in them. */
const PROBE = 'readiness-probe';

const dependency = z.object({ state: z.enum(['ok', 'down']), latency_ms: z.number().int(), required: z.boolean() });
const readinessAnswer = z.object({
  status: z.enum(['ready', 'not_ready']),
  dependencies: z.record(z.string(), dependency),
});
type Dependency = z.infer<typeof dependency>;

export interface Probe {
  readonly required: boolean;
  /** Rejects when the dependency is down. */
  readonly check: (env: Env) => Promise<unknown>;
}

export const PLATFORM_PROBES: Readonly<Record<string, Probe>> = {
  d1: { required: true, check: (env) => env.DB.prepare('SELECT 1').first() },
  organization_object: { required: true, check: (env) => organizationDesk(env.ORGANIZATION, PROBE).ping() },
  execution_object: { required: true, check: (env) => executionObject(env.EXECUTION, PROBE).ping() },
};

const body = <S extends z.ZodType>(schema: S) => ({ 'application/json': { schema } });

const getHealth = createRoute({
  method: 'get',
  path: '/health',
  operationId: 'getHealth',
  tags: ['Operations'],
  security: [],
  summary: 'Whether the Worker is alive',
  responses: { 200: { description: 'Alive', content: body(z.object({ status: z.literal('ok') })) } },
});

const getReady = createRoute({
  method: 'get',
  path: '/ready',
  operationId: 'getReadiness',
  tags: ['Operations'],
  security: [],
  summary: 'Whether everything that the Worker needs answers',
  responses: {
    200: { description: 'Ready', content: body(readinessAnswer) },
    503: { description: 'A required dependency is down', content: body(readinessAnswer) },
  },
});

const getVersion = createRoute({
  method: 'get',
  path: '/version',
  operationId: 'getRelease',
  tags: ['Operations'],
  security: [],
  summary: 'What is running',
  responses: {
    200: {
      description: 'The version',
      content: body(z.object({ version: z.string(), release: z.string(), commit: z.string().optional() })),
    },
  },
});

/** Asks everything that the Worker needs. */
export type ReadinessOf = (env: Env, log: Logger) => Promise<z.infer<typeof readinessAnswer>>;

export function readinessOf(probes: Readonly<Record<string, Probe>>): ReadinessOf {
  return async (env, log) => {
    const states = await Promise.all(
      Object.entries(probes).map(async ([name, { required, check }]): Promise<[string, Dependency]> => {
        const started = Date.now();
        let state: Dependency['state'] = 'ok';
        try {
          await Promise.race([
            check(env),
            scheduler.wait(PROBE_TIMEOUT_MS).then(() => Promise.reject(new Error('no answer in time'))),
          ]);
        } catch (error) {
          state = 'down';
          log.log('error', 'readiness.down', { dependency: name, ...describeError(error) });
        }
        return [name, { state, latency_ms: Date.now() - started, required }];
      }),
    );
    const ready = states.every(([, { state, required }]) => state === 'ok' || !required);
    return { status: ready ? 'ready' : 'not_ready', dependencies: Object.fromEntries(states) };
  };
}

/** /health, /ready and /version: public, at the root. */
export function healthRoutes(readiness: ReadinessOf) {
  return createRouter()
    .openapi(getHealth, (c) => c.json({ status: 'ok' as const }, 200))
    .openapi(getReady, async (c) => {
      const answer = await readiness(c.env, c.var.log);
      return answer.status === 'ready' ? c.json(answer, 200) : c.json(answer, 503);
    })
    .openapi(getVersion, (c) => {
      const { RELEASE, COMMIT } = c.env;
      return c.json(
        { version, release: RELEASE ?? `v${version}`, ...(COMMIT === undefined ? {} : { commit: COMMIT }) },
        200,
      );
    });
}
