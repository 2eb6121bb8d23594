import { execFileSync } from 'node:child_process';
import { cpus } from 'node:os';
import path from 'node:path';
import { buildUi } from '../scripts/lib/build-ui.mjs';
import { stepsPerSecond } from './lib/engine-alone.mjs';
import { median } from './lib/load.mjs';
import { policyEvaluation } from './lib/policies-alone.mjs';
import { startBench } from './scenarios/bench.mjs';
import { deliveries } from './scenarios/deliveries.mjs';
import { parallelBranches, resumeAfterEviction, tenSteps } from './scenarios/executions.mjs';
import { allowedCalls, governanceAdds, openLoop, refusedCalls } from './scenarios/governance.mjs';
import { readInvocations } from './scenarios/lineage.mjs';
import { memoryOfLiveObjects } from './scenarios/memory.mjs';
import { refinements } from './scenarios/refinements.mjs';
import { keyCheck, loginStorm, readOneAgent, tokenValidation } from './scenarios/requests.mjs';
import { eventsToSockets, firstEvent } from './scenarios/streams.mjs';

/**
 * `npm run bench`: the built script on workerd, each figure as a ratio to a floor taken in the same run, in turns
 * (product, floor, product, …) so that a noisy machine disturbs both alike. Fails when a promised ratio is not met.
 * `npm run bench -- sockets start` measures these alone.
 */
const root = path.resolve(import.meta.dirname, '..');
const rounds = Number(process.env.BENCH_ROUNDS ?? 5);
const reads = Number(process.env.BENCH_READS ?? 3000);
const runs = Number(process.env.BENCH_RUNS ?? 400);

/** @type {Record<string, (bench: import('./scenarios/bench.mjs').Bench) => Promise<void>>} */
const SCENARIOS = {
  read: readOneAgent,
  start: tenSteps,
  first: firstEvent,
  token: tokenValidation,
  key: keyCheck,
  branches: parallelBranches,
  resume: resumeAfterEviction,
  memory: memoryOfLiveObjects,
  socket: (bench) => eventsToSockets(bench, 1, 20),
  sockets: (bench) => eventsToSockets(bench, 1000, 150),
  refusals: refusedCalls,
  invoke: allowedCalls,
  governance: governanceAdds,
  agents: openLoop,
  deliveries,
  refinements,
  logins: loginStorm,
  invocations: readInvocations,
};
const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !(name in SCENARIOS));
if (unknown.length > 0) {
  console.error(`There is no ${unknown.join(', ')}; there are ${Object.keys(SCENARIOS).join(', ')}.`);
  process.exit(1);
}

/** @type {{ name: string, value: string, promise: string, met: boolean }[]} */
const figures = [];

/** @type {import('./scenarios/bench.mjs').Report} */
function report(name, value, promise, met, unit = '') {
  const shown = `${value >= 100 ? value.toFixed(0) : value.toFixed(2)}${unit}`;
  figures.push({ name, value: shown, promise, met });
  console.log(`  ${met ? '✓' : '✗'} ${name}: ${shown} (promised ${promise})`);
}

console.log(
  `AgentFlow bench · ${cpus().length} × ${cpus()[0]?.model ?? 'CPU'} · Node ${process.version} · workerd ${execFileSync(
    path.join(root, 'node_modules/.bin/workerd'),
    ['--version'],
    { encoding: 'utf8' },
  ).trim()}`,
);
console.log('\nThe engine alone: a graph of 100 nodes, planned and run to its end in memory');
stepsPerSecond(50);
const alone = median(Array.from({ length: rounds }, () => stepsPerSecond(200)));
report('engine alone, steps a second', alone, '≥ 50,000', alone >= 50_000);

console.log('\nPolicies alone: 200 about every start, none of which holds');
policyEvaluation(200, 2000);
const judged = Array.from({ length: rounds }, () => policyEvaluation(200, 5000));
const evaluation = median(judged.map((each) => each.evaluation));
report('one evaluation of 200 policies', evaluation, '< 50 µs', evaluation < 50, ' µs');
const floor = median(judged.map((each) => each.floor));
console.log(`    ${(evaluation / floor).toFixed(1)} times 200 bare comparisons (${floor.toFixed(2)} µs)`);

console.log('\nBuilding the Worker and its floor…');
await buildUi();
const bench = await startBench({ rounds, reads, runs, report });
try {
  for (const [name, measure] of Object.entries(SCENARIOS)) {
    if (asked.length === 0 || asked.includes(name)) await measure(bench);
  }
} finally {
  await bench.stop();
}

const missed = figures.filter((figure) => !figure.met);
console.log(missed.length === 0 ? '\nAll promises met.' : `\n${missed.length} of ${figures.length} promises missed.`);
process.exitCode = missed.length === 0 ? 0 : 1;
