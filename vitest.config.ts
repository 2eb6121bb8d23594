import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';

const migrations = await readD1Migrations('migrations');

export default defineConfig({
  test: {
    coverage: {
      provider: 'istanbul',
      include: ['workers/**/*.ts', 'durable-objects/**/*.ts', 'packages/*/src/**/*.ts'],
      exclude: ['**/*.d.ts'],
      reporter: ['text-summary', 'json-summary', 'html'],
      thresholds: { lines: 90 },
    },
    projects: [
      {
        test: { name: 'unit', include: ['test/unit/**/*.test.ts'], environment: 'node' },
      },
      {
        plugins: [
          cloudflareTest({
            main: './workers/index.ts',
            remoteBindings: false,
            wrangler: { configPath: './wrangler.toml' },
            miniflare: {
              bindings: {
                MIGRATIONS: migrations,
                ENVIRONMENT: 'test',
                AUTH_KEYS: 'test1:dGVzdC1vbmx5LXNpZ25pbmcta2V5LTAxMjM0NTY3ODk=',
                VAULT_KEYS: 'test1:dGVzdC1vbmx5LXZhdWx0LWtleS0wMTIzNDU2Nzg5MDE=',
              },
            },
          }),
        ],
        test: {
          name: 'workers',
          include: ['test/workers/**/*.test.ts'],
          setupFiles: ['./test/support/apply-migrations.ts'],
          globalSetup: ['./test/support/mock-servers.ts'],
        },
      },
    ],
  },
});
