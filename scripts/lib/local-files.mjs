import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT } from './toolchain.mjs';

/** Everything that this machine keeps of a running installation; not in git. */
export const LOCAL = join(ROOT, '.local');

/**
 * @param {string} path
 * @returns {Record<string, any> | null} null where the file is missing or not JSON.
 */
export function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
}

/**
 * Writes whole or not at all, readable by its owner alone.
 * @param {string} path
 * @param {string} text
 */
export function writePrivate(path, text) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.new`, text, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/**
 * @param {string} path
 * @param {unknown} value
 */
export function writeJson(path, value) {
  writePrivate(path, `${JSON.stringify(value, null, 2)}\n`);
}
