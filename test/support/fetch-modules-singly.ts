/**
 * Vitest answers a worker's first import with every module of the file's graph in one message, twice. With coverage switched
 * on that passes the 32 MiB that a WebSocket of workerd takes, and the runtime is gone. Without the answer modules are
 * fetched one by one. No imports here: the first of them would already ask.
 */
interface WorkerState {
  rpc: object;
}

const { __vitest_worker__: state } = globalThis as unknown as { __vitest_worker__: WorkerState };
const { rpc } = state;
state.rpc = new Proxy(rpc, {
  get: (target, name) => (name === 'fetchWarmModules' ? async () => null : Reflect.get(target, name)),
});
