import { inject } from 'vitest';

/** What a test tells the runtime of runtime-server.ts to do, and what that has seen. Without Node code, for tests in workerd. */

/**
 * `ok` as the protocol says · `drop` the connection · `hang` without an answer · `garbage` that is not JSON · `silent`, of a
 * stream: a socket on which nothing comes · a status · a body in place of the answer · so many bytes of JSON · `ok` after a
 * while · of a stream: these messages before the frames, or so many frames and then a connection that dies.
 */
export type RuntimeAnswer =
  | 'ok'
  | 'drop'
  | 'hang'
  | 'garbage'
  | 'silent'
  | { readonly status: number; readonly retry_after?: number; readonly body?: unknown }
  | { readonly body: unknown }
  | { readonly bytes: number }
  | { readonly after_ms: number }
  | { readonly messages: readonly string[] }
  | { readonly die_after: number };

/** Each request takes the next answer of its list; the last one is given from then on, and `ok` where there is none. */
export interface RuntimeScenario {
  readonly invoke?: readonly RuntimeAnswer[];
  readonly state?: readonly RuntimeAnswer[];
  readonly stream?: readonly RuntimeAnswer[];
  /** What streams send, numbered from 1 where they have no `seq`; after an `end` the socket is closed. */
  readonly frames?: readonly RuntimeFrame[];
  /** In place of what the frames say, in the answer of `state`. */
  readonly outcome?: Readonly<Record<string, unknown>>;
}

export interface RuntimeFrame {
  readonly seq?: number;
  readonly event_type: string;
  readonly data: unknown;
}

export interface SeenOfRuntime {
  readonly invokes: { readonly headers: Readonly<Record<string, string>>; readonly body: string }[];
  readonly states: string[];
  readonly streams: {
    readonly thread_id: string;
    readonly after: number;
    readonly headers: Readonly<Record<string, string>>;
  }[];
  /** Messages of clients. */
  readonly sent: string[];
  readonly forgotten: string[];
}

/** A scenario of its own; `url` is the base of its runtime, and a job with `mark` in it is of it wherever it is sent. */
export async function runtimeScenario(scenario: RuntimeScenario = {}) {
  const name = crypto.randomUUID();
  const control = `${inject('runtimeServerUrl')}/control/${name}`;
  const ask = (method: string, body?: unknown) =>
    fetch(control, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  const told = async (method: string, body: unknown) => {
    await (await ask(method, body)).text();
  };
  await told('PUT', scenario);
  return {
    url: `${inject('runtimeServerUrl')}/${name}`,
    mark: `scenario:${name}`,
    become: (next: RuntimeScenario) => told('PUT', next),
    send: (...frames: RuntimeFrame[]) => told('POST', frames),
    seen: async () => (await (await ask('GET')).json()) as SeenOfRuntime,
  };
}
