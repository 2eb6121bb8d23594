import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { LOCAL, writePrivate } from './local-files.mjs';
import { newKeys } from './local-secrets.mjs';
import { startMockEndpoint } from './mock-endpoint.mjs';
import { anyFreePort } from './ports.mjs';
import { migrate, startPages, startServer } from './server.mjs';

/**
 * Starts what browser tests run against: the real server on a free port with an empty state of its own, and a slow
 * endpoint for agents to call. The developer's own .dev.vars and state are not touched. `pagesUrl` is where the same UI is
 * served as a Pages project, in front of the same server.
 * @returns {Promise<{ url: string, pagesUrl: string, mockUrl: string, stop: () => Promise<void> }>}
 */
export async function startTestServer() {
  mkdirSync(LOCAL, { recursive: true });
  const folder = mkdtempSync(join(LOCAL, 'test-'));
  const forget = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', forget);
  const mock = await startMockEndpoint();
  const clear = async () => {
    await mock.stop();
    forget();
    process.off('exit', forget);
  };
  try {
    const secrets = join(folder, 'secrets.env');
    const values = { ...newKeys(), OUTBOUND_ALLOW: mock.host };
    const lines = Object.entries(values).map(([name, value]) => `${name}="${value}"\n`);
    writePrivate(secrets, lines.join(''));
    await migrate(folder);
    const registry = join(folder, 'registry');
    const log = join(LOCAL, 'test-server.log');
    const server = await startServer({ port: await anyFreePort(), state: folder, secrets, log, registry });
    const stop = async () => {
      await server.stop();
      await clear();
    };
    try {
      const pagesLog = join(LOCAL, 'test-pages.log');
      const pages = await startPages({
        port: await anyFreePort(),
        state: join(folder, 'pages'),
        registry,
        log: pagesLog,
      });
      return {
        url: server.url,
        pagesUrl: pages.url,
        mockUrl: mock.url,
        stop: async () => {
          await pages.stop();
          await stop();
        },
      };
    } catch (error) {
      await server.stop();
      throw error;
    }
  } catch (error) {
    await clear();
    throw error;
  }
}
