import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

test('what the Worker answers itself, the Pages project hands to it', () => {
  const { include } = JSON.parse(readFileSync('web/public/_routes.json', 'utf8')) as { include: string[] };
  const lists = [...readFileSync('wrangler.toml', 'utf8').matchAll(/^run_worker_first = (\[.*\])$/gm)];
  expect(lists).toHaveLength(2);
  for (const [, list = ''] of lists) expect(JSON.parse(list)).toEqual(include);
});
