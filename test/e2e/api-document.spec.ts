import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from '@playwright/test';

const require = createRequire(import.meta.url);

test('the served OpenAPI document passes the linter', async ({ request }) => {
  const answer = await request.get('/api/v1/openapi.json');
  const document = await answer.json();
  expect(document.openapi).toMatch(/^3\.1/);
  expect(Object.keys(document.paths).length).toBeGreaterThan(25);
  const folder = mkdtempSync(path.join(tmpdir(), 'agentflow-openapi-'));
  try {
    const file = path.join(folder, 'openapi.json');
    writeFileSync(file, JSON.stringify(document));
    const linter = require.resolve('@redocly/cli/bin/cli.js');
    const done = spawnSync(process.execPath, [linter, 'lint', file, '--config', 'redocly.yaml'], {
      encoding: 'utf8',
      env: { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' },
    });
    expect(done.status, `${done.stdout}\n${done.stderr}`).toBe(0);
    expect(done.stdout + done.stderr).not.toMatch(/warning/i);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('the reference page shows every operation', async ({ page, request }) => {
  const document = await (await request.get('/api/v1/openapi.json')).json();
  await page.goto('/docs');
  for (const apiPath of ['/agents/{id}/execute', '/executions/{id}/events']) {
    expect(Object.keys(document.paths).some((each) => each.endsWith(apiPath))).toBe(true);
    await expect(page.getByText(apiPath).first()).toBeVisible();
  }
});
