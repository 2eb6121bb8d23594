import { fork } from 'node:child_process';
import path from 'node:path';

/**
 * Watches something over many sockets, in a process of its own.
 *
 * @param {import('./socket-receiver.mjs').Watch} watch
 * @returns {{ open: Promise<void>, done: Promise<import('./socket-receiver.mjs').Watched> }} `open`: all are connected
 */
export function watchFromOutside(watch) {
  const child = fork(path.join(import.meta.dirname, 'socket-receiver.mjs'));
  /** @param {string} type @returns {Promise<any>} */
  const told = (type) =>
    new Promise((resolve, reject) => {
      child.on('message', (/** @type {{ type: string }} */ message) => {
        if (message.type === type) resolve(message);
      });
      child.on('exit', (code) => reject(new Error(`the process with the sockets ended with ${code}`)));
    });
  const open = told('open');
  const done = told('done');
  // Whoever waits for the end alone is told of a failure there.
  open.catch(() => undefined);
  child.send(watch);
  return { open, done };
}
