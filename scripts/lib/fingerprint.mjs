import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './toolchain.mjs';

const LEFT_OUT = new Set(['node_modules', 'dist', '.wrangler']);

/**
 * SHA-256 over names and contents, so that work on unchanged files can be left out.
 * @param {readonly string[]} paths Files and folders, from the root; those that do not exist count as absent.
 */
export function fingerprint(paths) {
  const hash = createHash('sha256');
  /** @param {string} path */
  const add = (path) => {
    const full = join(ROOT, path);
    if (!existsSync(full)) return;
    if (statSync(full).isDirectory()) {
      for (const name of readdirSync(full).sort()) if (!LEFT_OUT.has(name)) add(join(path, name));
      return;
    }
    const content = readFileSync(full);
    hash.update(`${path}\0${content.length}\0`).update(content);
  };
  for (const path of paths) add(path);
  return hash.digest('hex');
}
