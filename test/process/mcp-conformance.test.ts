import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serve } from '../../bench/lib/workerd.mjs';
import { servedProduct } from './served-product.ts';

interface Check {
  readonly id: string;
  readonly status: 'SUCCESS' | 'FAILURE' | 'WARNING' | 'SKIPPED' | 'INFO';
  readonly errorMessage?: string;
}

const folder = mkdtempSync(path.join(tmpdir(), 'agentflow-mcp-'));
const suite = createRequire(import.meta.url).resolve('@modelcontextprotocol/conformance/dist/index.js');
let served: Awaited<ReturnType<typeof serve>>;

beforeAll(async () => {
  served = await serve(servedProduct(folder, '', 'test/support/mcp-fixture/worker.ts'));
}, 180_000);

afterAll(async () => {
  await served?.stop();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** Runs scenarios of the suite and gives back the checks of each. */
async function conformance(name: string, args: readonly string[]): Promise<Map<string, Check[]>> {
  const out = path.join(folder, name);
  const child = spawn(process.execPath, [suite, 'server', '--url', `${served.url}/mcp`, '-o', out, ...args]);
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += String(chunk)));
  await new Promise((resolve) => child.on('close', resolve));
  const scenarios = readdirSync(out).map((scenario) => {
    const checks = JSON.parse(readFileSync(path.join(out, scenario, 'checks.json'), 'utf8')) as Check[];
    return [scenario.replace(/^server-(.*)-\d{4}-\d\d-\d\dT.*$/, '$1'), checks] as const;
  });
  expect(scenarios.length, said).toBeGreaterThan(0);
  return new Map(scenarios);
}

function failures(scenarios: Map<string, Check[]>): string[] {
  return [...scenarios].flatMap(([scenario, checks]) =>
    checks
      .filter(({ status }) => status === 'FAILURE')
      .map(({ id, errorMessage }) => `${scenario}: ${id}: ${errorMessage}`),
  );
}

const passed = (scenarios: Map<string, Check[]>) =>
  [...scenarios.values()].flat().filter(({ status }) => status === 'SUCCESS').length;

describe('the conformance suite of MCP', () => {
  it('passes for the revision with sessions', async () => {
    const scenarios = await conformance('2025', ['--suite', 'active', '--spec-version', '2025-11-25']);
    expect(failures(scenarios)).toEqual([]);
    expect(scenarios.size).toBeGreaterThanOrEqual(31);
    expect(passed(scenarios)).toBeGreaterThanOrEqual(71);
  });

  it('passes for the current revision', async () => {
    const scenarios = await conformance('2026', ['--requirements', '2026-07-28']);
    // An extension that this door does not declare; its scenarios are run and not scored.
    const scored = new Map([...scenarios].filter(([name]) => !name.startsWith('tasks-')));
    expect(failures(scored)).toEqual([]);
    expect(scored.size).toBeGreaterThanOrEqual(40);
    expect(passed(scored)).toBeGreaterThanOrEqual(150);
  });
});
