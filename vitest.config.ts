import { availableParallelism } from 'node:os';
import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';
import { freePort } from './test/support/free-port.ts';

const migrations = await readD1Migrations('migrations');
// This file is evaluated more than once in a run: the ports are chosen by the first.
process.env.TOOL_SERVER_PORT ??= String(await freePort());
process.env.TARGET_SERVER_PORT ??= String(await freePort());
process.env.RESOLVER_SERVER_PORT ??= String(await freePort());
process.env.MCP_SERVER_PORT ??= String(await freePort());
process.env.RECEIVER_PORT ??= String(await freePort());
process.env.CHAT_SERVER_PORT ??= String(await freePort());
process.env.RUNTIME_SERVER_PORT ??= String(await freePort());
const toolServerPort = process.env.TOOL_SERVER_PORT;
const targetServerPort = process.env.TARGET_SERVER_PORT;
const mcpServerPort = process.env.MCP_SERVER_PORT;
const receiverPort = process.env.RECEIVER_PORT;
const chatServerPort = process.env.CHAT_SERVER_PORT;
const runtimeServerPort = process.env.RUNTIME_SERVER_PORT;

/** Generous: a busy machine with coverage switched on takes several times as long as a quiet one. */
const TEST_TIMEOUT_MS = 60_000;

/** After the tests that kill a process: those have the machine to themselves. */
const AFTER_PROCESS = { groupOrder: 1 };

/** Tests inside workerd: each worker of Vitest has a runtime of its own, and takes the next file when it is done with one. */
const workers = {
  plugins: [
    cloudflareTest({
      main: './workers/index.ts',
      remoteBindings: false,
      wrangler: { configPath: './wrangler.toml' },
      miniflare: {
        // The Email Service as the local server has it; by another name, so that the Worker does not send through it.
        email: { send_email: [{ name: 'EMAIL_SERVICE_OF_TESTS' }] },
        bindings: {
          MIGRATIONS: migrations,
          ENVIRONMENT: 'test',
          OUTBOUND_ALLOW: [
            toolServerPort,
            targetServerPort,
            mcpServerPort,
            receiverPort,
            chatServerPort,
            runtimeServerPort,
          ]
            .map((port) => `127.0.0.1:${port}`)
            .join(','),
          DNS_RESOLVER_URL: `http://127.0.0.1:${process.env.RESOLVER_SERVER_PORT}/dns-query`,
          SLACK_API_URL: `http://127.0.0.1:${chatServerPort}/slack/api`,
          DISCORD_API_URL: `http://127.0.0.1:${chatServerPort}/discord/api`,
          TELEGRAM_API_URL: `http://127.0.0.1:${chatServerPort}/telegram`,
          DEEPAGENTS_RUNTIME_URL: `http://127.0.0.1:${runtimeServerPort}/default`,
          CUSTOM_BASE_URL: `http://127.0.0.1:${toolServerPort}/v1`,
          AUTH_KEYS: 'test1:dGVzdC1vbmx5LXNpZ25pbmcta2V5LTAxMjM0NTY3ODk=',
          VAULT_KEYS: 'test1:dGVzdC1vbmx5LXZhdWx0LWtleS0wMTIzNDU2Nzg5MDE=',
        },
      },
    }),
  ],
  test: {
    name: 'workers',
    testTimeout: TEST_TIMEOUT_MS,
    hookTimeout: TEST_TIMEOUT_MS,
    include: ['test/workers/**/*.test.ts'],
    sequence: AFTER_PROCESS,
    setupFiles: [
      './test/support/fetch-modules-singly.ts',
      './test/support/apply-migrations.ts',
      './test/support/load-model-clients.ts',
    ],
  },
};

export default defineConfig({
  test: {
    // The outside world of the tests, once for all projects.
    globalSetup: [
      './test/support/mock-servers.ts',
      './test/support/outbound-servers.ts',
      './test/support/tool-server.ts',
      './test/support/mcp-server.ts',
      './test/support/mail-server.ts',
      './test/support/receiver-server.ts',
      './test/support/chat-platforms.ts',
      './test/support/runtime-server.ts',
    ],
    silent: 'passed-only',
    // Vitest leaves a core free, which on two cores is half of them. Each worker loads the whole Worker, hence no more.
    maxWorkers: Math.min(4, Math.max(2, availableParallelism() - 1)),
    // Files share a runtime: starting one for each takes longer than the tests. They share D1 and objects too, so every
    // test makes an organization of its own.
    isolate: false,
    coverage: {
      provider: 'istanbul',
      include: ['workers/**/*.ts', 'durable-objects/**/*.ts', 'packages/*/src/**/*.ts'],
      exclude: ['**/*.d.ts'],
      reporter: ['text-summary', 'json-summary', 'html'],
      thresholds: { lines: 90 },
    },
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          environment: 'node',
          testTimeout: TEST_TIMEOUT_MS,
          hookTimeout: TEST_TIMEOUT_MS,
          sequence: AFTER_PROCESS,
        },
      },
      {
        test: {
          name: 'process',
          include: ['test/process/**/*.test.ts'],
          environment: 'node',
          testTimeout: TEST_TIMEOUT_MS,
          hookTimeout: TEST_TIMEOUT_MS,
        },
      },
      workers,
    ],
  },
});
