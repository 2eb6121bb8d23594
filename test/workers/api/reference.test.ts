import { ERROR_CODES } from '@agentflow/contracts';
import { expect, it } from 'vitest';
import reference from '../../../docs/api.md?raw';
import { apiReference } from '../../../scripts/lib/api-reference.mjs';
import { api } from '../../support/api.ts';

const { body: document } = await api<Parameters<typeof apiReference>[0]>('/openapi.json');

it('has every operation as the routes are now', () => {
  expect(reference === apiReference(document), 'docs/api.md is behind the routes: run npm run docs:api').toBe(true);
});

it('tells only codes of the status that they stand at', () => {
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, { responses }] of Object.entries(methods)) {
      for (const [status, response] of Object.entries(responses)) {
        for (const code of response['x-error-codes'] ?? []) {
          const own = ERROR_CODES[code as keyof typeof ERROR_CODES];
          expect(`${method} ${path} ${code} ${own?.status}`).toBe(`${method} ${path} ${code} ${status}`);
        }
      }
    }
  }
});
