import type { DurableObject } from 'cloudflare:workers';
import worker, * as product from '../../workers/index.ts';
import type { Env } from '../../workers/platform/env.ts';

/**
 * The product with meters on its bindings: what Cloudflare would bill is counted where it leaves the code, and told under
 * /counted (GET reads, DELETE begins anew). One isolate runs the Worker and its objects here, so that one record holds all.
 */
export { Outbound } from '../../workers/index.ts';

type ObjectClass = new (ctx: DurableObjectState, env: Env) => DurableObject<Env>;

const counts: Record<string, number> = {};

function add(name: string, by: number): void {
  counts[name] = (counts[name] ?? 0) + by;
}

interface Activity {
  readonly name: string;
  readonly sql: SqlStorage;
  /** Events and promises under `waitUntil` that have not ended. */
  open: number;
  since: number;
  /** Cursors whose rows are counted when they have been read. */
  readonly cursors: SqlStorageCursor<Record<string, SqlStorageValue>>[];
}

const activities = new WeakMap<object, Activity>();
type Methods = Record<string, (...given: never[]) => unknown>;

/** Calls `around` instead of a method, with what calls the method itself. */
function replace(
  object: object,
  method: string,
  around: (self: object, call: (...given: unknown[]) => unknown, given: unknown[]) => unknown,
): void {
  const methods = object as Methods;
  const original = methods[method];
  if (original === undefined) throw new Error(`there is no method ${method}`);
  methods[method] = function (this: object, ...given: unknown[]) {
    return around(this, (...passed) => Reflect.apply(original, this, passed), given);
  };
}

/** An object is active, and billed, from an event's begin until the last thing that it began has ended. */
function during<T>(activity: Activity, work: () => T): T {
  if (activity.open++ === 0) activity.since = performance.now();
  const end = () => {
    for (const cursor of activity.cursors.splice(0)) {
      add(`${activity.name}.rows_read`, cursor.rowsRead);
      add(`${activity.name}.rows_written`, cursor.rowsWritten);
    }
    if (activity.name === 'execution') counts['execution.bytes'] = activity.sql.databaseSize;
    if (--activity.open === 0) add(`${activity.name}.active_ms`, performance.now() - activity.since);
  };
  let result: T;
  try {
    result = work();
  } catch (error) {
    end();
    throw error;
  }
  if (result instanceof Promise) result.then(end, end);
  else end();
  return result;
}

let storageIsMetered = false;

function meterStorage(ctx: DurableObjectState): void {
  if (storageIsMetered) return;
  storageIsMetered = true;
  replace(Object.getPrototypeOf(ctx), 'waitUntil', (self, call, [work]) => {
    const activity = activities.get(self);
    return call(activity === undefined ? work : during(activity, () => work));
  });
}

function meterObject(ctx: DurableObjectState, activity: Activity): void {
  activities.set(ctx, activity);
  const { storage } = ctx;
  const { sql } = activity;
  // Of this object alone: who is asked is not told by the prototype.
  const metered = {
    exec: (query: string, ...bindings: unknown[]) => {
      const cursor = sql.exec(query, ...bindings);
      activity.cursors.push(cursor);
      return cursor;
    },
  };
  Object.defineProperty(storage, 'sql', { value: metered });
  for (const method of ['setAlarm', 'deleteAlarm']) {
    const call = (storage as unknown as Methods)[method];
    Object.defineProperty(storage, method, {
      value: (...given: never[]) => {
        add(`${activity.name}.${method}`, 1);
        return Reflect.apply(call as (...given: never[]) => unknown, storage, given);
      },
    });
  }
}

/** Its own and those of the classes above it, down to the runtime's. */
function methodsOf(prototype: object): Map<string, PropertyDescriptor> {
  const methods = new Map<string, PropertyDescriptor>();
  for (let of = prototype; !(of.constructor.name === 'DurableObject'); of = Object.getPrototypeOf(of)) {
    for (const [method, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(of))) {
      if (method === 'constructor' || typeof descriptor.value !== 'function' || methods.has(method)) continue;
      methods.set(method, descriptor);
    }
  }
  return methods;
}

