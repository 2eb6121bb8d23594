import { readJson } from './local-files.mjs';

/**
 * @typedef {object} Tally What one suite did.
 * @property {number} passed
 * @property {number} failed
 * @property {string[]} problems Sentences about what went wrong beyond failed tests; each counts as one failure.
 */

/**
 * @param {string} suite
 * @param {string} why
 * @returns {Tally}
 */
export function brokenSuite(suite, why) {
  return { passed: 0, failed: 0, problems: [`${suite}: ${why}`] };
}

/**
 * Reads vitest's JSON report (the shape is Jest's).
 * @param {string} path
 * @param {number} exitCode
 * @param {Record<string, RegExp>} suites Name of each suite and what its files' paths look like; each must have run.
 * @returns {Tally}
 */
export function readVitest(path, exitCode, suites) {
  const report = readJson(path);
  if (report === null) return brokenSuite('vitest', `ended with code ${exitCode} and left no report`);
  const files =
    /** @type {{ name: string, status: string, message: string, assertionResults: { status: string }[] }[]} */ (
      report.testResults
    );
  /** @type {Tally} */
  const tally = { passed: 0, failed: 0, problems: [] };
  for (const file of files) {
    const failed = file.assertionResults.filter(({ status }) => status === 'failed').length;
    tally.passed += file.assertionResults.filter(({ status }) => status === 'passed').length;
    tally.failed += failed;
    if (file.status === 'failed' && failed === 0) tally.problems.push(`${file.name} did not run: ${file.message}`);
  }
  for (const [suite, pattern] of Object.entries(suites)) {
    const ran = files.some(({ name, assertionResults }) => {
      return pattern.test(name) && assertionResults.some(({ status }) => status === 'passed' || status === 'failed');
    });
    if (!ran) tally.problems.push(`${suite}: not one test ran`);
  }
  return tally;
}

/**
 * Where crash tests ended a process, a line a test: each boundary with the number of crashes and of different steps.
 * @param {string} path Vitest's JSON report.
 * @returns {string[]}
 */
export function readCrashes(path) {
  const files =
    /** @type {{ assertionResults: { title: string, ancestorTitles: string[], meta?: { crashes?: Record<string, string[]> } }[] }[]} */ (
      readJson(path)?.testResults ?? []
    );
  return files.flatMap(({ assertionResults }) =>
    assertionResults.flatMap(({ ancestorTitles, meta }) => {
      if (meta?.crashes === undefined) return [];
      const boundaries = Object.entries(meta.crashes).map(
        ([boundary, steps]) => `${steps.length} ${boundary} (${new Set(steps).size} steps)`,
      );
      return [`${ancestorTitles.join(' ')}: ${boundaries.join(', ')}`];
    }),
  );
}

/**
 * Reads Playwright's JSON report. A test that passed only when it was tried again counts as failed.
 * @param {string} path
 * @param {number} exitCode
 * @returns {Tally}
 */
export function readPlaywright(path, exitCode) {
  const report = readJson(path);
  if (report === null) return brokenSuite('e2e', `playwright ended with code ${exitCode} and left no report`);
  const { expected, unexpected, flaky } = report.stats;
  /** @type {Tally} */
  const tally = { passed: expected, failed: unexpected + flaky, problems: [] };
  for (const { message } of report.errors ?? []) tally.problems.push(`e2e: ${message}`);
  if (expected + unexpected + flaky === 0) tally.problems.push('e2e: not one test ran');
  if (exitCode !== 0 && tally.failed === 0 && tally.problems.length === 0) {
    tally.problems.push(`e2e: playwright ended with code ${exitCode}`);
  }
  return tally;
}

/**
 * @param {string} path Istanbul's coverage-summary.json.
 * @param {number} gate Least share of lines, in percent.
 * @returns {{ percent: number, problem: string | null }}
 */
export function readCoverage(path, gate) {
  const percent = Number(readJson(path)?.total?.lines?.pct ?? Number.NaN);
  if (Number.isNaN(percent)) return { percent: 0, problem: 'coverage: no report was written' };
  return { percent, problem: percent < gate ? `coverage: ${percent} % of lines, and the gate is ${gate} %` : null };
}
