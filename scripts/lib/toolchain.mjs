import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';

/** The repository's root, without a trailing slash. */
export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Oldest Node that wrangler, Vite and Vitest run on; the devDependency `node` brings a newer one. */
const TOOLCHAIN_NODE = [22, 12];

/** A failure that a person can do something about: `message` is the one sentence that is shown. */
export class Refusal extends Error {}

/**
 * @param {string} version As in `process.versions.node`.
 * @param {readonly number[]} floor Major and minor.
 */
export function atLeast(version, floor) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [wantedMajor = 0, wantedMinor = 0] = floor;
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}

/** Path of the Node that runs the tools: the devDependency's, or this one when it is new enough. */
export function toolchainNode() {
  const name = process.platform === 'win32' ? 'node.exe' : 'node';
  const installed = join(ROOT, 'node_modules', 'node', 'bin', name);
  if (existsSync(installed)) return installed;
  if (atLeast(process.versions.node, TOOLCHAIN_NODE)) return process.execPath;
  throw new Refusal(
    `The tools need Node ${TOOLCHAIN_NODE.join('.')} or newer, and the package "node" that brings one is not installed: run npm ci.`,
  );
}

/**
 * The file that a package's command starts, so that tools run without a shell on every platform.
 * @param {string} packageName
 * @param {string} [command] Where it differs from the package's own name.
 */
export function toolEntry(packageName, command = packageName) {
  const folder = join(ROOT, 'node_modules', packageName);
  const manifest = join(folder, 'package.json');
  if (!existsSync(manifest)) throw new Refusal(`${packageName} is not installed: run npm ci.`);
  const { bin } = JSON.parse(readFileSync(manifest, 'utf8'));
  const entry = typeof bin === 'string' ? bin : bin?.[command];
  if (typeof entry !== 'string') throw new Error(`${packageName} has no command ${command}`);
  return join(folder, entry);
}

/** @param {NodeJS.ProcessEnv} [extra] */
export function toolEnvironment(extra = {}) {
  return {
    ...process.env,
    PATH: `${join(ROOT, 'node_modules', '.bin')}${delimiter}${process.env.PATH ?? ''}`,
    WRANGLER_SEND_METRICS: 'false',
    // The dev server would ask a public address for request.cf at every start; offline that is a pause and a warning.
    CLOUDFLARE_CF_FETCH_ENABLED: 'false',
    ...extra,
  };
}

/** @typedef {{ code: number, output: string, ms: number }} Outcome */

/**
 * Runs a command to its end.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, show?: boolean, cwd?: string }} [options] `show` passes its output through.
 * @returns {Promise<Outcome>} `code` is 1 where a signal ended it; `output` is stdout and stderr in order of arrival.
 */
export function run(command, args, { env, show = false, cwd = ROOT } = {}) {
  const started = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: toolEnvironment(show ? env : { NO_COLOR: '1', ...env }),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    /** @param {Buffer} chunk */
    const collect = (chunk) => {
      output += chunk;
      if (show) process.stdout.write(chunk);
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    const end = () => child.kill();
    process.once('exit', end);
    child.on('error', reject);
    child.on('close', (code) => {
      process.off('exit', end);
      resolve({ code: code ?? 1, output: stripVTControlCharacters(output), ms: performance.now() - started });
    });
  });
}

/**
 * Runs a command of an installed package under the toolchain's Node.
 * @param {string | [packageName: string, command: string]} tool
 * @param {readonly string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, show?: boolean }} [options]
 */
export function runTool(tool, args, options) {
  const [packageName, command] = typeof tool === 'string' ? [tool, tool] : tool;
  return run(toolchainNode(), [toolEntry(packageName, command), ...args], options);
}

/**
 * The end of a long output, where tools say what was wrong.
 * @param {string} output
 */
export function lastLines(output) {
  return output.trim().split('\n').slice(-30).join('\n');
}

/** @param {number} ms */
export function seconds(ms) {
  return `${(ms / 1000).toFixed(1)} s`;
}