function metered<Class extends ObjectClass>(name: string, base: Class): Class {
  const Metered = class extends (base as ObjectClass) {
    constructor(ctx: DurableObjectState, env: Env) {
      const activity: Activity = { name, sql: ctx.storage.sql, open: 0, since: 0, cursors: [] };
      meterStorage(ctx);
      meterObject(ctx, activity);
      super(ctx, env);
    }
  };
  for (const [method, descriptor] of methodsOf(base.prototype)) {
    Object.defineProperty(Metered.prototype, method, { ...descriptor });
    replace(Metered.prototype, method, (self, call, given) => {
      const activity = activities.get((self as { ctx: object }).ctx);
      if (activity === undefined) return call(...given);
      // The runtime alone calls these; other requests are counted where they are made.
      if (method === 'alarm') add(`${name}.requests`, 1);
      return during(activity, () => call(...given));
    });
  }
  return Metered as unknown as Class;
}

export const ExecutionObject = metered('execution', product.ExecutionObject);
export const OrganizationObject = metered('desk', product.OrganizationObject);
export const IpThrottleObject = metered('other', product.IpThrottleObject);
export const CircuitObject = metered('other', product.CircuitObject);
export const ShadowRunObject = metered('other', product.ShadowRunObject);
export const RefinementObject = metered('other', product.RefinementObject);
export const WebhookTargetObject = metered('other', product.WebhookTargetObject);

let bindingsAreMetered = false;

function meterBindings(env: Env): void {
  if (bindingsAreMetered) return;
  bindingsAreMetered = true;
  const names = new Map<object, string>([
    [env.EXECUTION, 'execution'],
    [env.ORGANIZATION, 'desk'],
  ]);
  // Objects have bindings of their own: they are told apart by what the ids are called.
  const nameOf = (namespace: object, id: DurableObjectId) =>
    names.get(namespace) ??
    (id.name?.startsWith('exe_') ? 'execution' : id.name?.startsWith('org_') ? 'desk' : 'other');
  replace(Object.getPrototypeOf(env.EXECUTION), 'get', (self, call, given) => {
    const name = nameOf(self, given[0] as DurableObjectId);
    return new Proxy(call(...given) as object, {
      get: (stub, method) => {
        const value: unknown = Reflect.get(stub, method);
        if (typeof value !== 'function') return value;
        return (...passed: unknown[]) => {
          add(`${name}.requests`, 1);
          return Reflect.apply(value, stub, passed);
        };
      },
    });
  });
  const session: object = Reflect.get(env.DB.prepare('SELECT 1'), 'dbSession');
  replace(Object.getPrototypeOf(session), '_send', async (_self, call, given) => {
    const answer = (await call(...given)) as D1Answer | D1Answer[];
    for (const { meta } of [answer].flat()) {
      add('d1.queries', 1);
      add('d1.rows_read', meta?.rows_read ?? 0);
      add('d1.rows_written', meta?.rows_written ?? 0);
      counts['d1.bytes'] = meta?.size_after ?? counts['d1.bytes'] ?? 0;
    }
    return answer;
  });
  for (const [method, kind] of R2_OPERATIONS) {
    replace(Object.getPrototypeOf(env.VALUES), method, (_self, call, given) => {
      add(`r2.${kind}`, 1);
      return call(...given);
    });
  }
}

interface D1Answer {
  readonly meta?: { readonly rows_read?: number; readonly rows_written?: number; readonly size_after?: number };
}

/** R2's classes of operations; deletes are free. */
const R2_OPERATIONS = [
  ['put', 'class_a'],
  ['list', 'class_a'],
  ['get', 'class_b'],
  ['head', 'class_b'],
] as const;

export default {
  async fetch(request: Request, env: Env, ctx: ExecutionContext): Promise<Response> {
    meterBindings(env);
    const { pathname } = new URL(request.url);
    if (pathname === '/counted') {
      if (request.method === 'DELETE') for (const name of Object.keys(counts)) delete counts[name];
      return Response.json(counts);
    }
    add('worker.requests', 1);
    return worker.fetch(request, env, ctx);
  },
  queue: worker.queue,
};
