import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';
import { parseSync } from 'vite';

/**
 * Who may import whom. The rules are checked on the syntax tree of every source file, type imports included;
 * circles are looked for among imports that exist at run time, since a circle of types costs nothing.
 */

/**
 * @typedef {object} Zone A part of the house with one import policy; the first zone that matches a file owns it.
 * @property {string} name
 * @property {RegExp} files Paths from the repository's root. Group 1, where there is one, is the room that the file's
 *   own relative imports may reach: files of another room of the same zone are strangers.
 * @property {readonly string[] | 'any'} packages npm packages (and `node:`/`cloudflare:` modules) it may import.
 * @property {readonly RegExp[]} may Files outside its own room that it may import.
 * @property {readonly RegExp[]} [mayTypes] Files that it may import types from.
 * @property {readonly RegExp[]} [exceptPackages] Packages that `packages: 'any'` does not mean.
 * @property {string} says The rule in words, as a refusal shows it.
 */

const CONTRACTS = /^packages\/contracts\/src\/index\.ts$/;
const ENGINE = /^packages\/engine\/src\/index\.ts$/;
const AGENT_FILES = /^packages\/agent-files\/src\/index\.ts$/;
const SDK = /^packages\/sdk-typescript\/src\/index\.ts$/;
const PLATFORM = /^workers\/platform\//;
const DB = /^workers\/db\//;
const MODELS = /^workers\/models\//;
const CHAT = /^workers\/chat\/index\.ts$/;
const DOMAIN_FACE = /^workers\/domains\/[^/]+\/index\.ts$/;
const DOORS_SHARED = /^workers\/doors\/shared\//;
const OBJECT_STUB = /^durable-objects\/[^/]+\/client\.ts$/;
const OBJECT_CLASS = /^durable-objects\/[^/]+\/object\.ts$/;
const DB_CLIENT = /^workers\/db\/client\.ts$/;
const EXAMPLES = /^examples\//;
const MANIFEST = /^package\.json$/;
const ANYWHERE = [/./];

