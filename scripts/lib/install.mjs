import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { atLeast, lastLines, Refusal, ROOT, run } from './toolchain.mjs';

/** @typedef {{ version?: string, link?: boolean, optional?: boolean, devOptional?: boolean, inBundle?: boolean }} LockedPackage */

/**
 * What node_modules lacks of package-lock.json. npm writes its own record only after a whole install, so an interrupted
 * one has none; each folder is looked for too, since people delete some by hand.
 * @returns {string | null} The first package that is missing or has another version, or null.
 */
export function missingPackage() {
  const record = join(ROOT, 'node_modules', '.package-lock.json');
  if (!existsSync(record)) return 'node_modules';
  const locked = packagesOf(join(ROOT, 'package-lock.json'));
  const installed = packagesOf(record);
  for (const [path, { version, link, optional, devOptional, inBundle }] of Object.entries(locked)) {
    if (!path.includes('node_modules/') || optional || devOptional || inBundle) continue;
    const present = existsSync(join(ROOT, path, 'package.json'));
    if (!present || (link !== true && installed[path]?.version !== version)) return path;
  }
  // Its binary comes from an install script, which `ignore-scripts` leaves out.
  const binary = join(ROOT, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  return existsSync(binary) || atLeast(process.versions.node, [22, 12]) ? null : 'node_modules/node';
}

/**
 * @param {string} file
 * @returns {Record<string, LockedPackage>}
 */
function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages ?? {};
  } catch {
    return {};
  }
}

const OFFLINE = /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ENOTCACHED)\b/;

/**
 * @param {readonly string[]} args
 * @returns {Promise<import('./toolchain.mjs').Outcome>}
 */
function npm(args) {
  // Started by npm, it names its own file; without a shell that is what works on every platform.
  const file = process.env.npm_execpath;
  if (file?.endsWith('.js')) return run(process.execPath, [file, ...args]);
  return run(process.platform === 'win32' ? 'npm.cmd' : 'npm', args);
}

/** Installs exactly what package-lock.json names: from npm's cache alone where the registry cannot be reached. */
export async function installPackages() {
  // Without this look, npm tries each of some hundred packages for minutes before it gives up.
  const ping = await npm(['ping', '--fetch-retries=1', '--fetch-retry-mintimeout=500', '--fetch-timeout=10000']);
  const unreachable = ping.code !== 0 && OFFLINE.test(ping.output);
  const { code, output } = await npm([
    'ci',
    '--include=dev',
    '--loglevel=error',
    unreachable ? '--offline' : '--prefer-offline',
  ]);
  if (code !== 0) {
    const offline = OFFLINE.exec(output)?.[1];
    throw new Refusal(
      offline === undefined
        ? `npm ci failed, and this is what it said:\n${lastLines(output)}`
        : `The packages could not be downloaded (${offline}): connect to the internet this once and run npm start again.`,
    );
  }
  const missing = missingPackage();
  if (missing !== null) {
    throw new Refusal(
      `npm ci left out ${missing}: npm must run install scripts (npm config set ignore-scripts false), or use Node 22.12 or newer.`,
    );
  }
}
