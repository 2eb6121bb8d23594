import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { parse as parseYaml } from 'yaml';
import { eventsReference } from './events-reference.mjs';
import { nodeReference } from './node-reference.mjs';
import { permissionsReference } from './permissions-reference.mjs';
import { ROOT, runTool } from './toolchain.mjs';

/** @typedef {{ ok: boolean, output: string }} Finding */

/**
 * Asks drizzle-kit for the migration that the schema still lacks; there must be none.
 * @returns {Promise<Finding>}
 */
export async function migrationsMatchSchema() {
  const local = join(ROOT, '.local');
  mkdirSync(local, { recursive: true });
  const folder = mkdtempSync(join(local, 'migrations-'));
  try {
    cpSync(join(ROOT, 'migrations'), folder, { recursive: true });
    const before = new Set(readdirSync(folder));
    const { code, output } = await runTool('drizzle-kit', [
      'generate',
      '--dialect=sqlite',
      '--schema=./workers/db/schema/*.ts',
      `--out=./${relative(ROOT, folder)}`,
      '--name=missing',
    ]);
    if (code !== 0) return { ok: false, output };
    const added = readdirSync(folder).filter((name) => !before.has(name));
    if (added.length === 0) return { ok: true, output };
    const sql = added.filter((name) => name.endsWith('.sql')).map((name) => readFileSync(join(folder, name), 'utf8'));
    return {
      ok: false,
      output: `workers/db/schema is ahead of migrations/: run npm run db:generate. Missing:\n${sql.join('\n')}`,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @typedef {{ resolved?: string, link?: boolean, optionalDependencies?: Record<string, string> }} LockedPackage */

/**
 * The lockfile names no download addresses (a mirror's address would break every other machine) and has every optional
 * package that another asks for: `npm ci` refuses one that lacks the siblings for other platforms, which npm leaves out
 * without a word when the registry does not have them yet.
 * @returns {Finding}
 */
export function lockfileIsPortable() {
  const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
  const packages = /** @type {Record<string, LockedPackage>} */ (lock.packages);
  /** @type {string[]} */
  const problems = [];
  for (const [path, { resolved, link, optionalDependencies = {} }] of Object.entries(packages)) {
    if (link !== true && resolved !== undefined) problems.push(`${path} is locked to the address ${resolved}`);
    for (const name of Object.keys(optionalDependencies)) {
      if (packages[`${path}/node_modules/${name}`] ?? packages[`node_modules/${name}`]) continue;
      problems.push(`${path} asks for ${name}, which is missing: choose a release of it that is complete`);
    }
  }
  return { ok: problems.length === 0, output: problems.join('\n') };
}

/**
 * Every examples/*.yaml says the same as the .json of its name.
 * @returns {Finding}
 */
export function twinsAgree() {
  const folder = join(ROOT, 'examples');
  const yamlFiles = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
  const problems = yamlFiles.flatMap((name) => {
    const twin = name.replace(/\.yaml$/, '.json');
    const yaml = parseYaml(readFileSync(join(folder, name), 'utf8'));
    const json = JSON.parse(readFileSync(join(folder, twin), 'utf8'));
    return isDeepStrictEqual(yaml, json) ? [] : [`examples/${name} and examples/${twin} differ`];
  });
  if (yamlFiles.length === 0) problems.push('examples/ has no YAML file to compare');
  return { ok: problems.length === 0, output: problems.join('\n') };
}

/**
 * A page that is generated says what its source says.
 * @param {string} path @param {() => string} generate @param {string} command
 * @returns {Finding}
 */
function isCurrent(path, generate, command) {
  const ok = readFileSync(join(ROOT, path), 'utf8') === generate();
  return { ok, output: ok ? '' : `${path} is behind packages/contracts: run npm run ${command}` };
}

export const permissionsReferenceIsCurrent = () =>
  isCurrent('docs/permissions.md', permissionsReference, 'docs:permissions');

export const nodeReferenceIsCurrent = () => isCurrent('docs/nodes.md', nodeReference, 'docs:nodes');

export const eventsReferenceIsCurrent = () => isCurrent('docs/events.md', eventsReference, 'docs:events');