/** @type {readonly Zone[]} */
export const ZONES = [
  {
    name: 'contracts',
    files: /^(packages\/contracts\/)/,
    packages: ['zod'],
    may: [],
    says: 'contracts imports zod alone',
  },
  {
    name: 'engine',
    files: /^(packages\/engine\/)/,
    packages: ['jsonata', 're2js'],
    may: [CONTRACTS],
    says: 'the engine imports contracts, jsonata and re2js; everything else is an argument',
  },
  {
    name: 'agent files',
    files: /^(packages\/agent-files\/)/,
    packages: ['yaml', 'diff'],
    may: [CONTRACTS],
    says: 'agent-files imports contracts, yaml and diff',
  },
  {
    name: 'sdk',
    files: /^(packages\/sdk-[^/]+\/)/,
    packages: 'any',
    may: [CONTRACTS],
    says: 'an SDK imports contracts',
  },
  { name: 'cli', files: /^(packages\/cli\/)/, packages: 'any', may: [SDK], says: 'the CLI imports the SDK' },
  {
    name: 'web',
    files: /^(web\/)/,
    packages: 'any',
    exceptPackages: [/^cloudflare:/],
    may: [CONTRACTS, ENGINE, AGENT_FILES, EXAMPLES],
    says: 'the UI imports contracts, the engine, agent-files and examples, never the Worker',
  },
  {
    name: 'assembly',
    files: /^workers\/(?:index|app)\.ts$/,
    packages: 'any',
    may: [/^workers\//, /^durable-objects\//, CONTRACTS, ENGINE],
    says: 'index.ts and app.ts know the whole Worker, and nothing outside it',
  },
  {
    name: 'platform',
    files: /^(workers\/platform\/)/,
    packages: 'any',
    may: [CONTRACTS, DB, OBJECT_STUB, MANIFEST],
    mayTypes: [OBJECT_CLASS],
    says: 'the platform stands on contracts, db and the stubs of objects; domains and models stand on it',
  },
  {
    name: 'db',
    files: /^(workers\/db\/)/,
    packages: 'any',
    may: [CONTRACTS, PLATFORM],
    says: 'db imports contracts and the platform',
  },
  {
    name: 'models',
    files: /^(workers\/models\/)/,
    packages: 'any',
    may: [CONTRACTS, ENGINE, PLATFORM],
    says: 'models import contracts, the engine’s ports and the platform',
  },
  {
    name: 'chat',
    files: /^(workers\/chat\/)/,
    packages: ['zod', 'node:crypto'],
    may: [CONTRACTS, ENGINE, PLATFORM],
    says: 'chat adapters import contracts, the engine and the platform, and zod alone of the packages',
  },
  {
    name: 'domain',
    files: /^(workers\/domains\/[^/]+\/)/,
    packages: 'any',
    exceptPackages: [/^drizzle-orm\/d1$/],
    may: [CONTRACTS, ENGINE, AGENT_FILES, PLATFORM, DB, MODELS, CHAT, OBJECT_STUB, DOMAIN_FACE, EXAMPLES],
    says: 'a domain imports platform, db, models, chat/index.ts, contracts, engine, agent-files, examples, stubs (client.ts) and other domains’ index.ts',
  },
  {
    name: 'door',
    files: /^(workers\/doors\/[^/]+\/)/,
    packages: 'any',
    exceptPackages: [/^drizzle-orm/],
    may: [CONTRACTS, PLATFORM, DOMAIN_FACE, DOORS_SHARED, MANIFEST],
    says: 'a door imports domains’ index.ts, the platform, contracts and what all doors share (doors/shared)',
  },
  {
    name: 'object wiring',
    files: /^(durable-objects\/[^/]+\/)wiring\.ts$/,
    packages: 'any',
    may: [CONTRACTS, ENGINE, PLATFORM, MODELS, CHAT, OBJECT_STUB, DOMAIN_FACE, DB_CLIENT],
    says: 'wiring.ts binds an object to the platform: engine, models, chat/index.ts, domains’ index.ts, stubs, the db client',
  },
  {
    name: 'object',
    files: /^(durable-objects\/[^/]+\/)/,
    packages: 'any',
    exceptPackages: [/^drizzle-orm/],
    may: [CONTRACTS, ENGINE, AGENT_FILES, PLATFORM, OBJECT_STUB],
    says: 'an object imports engine, agent-files, contracts, platform and stubs; models and domains come through its wiring.ts',
  },
  {
    name: 'outside',
    files: /^(?:test|bench|scripts)\/|^[^/]+\.(?:ts|mjs)$/,
    packages: 'any',
    may: ANYWHERE,
    says: 'tests, benchmarks and scripts may import everything',
  },
];

/**
 * @typedef {object} Import
 * @property {string} from File that imports, from the root, with forward slashes.
 * @property {number} line 1-based.
 * @property {string} specifier
 * @property {boolean} typeOnly
 * @property {string | null} target File of this repository, or null for a package.
 * @property {boolean} byName Whether a workspace package was imported by its name rather than by a path.
 */

/** @typedef {{ rule: string, file: string, line: number, message: string }} Violation */

const SOURCE = /\.(?:[cm]?ts|tsx|mjs|js)$/;
const SKIPPED = new Set(['node_modules', 'dist', 'coverage', 'migrations', 'public', 'fixtures', '__fixtures__']);

/**
 * @param {string} root
 * @param {readonly string[]} folders
 * @returns {string[]} Source files in `folders`, from the root.
 */
function sourceFiles(root, folders) {
  /** @type {string[]} */
  const files = [];
  /** @param {string} folder */
  const walk = (folder) => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      if (entry.name.startsWith('.') || SKIPPED.has(entry.name)) continue;
      const path = posix.join(folder, entry.name);
      if (entry.isDirectory()) walk(path);
      else if (SOURCE.test(entry.name) && !entry.name.endsWith('.d.ts')) files.push(path);
    }
  };
  for (const folder of folders) if (existsSync(join(root, folder))) walk(folder);
  return files.sort();
}

