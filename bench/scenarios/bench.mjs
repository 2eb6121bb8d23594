import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { linearAgent, OBJECTS, prepareProduct, QUEUES } from '../lib/product.mjs';
import { insert } from '../lib/rows.mjs';
import { slowServer } from '../lib/slow-server.mjs';
import { bundle, serve } from '../lib/workerd.mjs';

const root = path.resolve(import.meta.dirname, '../..');

/**
 * What scenarios measure on: the built product and the bare scripts that are its floors, each on a workerd of its own, with
 * one organization and one published agent of ten steps in both databases.
 *
 * @typedef {Awaited<ReturnType<typeof startBench>>} Bench
 * @typedef {(name: string, value: number, promise: string, met: boolean, unit?: string) => void} Report
 * @param {{ rounds: number, reads: number, runs: number, report: Report }} options
 */
export async function startBench(options) {
  const productFolder = bundle('wrangler.toml', path.join(root, '.local/bench/product'));
  const floorFolder = bundle('bench/worker/wrangler.toml', path.join(root, '.local/bench/floor'));
  const slow = await slowServer(100);
  /** @typedef {{ inspectorPort?: number, keepObjects?: boolean, outbound?: string[], bindings?: Record<string, string> }} Served */
  const serveProduct = (/** @type {Served} */ { outbound = [], bindings = {}, ...served } = {}) =>
    serve({
      folder: productFolder,
      script: 'index.js',
      objects: OBJECTS,
      queues: QUEUES,
      bindings: {
        ENVIRONMENT: 'local',
        // The floor writes no log lines either.
        LOG_LEVEL: 'warn',
        OUTBOUND_ALLOW: [slow.host, ...outbound].join(','),
        AUTH_KEYS: `bench1:${randomBytes(48).toString('base64')}`,
        VAULT_KEYS: `bench1:${randomBytes(32).toString('base64')}`,
        ...bindings,
      },
      ...served,
    });
  const serveFloor = (/** @type {Served} */ served = {}) =>
    serve({
      folder: floorFolder,
      script: 'floor.js',
      objects: { DESK: 'FloorDesk', RUN: 'FloorRun', WATCHED: 'FloorWatched' },
      bindings: { FLOOR_KEY: randomBytes(32).toString('hex') },
      ...served,
    });
  const product = await serveProduct();
  const floor = await serveFloor();
  const stop = async () => {
    slow.stop();
    await Promise.all([product.stop(), floor.stop()]);
  };
  try {
    const setup = await prepareProduct(product.url, linearAgent(10));
    for (const table of ['organizations', 'agents']) {
      const { results } = await product.database.prepare(`SELECT * FROM ${table}`).all();
      await floor.database.batch(results.map((row) => insert(floor.database, table, row)));
    }
    return { ...options, product, floor, slow, setup, serveProduct, serveFloor, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
