import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCoverage, readCrashes, readPlaywright, readVitest } from '../../../scripts/lib/reports.mjs';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'reports-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function report(value: unknown): string {
  const path = join(folder, `${Math.random()}.json`);
  writeFileSync(path, JSON.stringify(value));
  return path;
}

const SUITES = { unit: /\/test\/unit\//, workers: /\/test\/workers\// };
function file(name: string, statuses: string[], status = 'passed') {
  return { name, status, message: 'cannot find module', assertionResults: statuses.map((each) => ({ status: each })) };
}

describe('readVitest', () => {
  it('adds up both suites', () => {
    const path = report({
      testResults: [
        file('/r/test/unit/a.test.ts', ['passed', 'failed']),
        file('/r/test/workers/b.test.ts', ['passed']),
      ],
    });
    expect(readVitest(path, 1, SUITES)).toEqual({ passed: 2, failed: 1, problems: [] });
  });

  it('counts a file that could not be loaded as a failure', () => {
    const path = report({
      testResults: [
        file('/r/test/unit/a.test.ts', ['passed']),
        file('/r/test/workers/b.test.ts', ['passed']),
        file('/r/test/workers/c.test.ts', [], 'failed'),
      ],
    });
    expect(readVitest(path, 1, SUITES).problems).toEqual(['/r/test/workers/c.test.ts did not run: cannot find module']);
  });

  it('refuses a suite of which nothing ran, all skipped included', () => {
    const path = report({
      testResults: [file('/r/test/unit/a.test.ts', ['passed']), file('/r/test/workers/b.test.ts', ['skipped'])],
    });
    expect(readVitest(path, 0, SUITES).problems).toEqual(['workers: not one test ran']);
  });

  it('says that there is no report when vitest died before writing one', () => {
    expect(readVitest(join(folder, 'missing.json'), 137, SUITES).problems).toEqual([
      'vitest: ended with code 137 and left no report',
    ]);
  });
});

describe('readCrashes', () => {
  it('tells boundaries and steps of the tests that report them', () => {
    const crashes = { 'before an effect': ['a', 'a', 'b'], 'after a commit': ['c'] };
    const results = [
      { ancestorTitles: [], meta: {} },
      { ancestorTitles: ['workerd'], meta: { crashes } },
    ];
    const path = report({ testResults: [{ assertionResults: results }] });
    expect(readCrashes(path)).toEqual(['workerd: 3 before an effect (2 steps), 1 after a commit (1 steps)']);
  });
});

describe('readPlaywright', () => {
  it('takes a flaky test for a failed one', () => {
    const path = report({ stats: { expected: 3, unexpected: 1, flaky: 2 }, errors: [] });
    expect(readPlaywright(path, 1)).toEqual({ passed: 3, failed: 3, problems: [] });
  });

  it('refuses a run without tests and a failing exit that no test explains', () => {
    expect(readPlaywright(report({ stats: { expected: 0, unexpected: 0, flaky: 0 } }), 0).problems).toEqual([
      'e2e: not one test ran',
    ]);
    expect(readPlaywright(report({ stats: { expected: 1, unexpected: 0, flaky: 0 } }), 2).problems).toEqual([
      'e2e: playwright ended with code 2',
    ]);
  });
});

describe('readCoverage', () => {
  it.each([
    [89.99, 'coverage: 89.99 % of lines, and the gate is 90 %'],
    [90, null],
  ])('holds %d %% against the gate', (pct, problem) => {
    expect(readCoverage(report({ total: { lines: { pct } } }), 90).problem).toBe(problem);
  });

  it('takes a missing report for a failure', () => {
    expect(readCoverage(join(folder, 'missing.json'), 90).problem).toBe('coverage: no report was written');
  });
});
