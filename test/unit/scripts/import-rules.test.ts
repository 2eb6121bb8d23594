import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkImports } from '../../../scripts/lib/import-rules.mjs';

/** A small house that keeps every rule; each case below adds one file that breaks one. */
const HOUSE: Record<string, string> = {
  'packages/contracts/src/index.ts': `import { z } from 'zod';\nexport const name = z.string();`,
  'packages/engine/src/index.ts': `import jsonata from 'jsonata';\nimport { name } from '@agentflow/contracts';\nexport const engine = { jsonata, name };`,
  'workers/app.ts': `import { agents } from './domains/agents/index.ts';\nexport { agents };`,
  'workers/platform/env.ts': `import type { Desk } from '../../durable-objects/desk/object.ts';\nexport type Env = { desk: Desk };`,
  'workers/db/client.ts': `import { drizzle } from 'drizzle-orm/d1';\nimport type { Env } from '../platform/env.ts';\nexport const db = (env: Env) => drizzle(env as never);`,
  'workers/chat/index.ts': `import { engine } from '@agentflow/engine';\nexport const chat = engine;`,
  'workers/models/index.ts': `import { engine } from '@agentflow/engine';\nexport const models = engine;`,
  'workers/domains/agents/index.ts': `export { agents } from './service.ts';`,
  'workers/domains/agents/service.ts': `import { desk } from '../../../durable-objects/desk/client.ts';\nimport { accounts } from '../accounts/index.ts';\nexport const agents = [desk, accounts];`,
  'workers/domains/accounts/index.ts': `export { accounts } from './service.ts';`,
  'workers/domains/accounts/service.ts': `import { db } from '../../db/client.ts';\nexport const accounts = db;`,
  'workers/doors/mcp/index.ts': `import { agents } from '../../domains/agents/index.ts';\nexport const door = agents;`,
  'durable-objects/desk/client.ts': `import type { Desk } from './object.ts';\nexport const desk = (stub: Desk) => stub;`,
  'durable-objects/desk/object.ts': `import type { Env } from '../../workers/platform/env.ts';\nimport { wire } from './wiring.ts';\nexport class Desk {\n  constructor(readonly env: Env) {\n    wire();\n  }\n}`,
  'durable-objects/desk/wiring.ts': `import { models } from '../../workers/models/index.ts';\nexport const wire = () => models;`,
  'web/src/main.tsx': `import { name } from '@agentflow/contracts';\nimport { other } from '@/lib/other';\nexport const page = <p>{[name, other].length}</p>;`,
  'web/src/lib/other.ts': `export const other = 1;`,
  'test/unit/some.test.ts': `import { agents } from '../../workers/app.ts';\nexport { agents };`,
};

const VIOLATIONS: [rule: string, file: string, source: string][] = [
  ['contracts', 'packages/contracts/src/bad.ts', `import { Hono } from 'hono';\nexport { Hono };`],
  ['contracts', 'packages/contracts/src/bad.ts', `export { engine } from '@agentflow/engine';`],
  ['engine', 'packages/engine/src/bad.ts', `import { readFile } from 'node:fs/promises';\nexport { readFile };`],
  ['engine', 'packages/engine/src/bad.ts', `export const late = () => import('cloudflare:workers');`],
  ['engine', 'packages/engine/src/bad.ts', `export type Env = import('../../../workers/platform/env.ts').Env;`],
  ['by-name', 'workers/domains/agents/bad.ts', `export { name } from '../../../packages/contracts/src/index.ts';`],
  ['web', 'web/src/bad.ts', `import type { Env } from '../../workers/platform/env.ts';\nexport type E = Env;`],
  ['platform', 'workers/platform/bad.ts', `export { agents } from '../domains/agents/index.ts';`],
  ['platform', 'workers/platform/bad.ts', `export { Desk } from '../../durable-objects/desk/object.ts';`],
  ['db', 'workers/db/bad.ts', `export { models } from '../models/index.ts';`],
  ['models', 'workers/models/bad.ts', `export { db } from '../db/client.ts';`],
  ['chat', 'workers/chat/bad.ts', `export { models } from '../models/index.ts';`],
  ['chat', 'workers/chat/bad.ts', `export { Hono } from 'hono';`],
  ['domain', 'workers/domains/agents/bad.ts', `export { accounts } from '../accounts/service.ts';`],
  ['domain', 'workers/domains/agents/bad.ts', `export type { Desk } from '../../../durable-objects/desk/object.ts';`],
  ['domain', 'workers/domains/agents/bad.ts', `export { drizzle } from 'drizzle-orm/d1';`],
  ['door', 'workers/doors/mcp/bad.ts', `export { db } from '../../db/client.ts';`],
  ['object', 'durable-objects/desk/bad.ts', `export { models } from '../../workers/models/index.ts';`],
  ['object', 'durable-objects/desk/bad.ts', `export { agents } from '../../workers/domains/agents/index.ts';`],
  [
    'object wiring',
    'durable-objects/other/wiring.ts',
    `export { accounts } from '../../workers/domains/accounts/service.ts';`,
  ],
  ['assembly', 'workers/index.ts', `export { other } from '../web/src/lib/other.ts';`],
  ['domain', 'workers/domains/agents/bad.ts', `export { agents } from '../../app.ts';`],
  ['unresolved', 'workers/domains/agents/bad.ts', `export { nothing } from './nowhere.ts';`],
  ['homeless', 'workers/stray.ts', `export { Hono } from 'hono';`],
  ['circle', 'packages/contracts/src/bad.ts', `export { bad } from './bad.ts';`],
  ['domain-circle', 'workers/domains/accounts/bad.ts', `export { agents } from '../agents/index.ts';`],
];

let root: string;

function write(file: string, source: string): void {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), source);
}

function check() {
  return spawnSync(process.execPath, ['scripts/check-imports.mjs', root], { encoding: 'utf8' });
}

describe('import rules', () => {
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'import-rules-'));
    for (const [file, source] of Object.entries(HOUSE)) write(file, source);
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  it('finds nothing in a house that keeps them, a circle of types included', () => {
    const { status, stderr, stdout } = check();
    expect(stderr).toBe('');
    expect(stdout).toContain(`${Object.keys(HOUSE).length} files`);
    expect(status).toBe(0);
  });

  it('fails the command, and names file, line and rule', () => {
    write('workers/models/bad.ts', `\nexport { db } from '../db/client.ts';`);
    const { status, stderr } = check();
    expect(status).toBe(1);
    expect(stderr).toContain('workers/models/bad.ts:2 [models] ../db/client.ts');
  });

  it.each(VIOLATIONS)('refuses what breaks the rule "%s" in %s: %s', (rule, file, source) => {
    write(file, source);
    expect(checkImports(root).violations.map((each) => each.rule)).toEqual([rule]);
  });

  it('fails on an empty tree, which nobody means to check', () => {
    rmSync(root, { recursive: true });
    mkdirSync(root);
    expect(check().status).toBe(1);
  });
});
