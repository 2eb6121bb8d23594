import { expect, it } from 'vitest';
import { nameFromPrompt } from '../../../web/src/features/agents/name-from-prompt.ts';

it('names an agent by how its description begins', () => {
  expect(nameFromPrompt('sort support mails. Then answer each')).toBe('Sort support mails');
  expect(nameFromPrompt('  check an invoice against its order, and ask a person where they differ')).toBe(
    'Check an invoice against its order, and ask a',
  );
  expect(nameFromPrompt('x'.repeat(200))).toHaveLength(48);
  expect(nameFromPrompt('…')).toBe('…');
  expect(nameFromPrompt('?')).toBe('New agent');
});
