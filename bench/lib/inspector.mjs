/**
 * A profile in the Chrome DevTools Protocol's form; times in microseconds.
 *
 * @typedef {{ id: number, callFrame: { functionName: string, url: string, lineNumber: number } }} ProfileNode
 * @typedef {{ nodes: ProfileNode[], samples: number[], timeDeltas: number[] }} Profile
 */

/** @param {number} port the inspector's @param {() => Promise<unknown>} work @returns {Promise<Profile>} */
export async function whileProfiling(port, work) {
  const { send, close } = await inspector(port);
  await send('Profiler.enable');
  await send('Profiler.setSamplingInterval', { interval: 200 });
  await send('Profiler.start');
  await work();
  const { profile } = await send('Profiler.stop');
  close();
  return profile;
}

/** Bytes of the heap that the Worker and its objects still reach. @param {number} port the inspector's @returns {Promise<number>} */
export async function heapBytes(port) {
  const { send, close } = await inspector(port);
  await send('HeapProfiler.enable');
  await send('HeapProfiler.collectGarbage');
  const { usedSize } = await send('Runtime.getHeapUsage');
  close();
  return usedSize;
}

/** @param {number} port */
async function inspector(port) {
  const targets = await (await fetch(`http://127.0.0.1:${port}/json`)).json();
  const socket = new WebSocket(targets[0].webSocketDebuggerUrl);
  await new Promise((resolve) => socket.addEventListener('open', resolve, { once: true }));
  let next = 0;
  /** @type {Map<number, (result: any) => void>} */
  const waiting = new Map();
  socket.addEventListener('message', (message) => {
    const { id, result } = JSON.parse(message.data);
    waiting.get(id)?.(result);
  });
  return {
    /** @param {string} method @param {object} [params] @returns {Promise<any>} */
    send: (method, params = {}) =>
      new Promise((resolve) => {
        waiting.set(++next, resolve);
        socket.send(JSON.stringify({ id: next, method, params }));
      }),
    close: () => socket.close(),
  };
}
