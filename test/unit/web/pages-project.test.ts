import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

test('what the Worker answers itself, the Pages project hands to it', () => {
  const { include } = JSON.parse(readFileSync('web/public/_routes.json', 'utf8')) as { include: string[] };
  const lists = [...readFileSync('wrangler.toml', 'utf8').matchAll(/^run_worker_first = (\[.*\])$/gm)];
  const [local, production] = lists.map(([, list = '']) => JSON.parse(list) as string[]);
  expect(lists).toHaveLength(2);
  expect(production).toEqual(include);
  expect(local).toEqual([...include, '/dev/*']);
});
