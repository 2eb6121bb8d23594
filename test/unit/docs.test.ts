import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ERROR_CODES } from '@agentflow/contracts';
import { describe, expect, it } from 'vitest';

function read(path: string): string {
  return readFileSync(path, 'utf8');
}

/** Markdown files of the repository's root and of docs/. */
function pages(): string[] {
  const inDocs = readdirSync('docs', { recursive: true, encoding: 'utf8' }).map((name) => join('docs', name));
  return [...readdirSync('.'), ...inDocs].filter((path) => path.endsWith('.md'));
}

describe('documentation', () => {
  it('lists every error code with its status, and no other', () => {
    const rows = [...read('docs/errors.md').matchAll(/^\| `(\w+)` \| (\d{3}) \| \S/gm)];
    const listed = Object.fromEntries(rows.map(([, code, status]) => [code, Number(status)]));
    expect(listed).toEqual(Object.fromEntries(Object.entries(ERROR_CODES).map(([code, { status }]) => [code, status])));
  });

  it('lists every variable and binding of the Worker', () => {
    const names = [...read('workers/platform/env.ts').matchAll(/^ {2}readonly ([A-Z_]+)\??:/gm)].map(
      ([, name]) => name,
    );
    expect(names.length).toBeGreaterThan(15);
    const configuration = read('docs/configuration.md');
    expect(names.filter((name) => !configuration.includes(`\`${name}\``))).toEqual([]);
  });

  it('lists every decision in its index', () => {
    const files = readdirSync('docs/adr').filter((name) => /^\d{4}-/.test(name));
    const index = read('docs/adr/README.md');
    expect(files.filter((name) => !index.includes(`(${name})`))).toEqual([]);
  });

  it.each(pages())('%s links to files that exist', (page) => {
    const links = [...read(page).matchAll(/(?:\]\(|src(?:set)?=")([^)"#\s]+)/g)].map(([, target]) => target ?? '');
    const local = links.filter((target) => !/^[a-z]+:/.test(target));
    expect(local.filter((target) => !existsSync(join(dirname(page), target)))).toEqual([]);
  });
});
