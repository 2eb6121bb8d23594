import { env } from 'cloudflare:workers';
import type { Env } from '../../workers/platform/env.ts';

/** An environment whose every call to a binding is written down: `DB.prepare`, `ORGANIZATION.admit`. */
export function recordedEnv(calls: string[]): Env {
  return new Proxy(env, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'object' && value !== null ? recorded(value, String(name), calls) : value;
    },
  });
}

/** A namespace is recorded by what is asked of its objects. */
const ADDRESSING = ['idFromName', 'get'];

function recorded<Binding extends object>(binding: Binding, name: string, calls: string[]): Binding {
  return new Proxy(binding, {
    get: (target, method) => {
      const value: unknown = Reflect.get(target, method);
      if (typeof value !== 'function') return value;
      const addressing = 'idFromName' in target && ADDRESSING.includes(String(method));
      return (...given: unknown[]) => {
        if (!addressing) calls.push(`${name}.${String(method)}`);
        const answer: unknown = Reflect.apply(value, target, given);
        return addressing && method === 'get' ? recorded(answer as object, name, calls) : answer;
      };
    },
  });
}

/** An environment in which the Worker dies just before it calls this method of an object. */
export function withoutCall(from: Env, namespace: 'SHADOW_RUN' | 'ORGANIZATION', method: string): Env {
  const dying = <Target extends object>(target: Target): Target =>
    new Proxy(target, {
      get: (object, name) => {
        const value: unknown = Reflect.get(object, name);
        if (name === method) return () => Promise.reject(new Error('the Worker died'));
        if (typeof value !== 'function') return value;
        return (...given: unknown[]) => {
          const answer: unknown = Reflect.apply(value, object, given);
          return name === 'get' ? dying(answer as object) : answer;
        };
      },
    });
  return { ...from, [namespace]: dying(from[namespace]) };
}

/** A statement that D1 was given, or a call to an object: `org_….admit`. */
export interface BoundaryCall {
  readonly text: string;
  readonly parameters: readonly unknown[];
}

interface Statement {
  readonly statement: string;
  readonly params: readonly unknown[];
}

/**
 * What the Worker and all objects of this runtime ask of D1 and of objects while `act` runs: their bindings have their
 * methods from the same prototypes.
 */
export async function boundaryCalls<T>(act: (calls: readonly BoundaryCall[]) => Promise<T>): Promise<T> {
  const calls: BoundaryCall[] = [];
  const query = ({ statement, params }: Statement) => calls.push({ text: statement, parameters: params });
  const statements = prototypeOf(env.DB.prepare('SELECT 1'));
  const undo = [
    ...['first', 'run', 'all', 'raw'].map((method) =>
      replaced(statements, method, function (this: Statement) {
        query(this);
      }),
    ),
    replaced(prototypeOf(env.DB), 'batch', (batch: readonly Statement[]) => batch.forEach(query)),
    replaced(prototypeOf(env.DB), 'exec', (text: string) => calls.push({ text, parameters: [] })),
    replaced(
      prototypeOf(env.EXECUTION),
      'get',
      () => undefined,
      (stub, id: DurableObjectId) =>
        new Proxy(stub as object, {
          get: (target, method) => {
            const value: unknown = Reflect.get(target, method);
            if (typeof value !== 'function') return value;
            return (...given: unknown[]) => {
              calls.push({ text: `${id.name}.${String(method)}`, parameters: [id.name] });
              return Reflect.apply(value, target, given);
            };
          },
        }),
    ),
  ];
  try {
    return await act(calls);
  } finally {
    for (const each of undo) each();
  }
}

function prototypeOf(object: object): Record<string, (...given: never[]) => unknown> {
  return Object.getPrototypeOf(object);
}

/** Calls `before` ahead of a method, and gives its answer through `after`. Gives back what puts the method back. */
function replaced(
  prototype: ReturnType<typeof prototypeOf>,
  method: string,
  before: (...given: never[]) => unknown,
  after: (answer: unknown, ...given: never[]) => unknown = (answer) => answer,
): () => void {
  const original = prototype[method];
  if (original === undefined) throw new Error(`there is no method ${method}`);
  prototype[method] = function (this: unknown, ...given: never[]) {
    before.apply(this, given);
    return after(original.apply(this, given), ...given);
  };
  return () => {
    prototype[method] = original;
  };
}
