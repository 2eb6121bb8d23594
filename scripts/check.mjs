import { availableParallelism } from 'node:os';
import {
  eventsReferenceIsCurrent,
  lockfileIsPortable,
  migrationsMatchSchema,
  nodeReferenceIsCurrent,
  permissionsReferenceIsCurrent,
  twinsAgree,
} from './lib/repository-checks.mjs';
import { Refusal, ROOT, run, runTool, seconds, toolchainNode } from './lib/toolchain.mjs';

/** @typedef {import('./lib/repository-checks.mjs').Finding} Finding */

/**
 * @param {Promise<import('./lib/toolchain.mjs').Outcome>} outcome
 * @returns {Promise<Finding>}
 */
async function finding(outcome) {
  const { code, output } = await outcome;
  return { ok: code === 0, output };
}

/** @param {string} project */
const types = (project) => () => finding(runTool(['typescript', 'tsc'], ['-p', project, '--noEmit']));

/** The longest first, so that the short ones fill the gaps. @type {[name: string, check: () => Finding | Promise<Finding>][]} */
const CHECKS = [
  ['types: worker', types('tsconfig.json')],
  ['unused code and dependencies', () => finding(runTool('knip', ['--no-progress']))],
  ['types: UI', types('web/tsconfig.json')],
  ['types: scripts', types('tsconfig.node.json')],
  ['migrations match the schema', migrationsMatchSchema],
  ['format and lint', () => finding(runTool(['@biomejs/biome', 'biome'], ['ci', '--error-on-warnings', '.']))],
  ['import rules', () => finding(run(toolchainNode(), ['scripts/check-imports.mjs', ROOT]))],
  ['lockfile is portable', lockfileIsPortable],
  ['JSON and YAML examples agree', twinsAgree],
  ['events reference is current', eventsReferenceIsCurrent],
  ['permissions reference is current', permissionsReferenceIsCurrent],
  ['node reference is current', nodeReferenceIsCurrent],
];

const started = performance.now();
const queue = [...CHECKS];
/** @type {string[]} */
const failed = [];

async function work() {
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const [name, check] = next;
    const from = performance.now();
    const { ok, output } = await Promise.resolve()
      .then(check)
      .catch((error) => ({ ok: false, output: error instanceof Refusal ? error.message : String(error?.stack) }));
    console.log(`${ok ? '✓' : '✗'} ${name} (${seconds(performance.now() - from)})`);
    if (ok) continue;
    failed.push(name);
    console.log(output.trimEnd().replace(/^/gm, '    '));
  }
}

await Promise.all(Array.from({ length: Math.max(2, availableParallelism()) }, work));
const verdict = failed.length === 0 ? `${CHECKS.length} checks passed` : `failed: ${failed.join(', ')}`;
console.log(`\n${verdict} in ${seconds(performance.now() - started)}`);
process.exitCode = failed.length === 0 ? 0 : 1;
