import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { buildUi } from './lib/build-ui.mjs';
import { installPackages, missingPackage } from './lib/install.mjs';
import { LOCAL } from './lib/local-files.mjs';
import { step } from './lib/progress.mjs';
import { brokenSuite, readCoverage, readCrashes, readPlaywright, readVitest } from './lib/reports.mjs';
import { Refusal, ROOT, runTool, seconds } from './lib/toolchain.mjs';

/** @typedef {import('./lib/reports.mjs').Tally} Tally */

/** Least share of covered lines in workers/, durable-objects/ and packages/, in percent. */
const COVERAGE_GATE = 90;
const REPORTS = join(LOCAL, 'reports');

/** @returns {Promise<Tally>} */
async function withoutBrowser() {
  const report = join(REPORTS, 'vitest.json');
  const args = [
    'run',
    '--coverage',
    '--coverage.reportOnFailure',
    '--silent=passed-only',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ];
  const { code } = await runTool('vitest', args, { show: true });
  const tally = readVitest(report, code, {
    unit: /\/test\/unit\//,
    workers: /\/test\/workers\//,
    process: /\/test\/process\//,
  });
  for (const line of readCrashes(report)) console.log(`Crashes: ${line}`);
  const coverage = readCoverage(join(ROOT, 'coverage', 'coverage-summary.json'), COVERAGE_GATE);
  console.log(`Coverage: ${coverage.percent} % of lines`);
  if (coverage.problem !== null) tally.problems.push(coverage.problem);
  if (code !== 0 && tally.failed === 0 && tally.problems.length === 0) {
    tally.problems.push(`vitest ended with code ${code} although no test failed: its output above tells why`);
  }
  return tally;
}

/** @returns {Promise<Tally>} */
async function browser() {
  // Not at the top: what they import may not be installed yet.
  const { findBrowser } = await import('./lib/browser.mjs');
  const { startTestServer } = await import('./lib/test-server.mjs');
  const executable = await step('Finding a browser', async (note) => {
    const path = await findBrowser();
    note(path);
    return path;
  });
  const server = await step('Starting the server for the browser tests', startTestServer);
  try {
    const report = join(REPORTS, 'playwright.json');
    const { code } = await runTool(['@playwright/test', 'playwright'], ['test', '--reporter=list,json'], {
      show: true,
      env: {
        CHROMIUM_PATH: executable,
        E2E_BASE_URL: server.url,
        E2E_PAGES_URL: server.pagesUrl,
        E2E_MOCK_URL: server.mockUrl,
        PLAYWRIGHT_JSON_OUTPUT_FILE: report,
      },
    });
    return readPlaywright(report, code);
  } finally {
    await server.stop();
  }
}

/**
 * @param {string} name
 * @param {() => Promise<Tally>} suite
 * @returns {Promise<Tally>} A suite that could not be run at all has one problem.
 */
async function attempt(name, suite) {
  const started = performance.now();
  const tally = await suite().catch((error) =>
    brokenSuite(name, error instanceof Refusal ? error.message : error.stack),
  );
  console.log(`${name}: ${seconds(performance.now() - started)}\n`);
  return tally;
}

// Leaving through exit() ends what was started; the default way of a signal would leave the server running.
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']))
  process.once(signal, () => process.exit(130));

const started = performance.now();
rmSync(REPORTS, { recursive: true, force: true });
rmSync(join(ROOT, 'coverage'), { recursive: true, force: true });
mkdirSync(REPORTS, { recursive: true });

const prepared = await attempt('Preparing', async () => {
  if (missingPackage() !== null) await step('Installing packages', installPackages);
  await step('Building the UI', async (note) => note(await buildUi()));
  return { passed: 0, failed: 0, problems: [] };
});
const tallies = [prepared, await attempt('unit, workers and process', withoutBrowser), await attempt('e2e', browser)];

const problems = tallies.flatMap((each) => each.problems);
const passed = tallies.reduce((sum, each) => sum + each.passed, 0);
const failed = tallies.reduce((sum, each) => sum + each.failed, problems.length);
for (const problem of problems) console.log(`✗ ${problem}`);
console.log(`Everything took ${seconds(performance.now() - started)}`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