/**
 * @param {string} root
 * @param {string} path
 */
function isFile(root, path) {
  return existsSync(join(root, path)) && statSync(join(root, path)).isFile();
}

/**
 * @param {string} root
 * @param {string} from
 * @param {string} specifier
 * @returns {{ target: string | null, byName: boolean, found: boolean }}
 */
function resolveImport(root, from, specifier) {
  const clean = specifier.replace(/[?#].*$/, '');
  const workspace = /^@agentflow\/([^/]+)$/.exec(clean)?.[1];
  if (workspace !== undefined) {
    const target = `packages/${workspace}/src/index.ts`;
    return { target, byName: true, found: isFile(root, target) };
  }
  if (clean.startsWith('@agentflow/')) return { target: clean, byName: true, found: false };
  const base = clean.startsWith('.')
    ? posix.join(posix.dirname(from), clean)
    : clean.startsWith('@/') && from.startsWith('web/')
      ? posix.join('web/src', clean.slice(2))
      : null;
  if (base === null) return { target: null, byName: false, found: true };
  for (const candidate of [base, `${base}.ts`, `${base}.tsx`, `${base}/index.ts`]) {
    if (isFile(root, candidate)) return { target: candidate, byName: false, found: true };
  }
  return { target: base, byName: false, found: false };
}

/**
 * Every module that a file names: imports, re-exports, dynamic imports and `import('…').Type`.
 * @param {string} file
 * @param {string} source
 * @returns {{ specifier: string, offset: number, typeOnly: boolean }[]}
 */
export function namedModules(file, source) {
  const { program, errors } = parseSync(file, source);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message}`);
  /** @type {{ specifier: string, offset: number, typeOnly: boolean }[]} */
  const found = [];
  /** @param {unknown} value */
  const visit = (value) => {
    if (typeof value !== 'object' || value === null) return;
    if (Array.isArray(value)) {
      for (const each of value) visit(each);
      return;
    }
    const node = /** @type {Record<string, any>} */ (value);
    const specifier = node.source?.value;
    if (typeof specifier === 'string' && MODULE_NODES.has(node.type)) {
      const specifiers = /** @type {{ importKind?: string, exportKind?: string }[]} */ (node.specifiers ?? []);
      const typeOnly =
        node.type === 'TSImportType' ||
        (node.importKind ?? node.exportKind) === 'type' ||
        (specifiers.length > 0 && specifiers.every((each) => (each.importKind ?? each.exportKind) === 'type'));
      found.push({ specifier, offset: node.start, typeOnly });
    }
    for (const [key, child] of Object.entries(node)) if (key !== 'type') visit(child);
  };
  visit(program);
  return found;
}
const MODULE_NODES = new Set([
  'ImportDeclaration',
  'ExportNamedDeclaration',
  'ExportAllDeclaration',
  'ImportExpression',
  'TSImportType',
]);

/**
 * @param {string} root
 * @param {readonly string[]} files
 * @returns {{ imports: Import[], violations: Violation[] }}
 */
function readImports(root, files) {
  /** @type {Import[]} */
  const imports = [];
  /** @type {Violation[]} */
  const violations = [];
  for (const from of files) {
    const source = readFileSync(join(root, from), 'utf8');
    for (const { specifier, offset, typeOnly } of namedModules(from, source)) {
      const line = source.slice(0, offset).split('\n').length;
      const { target, byName, found } = resolveImport(root, from, specifier);
      if (found) imports.push({ from, line, specifier, typeOnly, target, byName });
      else violations.push({ rule: 'unresolved', file: from, line, message: `${specifier} leads to no file` });
    }
  }
  return { imports, violations };
}

/** @param {string} specifier */
function packageName(specifier) {
  if (/^(?:node|cloudflare|virtual):/.test(specifier)) return specifier;
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/**
 * @param {Import} edge
 * @returns {Violation | null}
 */
function judge(edge) {
  const zone = ZONES.find((each) => each.files.test(edge.from));
  const refuse = (/** @type {string} */ rule, /** @type {string} */ says) => ({
    rule,
    file: edge.from,
    line: edge.line,
    message: `${edge.specifier}: ${says}`,
  });
  if (zone === undefined) return refuse('homeless', 'this file stands in no part of the house that the rules know');
  if (edge.target === null) {
    const allowed =
      zone.packages === 'any'
        ? !zone.exceptPackages?.some((each) => each.test(edge.specifier))
        : zone.packages.includes(packageName(edge.specifier));
    return allowed ? null : refuse(zone.name, zone.says);
  }
  const target = edge.target;
  const room = zone.files.exec(edge.from)?.[1];
  if (room !== undefined && target.startsWith(room)) return null;
  if (zone.name !== 'outside' && target.startsWith('packages/') && !edge.byName) {
    return refuse('by-name', 'a package is imported by its name, not by a path into it');
  }
  if (zone.may.some((each) => each.test(target))) return null;
  if (edge.typeOnly && zone.mayTypes?.some((each) => each.test(target))) return null;
  return refuse(zone.name, zone.says);
}

/**
 * Circles of a directed graph: its strongly connected components of two or more members (Tarjan 1972), and self-loops.
 * @param {Map<string, Set<string>>} graph
 * @returns {string[][]}
 */
export function circles(graph) {
  /** @type {Map<string, { index: number, low: number, open: boolean }>} */
  const seen = new Map();
  /** @type {string[]} */
  const stack = [];
  /** @type {string[][]} */
  const found = [];
  /** @param {string} name */
  const visit = (name) => {
    const own = { index: seen.size, low: seen.size, open: true };
    seen.set(name, own);
    stack.push(name);
    for (const next of graph.get(name) ?? []) {
      const other = seen.get(next) ?? visit(next);
      if (other.open) own.low = Math.min(own.low, other.low);
    }
    if (own.low === own.index) {
      const members = stack.splice(stack.indexOf(name));
      for (const member of members) {
        const state = seen.get(member);
        if (state !== undefined) state.open = false;
      }
      if (members.length > 1 || graph.get(name)?.has(name)) found.push(members.sort());
    }
    return own;
  };
  for (const name of graph.keys()) if (!seen.has(name)) visit(name);
  return found;
}

/**
 * @param {readonly Import[]} imports
 * @param {(file: string) => string | undefined} unitOf
 */
function graphOf(imports, unitOf) {
  /** @type {Map<string, Set<string>>} */
  const graph = new Map();
  for (const { from, target, typeOnly } of imports) {
    if (typeOnly || target === null) continue;
    const [source, sink] = [unitOf(from), unitOf(target)];
    if (source === undefined || sink === undefined) continue;
    if (source === sink && from !== target) continue;
    graph.set(source, (graph.get(source) ?? new Set()).add(sink));
  }
  return graph;
}

export const SOURCE_FOLDERS = ['workers', 'durable-objects', 'packages', 'web', 'test', 'bench', 'scripts'];

/**
 * Checks the import rules over a source tree.
 * @param {string} root
 * @returns {{ files: number, imports: number, violations: Violation[] }}
 */
export function checkImports(root) {
  const files = sourceFiles(root, SOURCE_FOLDERS);
  const { imports, violations } = readImports(root, files);
  for (const edge of imports) {
    const violation = judge(edge);
    if (violation !== null) violations.push(violation);
  }
  for (const members of circles(graphOf(imports, (file) => file))) {
    violations.push({ rule: 'circle', file: members[0] ?? '', line: 1, message: members.join(' ⇄ ') });
  }
  const domains = graphOf(imports, (file) => /^workers\/domains\/([^/]+)\//.exec(file)?.[1]);
  for (const members of circles(domains)) {
    violations.push({ rule: 'domain-circle', file: 'workers/domains', line: 1, message: members.join(' ⇄ ') });
  }
  return { files: files.length, imports: imports.length, violations };
}
